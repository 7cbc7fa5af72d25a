"""The review in the running daemon and in commands: looks at report notes, stores and withdraws pairs, starts redos.

A missed event costs nothing: every scan looks at all notes whose size or time has changed since they were last read.
The only change made to a note is its ``redo`` line, and only while the note is still the one that was read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from daemon.config import Config
from daemon.errors import NippoError, NoteError, ReportBlocked, StorageError, UsageError, unforeseen
from daemon.learning.review import FORGOTTEN, decide
from daemon.store.store import Pair, ReportRow, Store
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout, nfc, read_layout
from daemon.vault.note_text import decode
from daemon.vault.report_note import ReadReport, read, set_key
from daemon.vault.scan import DiaryNote, find_diaries, look_at, read_note
from daemon.vault.writer import change_key, digest, report_digest

VAULT = "vault"
"""Source of pairs that were accepted in the vault."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reviewed:
    """What looking at one note led to: the step taken with the pair, whether a new draft was queued, and what stood in
    the way (a message for a person, "" without)."""

    step: str
    redo: bool = False
    problem: str = ""


class Reviewer:
    """Reviews the reports of one vault. A listener of the daemon's main loop; commands use it as well."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._seen: dict[str, tuple[int, int]] = {}
        self._told: dict[str, str] = {}

    def reconfigure(self, config: Config) -> None:
        self._config = config
        self._seen.clear()

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        self._safely(lambda: self._one(read_layout(self._config), day, path, now), path)

    def scanned(self, now: datetime) -> None:
        self._safely(lambda: self.review_all(read_layout(self._config), now), "scan")

    def turn(self, now: datetime, monotonic: float) -> None:
        """Nothing to do between events."""

    def stop(self) -> None:
        """Nothing is held."""

    def review_all(self, layout: Layout, now: datetime) -> dict[str, Reviewed]:
        """Look at every report note that has changed, and for notes that are gone. Return what was done, by path.

        A report folder that is missing as a whole is not taken for many deleted notes.
        """
        folder = layout.file(layout.report_folder)
        done: dict[str, Reviewed] = {}
        if not folder.is_dir():
            return done
        days: set[str] = set()
        for file in sorted(folder.iterdir()):
            path = f"{layout.report_folder}/{file.name}" if layout.report_folder else file.name
            day = layout.report_date(path)
            if day is None:
                continue
            days.add(day.isoformat())
            state = _state(file)
            if state is not None and self._seen.get(path) == state:
                continue
            found = self._one(layout, day, path, now)
            if found.step != "nothing" or found.redo or found.problem:
                done[path] = found
        for pair in self._store.pairs(withdrawn=True):
            standing = pair.source == FORGOTTEN or (pair.source == VAULT and not pair.withdrawn)
            if standing and pair.day not in days:
                path = layout.report_path(date.fromisoformat(pair.day))
                done[path] = self._one(layout, date.fromisoformat(pair.day), path, now)
        return done

    def review(self, layout: Layout, day: date, now: datetime) -> Reviewed:
        """Look at the report of one day now, for a command. Raises ``NippoError`` with what stood in the way."""
        found = self._one(layout, day, layout.report_path(day), now)
        if found.problem:
            raise NoteError(found.problem)
        return found

    def _safely(self, work: Callable[[], object], what: str) -> None:
        """Do the work; what it raises is told, but ``StorageError`` is raised, so that it is asked for again."""
        try:
            work()
        except StorageError:
            raise
        except NippoError as problem:
            log.warning("review of %s: %s", what, problem.what)
        except Exception as problem:
            log.error("review of %s: %s", what, type(problem).__name__)

    def _one(self, layout: Layout, day: date, path: str, now: datetime) -> Reviewed:
        """Look at one note. What fails in it is set aside under its name and keeps no other from being looked at; only
        ``StorageError`` is raised."""
        try:
            return self._look(layout, day, path, now)
        except StorageError:
            raise
        except NippoError as problem:
            return self._set_aside(path, problem, now)
        except Exception as problem:
            what = f"{path}: cannot be reviewed ({unforeseen(problem)})."
            return self._set_aside(path, NoteError(what, "Please report this line as a bug."), now)

    def _look(self, layout: Layout, day: date, path: str, now: datetime) -> Reviewed:
        file = layout.file(path)
        before = _state(file)
        data = read_file(file, self._config.watch.max_note_kilobytes)
        note = None if data is None else read(data)
        pair = self._store.pair(day.isoformat())
        decision = decide(note, pair)
        done = Reviewed(decision.pair)
        if decision.pair in ("store", "update") and note is not None:
            self._store_pair(layout, day, note, pair, now)
        elif decision.pair == "withdraw" and pair is not None:
            self._store.put_pair(replace(pair, withdrawn=True))
        elif decision.pair == "drop":
            self._store.delete_pair(day.isoformat())
        if decision.redo and data is not None:
            self._redo(layout, day, file, data, note, now)
            done = replace(done, redo=True)
        self._told.pop(path, None)
        if self._store.job(path) is not None:
            self._store.drop(path)
        if done.step != "nothing" or done.redo:
            log.info("%s: pair %s%s", path, done.step, ", redo" if done.redo else "")
        if before is not None and before == _state(file):
            self._seen[path] = before
        else:
            self._seen.pop(path, None)
        return done

    def _set_aside(self, path: str, problem: NippoError, now: datetime) -> Reviewed:
        """Keep a note that cannot be reviewed where ``nippo status`` shows it; the log hears of it once."""
        self._store.put_aside(path, None, "", "skipped", problem, now)
        if self._told.get(path) != problem.what:
            self._told[path] = problem.what
            log.warning("%s", problem.what)
        return Reviewed("nothing", problem=problem.what)

    def _store_pair(self, layout: Layout, day: date, note: ReadReport, pair: Pair | None, now: datetime) -> None:
        diary = self.find_diary(layout, day, note)
        try:
            if diary is None:
                raise NoteError(f"{layout.report_path(day)}: its diary note is gone.", "Put the diary note back.")
            data = read_note(layout, diary, self._config.watch.max_note_kilobytes)
            if data is None:
                raise NoteError(f"{diary}: has vanished.", "Put the diary note back.")
            text, sha = decode(data, diary), digest(data)
        except NoteError:
            # An edit of the body still follows when the diary is gone or unreadable by now.
            if pair is None or not pair.diary:
                raise
            text, sha = pair.diary, pair.diary_sha
        row = self._store.report(day)
        draft = row.draft if row and row.draft else pair.draft if pair else ""
        record = row.record if row and row.draft else pair.record if pair else ""
        accepted_at = pair.accepted_at if pair and not pair.withdrawn else now.isoformat(timespec="seconds")
        self._store.put_pair(
            Pair(day.isoformat(), day.isoformat(), text, sha, note.body, draft, accepted_at, False, VAULT, record)
        )

    def find_diary(self, layout: Layout, day: date, note: ReadReport | None) -> str | None:
        """The path of the diary note of a report: as the database or the note's link says, else the day's note."""
        row = self._store.report(day)
        named = [row.diary_path] if row else []
        named += [f"{note.diary}.md"] if note and note.diary else []
        for path in named:
            if layout.diary_date(path) == day and isinstance(look_at(layout, path), DiaryNote):
                return nfc(path)
        found = (one.path for one in find_diaries(layout) if isinstance(one, DiaryNote) and one.day == day)
        return next(found, None)

    def _redo(self, layout: Layout, day: date, file: Path, data: bytes, note: ReadReport | None, now: datetime) -> None:
        """Queue a new draft, then clear the box.

        The database learns first which bytes it may replace: a crash in between leaves the box ticked, so all of it is
        done again.
        """
        diary = self.find_diary(layout, day, note)
        content = None if diary is None else read_note(layout, diary, self._config.watch.max_note_kilobytes)
        if diary is None or content is None:
            raise NoteError(f"{layout.report_path(day)}: its diary note is gone, so there is nothing to redo.")
        cleared = digest(set_key(data, "redo", "false"))
        with self._store.batch():
            if self._store.report(day) is None:
                self._store.begin_report(_unknown_row(layout, day, diary))
            self._store.adopt_report(day, cleared)
            self._store.queue(diary, day, digest(content), "redo", now)
        change_key(file, "redo", "false", digest(data))


def read_file(file: Path, kilobytes: int) -> bytes | None:
    """The bytes of a report note, None without one. Raises ``ReportBlocked`` for what is no plain, small file."""
    if report_digest(file) is None:
        return None
    data = read_plain(file, kilobytes * 1024)
    if len(data) > kilobytes * 1024:
        raise ReportBlocked(f"{file}: larger than {kilobytes} KB, so it is no report.", "Make it shorter.")
    return data


def tick(layout: Layout, day: date, key: str, value: bool) -> None:
    """Set a checkbox of a day's report note, changing only that line. Raises ``UsageError`` without such a note."""
    file = layout.file(layout.report_path(day))
    sha = report_digest(file)
    if sha is None:
        raise UsageError(f"{layout.report_path(day)}: there is no report of {day}.", f"Make one: nippo report {day}")
    change_key(file, key, "true" if value else "false", sha)


def _unknown_row(layout: Layout, day: date, diary: str) -> ReportRow:
    return ReportRow(day.isoformat(), diary, "", layout.report_path(day), "", "", "", "", "", "", "")


def _state(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
