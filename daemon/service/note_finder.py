"""Noticing: events and scans come in, settled diary notes go to the intake.

One thread. What was noticed is kept until it is recorded: while the database takes nothing, ``turn`` raises, and the
next one does the rest. What the watcher misses the scan finds: it compares size and mtime of every wanted note with
what was dealt with before, so that an unchanged vault of 10,000 notes costs one look at each folder entry and no
reading.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path

from daemon.config import Config
from daemon.errors import NoteUnreadable
from daemon.learning.first_versions import imprint, known
from daemon.service.apart import apart
from daemon.service.intake import is_wanted, set_aside, take_in
from daemon.service.listener import Listener, tell
from daemon.service.passed_over import PassedOver
from daemon.service.settle import Fingerprint, SettleTracker
from daemon.service.watcher import Watcher
from daemon.store.store import Store
from daemon.system.plain_files import is_gone, read_plain
from daemon.vault.habits import Habits
from daemon.vault.layout import Layout, shown
from daemon.vault.scan import DiaryNote, Oddity, find_diaries, find_reports, look_at, read_note, stamp
from daemon.vault.writer import LARGEST, digest
from daemon.words import tr

SCAN_AGAIN_SECONDS = 1.0
"""A flood of events asks for scan after scan; so long lies between two of them."""

log = logging.getLogger(__name__)


def _report_changed(day: date, path: str, now: datetime, listener: Listener) -> None:
    listener.report_changed(day, path, now)


class NoteFinder:
    """Watches one vault. ``first_day`` is the date of the first run; ``wake`` is called from the watcher's thread."""

    def __init__(
        self,
        layout: Layout,
        store: Store,
        config: Config,
        first_day: date,
        wake: Callable[[], None],
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.layout = layout
        self.last_scan: datetime | None = None
        self.trouble = ""
        self._store = store
        self._settings = settings = config.watch
        self._habits = Habits(layout, config.privacy)
        self._today: date | None = None
        self._first_day = first_day
        self._listeners = listeners
        self.notes = self._notes = SettleTracker(settings.settle_seconds)
        """The diary notes that are being written."""
        self._reports = SettleTracker(settings.settle_seconds)
        self._watcher = Watcher(settings.observer, settings.polling_seconds, wake)
        self._passed = PassedOver(layout, store, first_day, settings.max_note_kilobytes)
        self._known_reports: dict[str, tuple[int, int]] | None = None
        self._named: dict[str, None] = {}
        self._scan_wanted = True
        self._no_scan_before = self._next_scan = 0.0

    @property
    def alive(self) -> bool:
        """Whether the observer watches, and watches the folders that are there now."""
        return self._watcher.alive

    def tell_why_not_alive(self) -> None:
        """Log why the watch is begun anew: a report folder that was just made is no trouble."""
        if self._watcher.only_grown:
            log.info("a folder that was not there before is watched as well now")
        else:
            log.warning("the observer has ended or its folder was replaced; it is started again")

    def start(self) -> None:
        """Begin to watch. Without an observer the scans still find every note, only later; ``trouble`` says why."""
        folders = [(self.layout.file(self.layout.diary_folder), self.layout.depth > 0)]
        if self._listeners:
            folders.append((self.layout.file(self.layout.report_folder), bool(self.layout.report_folder)))
        try:
            self._watcher.start(list(dict(reversed(folders)).items()))
            self.trouble = ""
        except (OSError, RuntimeError) as problem:  # the machine's limit of watches, or of threads
            every = tr("{minutes:g} minutes", minutes=self._settings.rescan_minutes)
            told = tr(
                "No file events ({problem}); notes are found every {every}. `nippo doctor` tells the remedy.",
                problem=problem,
                every=every,
            )
            if told != self.trouble:
                self.trouble = told
                log.error("%s", told)
            return
        self._scan_wanted = True
        self._no_scan_before = 0.0

    def stop(self) -> None:
        self._watcher.stop()

    def turn(self, now: datetime, monotonic: float) -> None:
        """Look at what events named, scan when it is time, hand settled notes on. Raises ``VaultUnavailable``, and
        ``StorageError`` while the database takes nothing; what was not recorded then is done by the next turn."""
        files, wanted = self._watcher.box.empty()
        self._named.update(dict.fromkeys(files))
        self._scan_wanted = self._scan_wanted or wanted
        for file in list(self._named):
            self._notice(file, now, monotonic)
            del self._named[file]
        if monotonic >= self._next_scan or (self._scan_wanted and monotonic >= self._no_scan_before):
            self._scan(now, monotonic)
        if now.date() != self._today:
            self._take_up(now, monotonic)
            self._today = now.date()
        self._settle_notes(now, monotonic)
        self._settle_reports(now, monotonic)

    def next_turn(self) -> float:
        """The monotonic time at which ``turn`` has something to do without an event."""
        asked = self._no_scan_before if self._scan_wanted else None
        times = (self._notes.next_due(), self._reports.next_due(), self._next_scan, asked)
        return min(time for time in times if time is not None)

    def _notice(self, file: str, now: datetime, monotonic: float) -> None:
        with apart(self._store, file.removeprefix(f"{self.layout.root}/"), None, now):
            path = self.layout.path_of(Path(file))
            if path is None:
                return
            if self.layout.report_date(path):
                if self._listeners:
                    self._reports.see(path, self._fingerprint(path), monotonic)
                return
            if self.layout.among_reports(path):
                self._scan_wanted = True  # listeners know moved reports, and look at all
            note = look_at(self.layout, path)
            if isinstance(note, Oddity):
                set_aside(self._store, note, now)
            elif note is not None:
                if not self._see(note, now, monotonic):
                    self._passed.saved(note)
            elif self._store.job(shown(path)) or path in self._notes:
                self._notes.forget(path)
                if is_gone(self.layout.file(path)):
                    self._store.forget_notes([shown(path)])

    def _see(self, note: DiaryNote, now: datetime, monotonic: float) -> bool:
        """Whether a note is one to be taken; then it is waited for until it is quiet."""
        wanted = is_wanted(note.day, self._first_day, now.date())
        if wanted:
            self._notes.see(note.path, self._fingerprint(note.path), monotonic)
        return wanted

    def _take_up(self, now: datetime, monotonic: float) -> None:
        """A start, or a new day: notes that waited are looked at again."""
        for job in self._store.jobs("skipped"):
            note = look_at(self.layout, job.path) if job.day else None
            if isinstance(note, DiaryNote) and note.path not in self._notes:
                self._see(note, now, monotonic)

    def _scan(self, now: datetime, monotonic: float) -> None:
        known = self._store.known_notes()
        found: set[str] = set()
        odd: list[Oddity] = []
        notes: list[DiaryNote] = []
        for note in find_diaries(self.layout):
            found.add(note.path)
            if isinstance(note, Oddity):
                odd.append(note)
                continue
            notes.append(note)
            if known.get(note.path) != (note.size, note.mtime_ns) and note.path not in self._notes:
                with apart(self._store, note.path, note.day, now):
                    self._see(note, now, monotonic)
        with self._store.batch():
            gone = [path for path in known if path not in found]
            gone += [job.path for job in self._store.jobs() if job.path not in found and job.path not in known]
            self._store.forget_notes(path for path in gone if is_gone(self.layout.file(path)))
            for entry in odd:
                set_aside(self._store, entry, now)
        self._passed.scanned(notes, [note for note in notes if not is_wanted(note.day, self._first_day, now.date())])
        if self._listeners:
            self._scan_reports(monotonic)
        tell(self._listeners, lambda listener: listener.scanned(now))
        self._scan_wanted = False
        self._no_scan_before = monotonic + SCAN_AGAIN_SECONDS
        self._next_scan = monotonic + self._settings.rescan_minutes * 60
        self.last_scan = now

    def _scan_reports(self, monotonic: float) -> None:
        """See reports that were made, changed or deleted since the last scan; at the first one listeners look for
        themselves (``scanned``)."""
        before, self._known_reports = self._known_reports, find_reports(self.layout)
        if before is None:
            return
        for path in before.keys() | self._known_reports.keys():
            if before.get(path) != self._known_reports.get(path):
                self._reports.see(path, self._fingerprint(path), monotonic)

    def _settle_notes(self, now: datetime, monotonic: float) -> None:
        due = self._notes.due(monotonic)
        if not due:
            return
        done: list[str] = []
        with self._store.batch():
            for path in due:
                day = self.layout.diary_date(path)
                dealt_with = True
                with apart(self._store, path, day, now):
                    dealt_with = self._hand_on(path, now, monotonic)
                if dealt_with:
                    done.append(path)
        for path in done:
            self._notes.forget(path)

    def _hand_on(self, path: str, now: datetime, monotonic: float) -> bool:
        """Give a note that has been quiet to the intake; False while it still changes."""
        note = look_at(self.layout, path)
        if not isinstance(note, DiaryNote):
            return True
        try:
            data = read_note(self.layout, path, self._settings.max_note_kilobytes)
        except NoteUnreadable as problem:
            # Not remembered as dealt with: given back its rights it has the size and time that it had.
            before = self._store.job(path)
            self._store.put_aside(path, note.day, "", "failed", problem, now)
            if before is None or before.error != problem.what:
                log.warning("%s", problem.what)
            return True
        if data is None:
            return True
        fingerprint = Fingerprint(note.size, note.mtime_ns, digest(data))
        if len(data) != note.size or not self._notes.settled(path, fingerprint, monotonic):
            self._notes.see(path, fingerprint, monotonic)
            return False
        queued = take_in(self.layout, self._store, note, data, "watch", now, self._habits)
        self._store.remember_note(path, note.size, note.mtime_ns)
        log.info(
            "%s (%d bytes, %s): %s",
            path,
            note.size,
            fingerprint.sha[:12],
            tr("queued") if queued else tr("nothing to do"),
        )
        return True

    def _settle_reports(self, now: datetime, monotonic: float) -> None:
        for path in self._reports.due(monotonic):
            day = self.layout.report_date(path)
            if not self._reports.settled(path, self._fingerprint(path), monotonic):
                continue
            if day and not self._is_begun(day, path):
                self._store.retry_failed(day)  # what stood in the report's place may be gone
                tell(self._listeners, partial(_report_changed, day, path, now))
            self._reports.forget(path)

    def _is_begun(self, day: date, path: str) -> bool:
        """Whether a note is the daemon's own word that its report is not there yet."""
        first = known(self._store, day)
        try:
            return first is not None and imprint(read_plain(self.layout.file(path), LARGEST)) == first.imprint
        except OSError:
            return False

    def _fingerprint(self, path: str) -> Fingerprint:
        """What a file is now; a file that is gone or cannot be read has one as well."""
        file = self.layout.file(path)
        try:
            status = file.stat()
            most = self._settings.max_note_kilobytes * 1024
            sha = digest(read_plain(file, most)) if status.st_size <= most else ""
            return Fingerprint(status.st_size, stamp(status), sha)
        except OSError:
            return Fingerprint(-1, 0, "")
