"""The notes that the daemon does not take by itself though they were saved since its first run, kept where
``nippo status`` names them: of a day before that run, with a report that is older than they are, or with a name that
only looks like a day's.

What the scans see anyway; a note is read only to tell whether a report of nippo's own is older than it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from daemon.errors import NippoError
from daemon.learning.places import place_of
from daemon.store.store import Store
from daemon.vault.layout import Layout, shown
from daemon.vault.scan import DiaryNote, read_note
from daemon.vault.strays import find_strays
from daemon.vault.writer import digest, report_digest

KEY = "passed_over"
"""What is remembered in the database: under this word, by kind, how many there are and the newest of them."""
MOST = 20
"""So many of each kind are remembered by name."""
PassedKind = Literal["before", "changed", "name", "folder"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Passed:
    """One note or folder. ``before``: of a day before the first run; ``changed``: of such a day too, with a report of
    nippo's own made from the diary with the hash ``sha``; ``name``: its name is not of the vault's format (``day`` "");
    ``folder``: notes with names of days lie in it, where the settings look for none."""

    kind: PassedKind
    path: str
    day: str = ""
    sha: str = ""


class PassedOver:
    """What one daemon has passed over. ``kilobytes``: the size that a diary may have."""

    def __init__(self, layout: Layout, store: Store, first_day: date, kilobytes: int) -> None:
        self._layout, self._store, self._kilobytes = layout, store, kilobytes
        self._since = datetime.combine(first_day, datetime.min.time()).timestamp()
        self._found: dict[str, Passed] = {}

    def scanned(self, notes: Collection[DiaryNote], unwanted: Collection[DiaryNote]) -> None:
        """Given all notes of a scan and those of days that are not taken, remember what is to be told of them."""
        fresh = [note for note in unwanted if note.mtime_ns / 1e9 >= self._since]
        written = (
            {day: datetime.fromisoformat(at).timestamp() for day, _, at in self._store.drawn_reports()} if fresh else {}
        )
        newer = [note for note in fresh if note.mtime_ns / 1e9 >= written.get(note.day.isoformat(), 0.0)]
        found = [one for note in newer if (one := self._of(note))]
        for stray in find_strays(self._layout, list(notes)):
            with contextlib.suppress(OSError):
                if stray.dated and self._layout.file(stray.path).lstat().st_mtime >= self._since:
                    found.append(Passed("folder" if stray.folder else "name", shown(stray.path)))
        self._found = {one.path: one for one in found}
        self._remember()

    def saved(self, note: DiaryNote) -> None:
        """A note of a day that is not taken was saved just now."""
        if one := self._of(note):
            if note.path not in self._found:
                log.info("%s: is of a day before the first run; `nippo status` says how to take it", one.path)
            self._found[note.path] = one
            self._remember()

    def _of(self, note: DiaryNote) -> Passed | None:
        if self._store.job(note.path):
            return None  # asked for, or told with what came of it
        day, row = note.day.isoformat(), self._store.report(note.day)
        with contextlib.suppress(NippoError, OSError):
            report = report_digest(self._layout.file(place_of(self._layout, self._store, note.day)))
            if report is None:
                return None if row is not None and row.report_sha else Passed("before", shown(note.path), day)
            if row is None or report != row.report_sha or not row.diary_sha:
                return None  # its person's: ``daemon.learning.attention`` tells of it
            data = read_note(self._layout, note.path, self._kilobytes)
            if data is not None and digest(data) != row.diary_sha:
                return Passed("changed", shown(note.path), day, row.diary_sha)
        return None

    def _remember(self) -> None:
        now: dict[str, Any] = {}
        for kind in get_args(PassedKind):
            some = sorted((one for one in self._found.values() if one.kind == kind), key=lambda one: one.path)[::-1]
            if some:
                now[kind] = {"count": len(some), "newest": [asdict(one) for one in some[:MOST]]}
        if now != self._store.get_meta(KEY, {}):
            self._store.set_meta(KEY, now)


def passed_over(store: Store) -> dict[PassedKind, tuple[int, list[Passed]]]:
    """By kind, how many notes are not taken, and the newest of them that nothing has been made of since."""
    found: dict[PassedKind, tuple[int, list[Passed]]] = {}
    for kind, values in store.get_meta(KEY, {}).items():
        newest = [Passed(**one) for one in values["newest"]]
        left = [one for one in newest if not _dealt_with(store, one)]
        if count := values["count"] - len(newest) + len(left):
            found[kind] = (count, left)
    return found


def _dealt_with(store: Store, one: Passed) -> bool:
    if store.job(one.path):
        return True
    row = store.report(one.day) if one.day else None
    return row is not None and row.report_sha != "" and row.diary_sha != one.sha
