"""The line ``status`` of a report that is its person's: it says ``accepted`` once they have ticked it, and not that the
report is being written once they have written it themselves.

Only that line is changed, and nippo's own words among the ``warnings``; only while the note is still the one that was
looked at, and never before it has been left alone for ``QUIET``: a sync brings a tick from a phone within seconds, and
who has just ticked may go on writing there. Nobody waits for it; the tick itself says all.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from daemon.config import Config
from daemon.errors import NippoError, StorageError
from daemon.learning.first_versions import OUR_WORDS, known
from daemon.learning.given_away import given
from daemon.learning.places import place_of
from daemon.learning.reviewer import read_file
from daemon.store.store import Pair, ReportRow, Store
from daemon.vault.conflict import has_conflict
from daemon.vault.layout import Layout, read_layout
from daemon.vault.own_lines import NewValue, with_values
from daemon.vault.report_note import BEGUN, ReadReport, listed, read
from daemon.vault.writer import digest, replace_file

QUIET = timedelta(minutes=2)
FRESH = timedelta(days=7)
"""Reports that were accepted longer ago keep the line that they have: a thousand notes are not changed for a word."""
ACCEPTED = "accepted"
DRAWN = ("draft", "needs-review")

log = logging.getLogger(__name__)


def true_status(note: ReadReport, pair: Pair | None, row: ReportRow | None) -> str:
    """Given a note that is its person's, its pair and what is remembered of its draft, return what its ``status`` is to
    say. Pure."""
    if note.accepted and note.body and pair is not None and not pair.withdrawn:
        return ACCEPTED
    if note.status == ACCEPTED or note.status in BEGUN:
        return row.status if row is not None and row.status in DRAWN else DRAWN[0]
    return note.status


def with_true_status(data: bytes, pair: Pair | None, row: ReportRow | None) -> bytes:
    """The same, as the note's bytes. A note without the line, or without a frontmatter, gets none. Pure."""
    note = read(data)
    if "status" not in note.keys:
        return data
    wanted = true_status(note, pair, row)
    if wanted != note.status:
        data = with_values(data, {"status": NewValue(wanted)})
    theirs = tuple(text for text in note.warnings if text not in OUR_WORDS)
    return with_values(data, {"warnings": listed(theirs)}) if theirs != note.warnings else data


class StatusKeeper:
    """A listener of the daemon's main loop."""

    def __init__(self, config: Config, store: Store, quiet: timedelta = QUIET) -> None:
        self._config, self._store, self._quiet = config, store, quiet
        self._due: dict[date, datetime] = {}

    def reconfigure(self, config: Config) -> None:
        self._config = config

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        self._due[day] = now + self._quiet

    def scanned(self, now: datetime) -> None:
        """What a stopped daemon has left undone."""
        fresh = {pair.day for pair in self._store.pairs() if now - datetime.fromisoformat(pair.accepted_at) < FRESH}
        for day in map(date.fromisoformat, fresh | self._store.left_days()):
            self._due.setdefault(day, now)

    def turn(self, now: datetime, monotonic: float) -> None:
        for day in [day for day, due in self._due.items() if now >= due]:
            try:
                again = self._look(read_layout(self._config), day, now)
            except StorageError:
                raise
            except NippoError as problem:  # it is being edited, or cannot be read: another event tells of it
                log.debug("status of %s: %s", day, problem.what)
                again = None
            del self._due[day]
            if again is not None:
                self._due[day] = again

    def stop(self) -> None:
        """Nothing is held."""

    def _look(self, layout: Layout, day: date, now: datetime) -> datetime | None:
        """Bring one note in line; return when it is to be looked at again, None where it need not."""
        file = layout.file(place_of(layout, self._store, day))
        data = read_file(file, self._config.watch.max_note_kilobytes)
        row = self._store.report(day)
        if data is None or (row is not None and digest(data) == row.report_sha) or given(self._store, day):
            return None
        if known(self._store, day):
            return now + self._quiet
        new = with_true_status(data, self._store.pair(day.isoformat()), row)
        if new == data or has_conflict(data.decode("utf-8", "replace")):
            return None
        changed = datetime.fromtimestamp(file.stat().st_mtime, now.tzinfo)
        if timedelta(0) <= now - changed < self._quiet:
            return changed + self._quiet
        replace_file(file, new, digest(data), lambda: True)
        return None
