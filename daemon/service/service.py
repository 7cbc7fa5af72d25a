"""The daemon's lifetime: lock, first scan, loop, signals, pauses, reload, and what it says about itself.

One thread does everything but drafting. Its loop pings the service manager's watchdog, so that a hung loop or a dead
observer that cannot be revived is noticed from outside. A note is never lost by stopping: jobs are in the database.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from types import FrameType
from typing import TYPE_CHECKING

from daemon import __version__
from daemon.config import Config, load
from daemon.errors import NippoError, UsageError, VaultUnavailable
from daemon.service.config_changes import config_changes
from daemon.service.heartbeat import Heartbeat, HeartbeatFile, in_words
from daemon.service.job_runner import RETRY_SECONDS, JobRunner
from daemon.service.note_finder import Listener, NoteFinder, tell
from daemon.service.sd_notify import Notifier
from daemon.store.store import Store
from daemon.system.lock import VaultLock
from daemon.vault.layout import read_layout, require_vault
from daemon.vault.obsidian import configuration_folder
from daemon.vault.writer import sweep
from daemon.worker.shared import SharedWorker

if TYPE_CHECKING:
    from daemon.worker.shared import Worker

LOOK_SECONDS = 0.5
"""How often the loop looks for commands of other processes (one pragma)."""
CHECK_SECONDS = 2.0
"""How often it looks whether vault and observer are there."""

log = logging.getLogger(__name__)


def now() -> datetime:
    return datetime.now().astimezone()


class Service:
    """A daemon for one vault. ``make_worker`` gives the worker for a config; listeners share the loop."""

    def __init__(
        self,
        config: Config,
        make_worker: Callable[[Config], Worker] | None = None,
        notifier: Notifier | None = None,
        make_listeners: Callable[[Config, Store], Sequence[Listener]] | None = None,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        self.config = config
        self._make_worker = make_worker or _worker_client
        self._notifier = notifier or Notifier()
        self._make_listeners = make_listeners
        self._retry_seconds = retry_seconds
        self._wake = threading.Event()
        self._stopping = False
        self._reload_wanted = False
        self._started = now().isoformat(timespec="seconds")
        self._ready = False
        self._ready_said = False
        self._paused = ""
        self._had_configuration = False
        self._next_check = 0.0
        self._changes = -1
        self._finder: NoteFinder | None = None
        self._runner: JobRunner | None = None
        self._listeners: Sequence[Listener] = ()
        self._observer_trouble = ""
        self._layout_trouble = ""

    def stop(self) -> None:
        """Ask the loop to end; safe from any thread and from signal handlers."""
        self._stopping = True
        self._wake.set()

    def reload(self) -> None:
        """Ask the loop to read the settings again."""
        self._reload_wanted = True
        self._wake.set()

    def run(self) -> None:
        """Run until ``stop``. Raises ``AlreadyRunning`` or ``UsageError`` when it cannot start."""
        with VaultLock(self.config.data_path) as lock, Store.open(self.config.data_path) as store:
            self._beat_file = HeartbeatFile(self.config.data_path)
            self._lock, self._store = lock, store
            first = store.get_meta("first_run_date")
            if first is None:
                first = now().date().isoformat()
                store.set_meta("first_run_date", first)
            self._first_day = date.fromisoformat(first)
            if store.retry_failed():
                log.info("notes that had failed are tried again")
            self._listeners = self._make_listeners(self.config, store) if self._make_listeners else ()
            self._beat("starting")
            try:
                while not self._stopping:
                    self._turn_safely()
                    self._wake.wait(self._pause_seconds())
                    self._wake.clear()
            finally:
                self._end()

    def handle_signals(self) -> None:
        """SIGTERM and SIGINT stop, SIGHUP reloads. Only from the main thread."""

        def end(number: int, frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, lambda number, frame: self.reload())

    def _turn_safely(self) -> None:
        """One turn; trouble with the disk or the database is shown and outlived."""
        monotonic = time.monotonic()
        try:
            self._turn(monotonic)
        except VaultUnavailable as problem:
            self._pause(problem)
        except (sqlite3.Error, OSError) as problem:
            log.error("disk or database: %s", problem)
            self._beat(message=f"Disk or database: {problem}. Check the free space of the data folder.")
            self._wake.wait(LOOK_SECONDS)
        self._notifier.watchdog(monotonic)

    def _turn(self, monotonic: float) -> None:
        if self._reload_wanted:
            self._reload_wanted = False
            self._reload()
        if self._finder is None or monotonic >= self._next_check:
            self._check(monotonic)
        if self._finder is None or self._runner is None:
            return
        changes = self._store.changes()
        if changes != self._changes:
            self._changes = changes
            self._runner.release()
        moment = now()
        self._finder.turn(moment, monotonic)
        if not self._ready:
            self._ready = True
            self._say_ready()
        self._runner.turn(moment, monotonic)
        tell(self._listeners, lambda listener: listener.turn(moment, monotonic))
        self._beat("watching", str(self._runner.trouble or "") or self._layout_trouble or self._observer_trouble)

    def _check(self, monotonic: float) -> None:
        """Begin, go on after a pause, or revive the observer. Raises ``VaultUnavailable``."""
        self._next_check = monotonic + CHECK_SECONDS
        require_vault(self.config.vault_path)
        has_configuration = configuration_folder(self.config.vault_path) is not None
        if self._had_configuration and not has_configuration:
            raise VaultUnavailable(
                f"The vault {self.config.vault_path} has lost its .obsidian folder.",
                "Is its drive connected and its sync finished? nippo goes on by itself once it is back.",
            )
        self._had_configuration = has_configuration
        if self._finder is None:
            self._open()
        elif self._layout_changed(self._finder):
            log.info("the vault's daily-note settings have changed")
            self._close()
            self._open()
        elif not self._finder.alive:
            log.warning("the observer has ended or its folder was replaced; it is started again")
            self._watch(self._finder)

    def _layout_changed(self, finder: NoteFinder) -> bool:
        """Whether Obsidian's own settings name another folder or format now; faulty ones are told and not taken."""
        try:
            changed = read_layout(self.config) != finder.layout
            self._layout_trouble = ""
        except UsageError as problem:
            changed, self._layout_trouble = False, str(problem)
        return changed

    def _open(self) -> None:
        layout = read_layout(self.config)
        self._lock.acquire_vault(layout.root)
        sweep(layout.file(layout.report_folder))
        finder = NoteFinder(layout, self._store, self.config, self._first_day, self._wake.set, self._listeners)
        worker = self._make_worker(self.config)
        waits = (self._retry_seconds, finder.notes)
        self._runner = JobRunner(layout, self._store, self.config, worker, self._wake.set, *waits)
        self._watch(finder)
        self._finder = finder
        if self._paused:
            log.info("the vault is back")
            self._paused = ""

    def _watch(self, finder: NoteFinder) -> None:
        """Start the observer; without one the scans still find every note, only later."""
        try:
            finder.start()
            self._observer_trouble = ""
        except OSError as problem:
            self._observer_trouble = (
                f"No file events ({problem}); notes are found every {self.config.watch.rescan_minutes:g} minutes. "
                "`nippo doctor` tells the remedy."
            )
            log.error("%s", self._observer_trouble)

    def _close(self) -> None:
        if self._finder is not None:
            self._finder.stop()
            self._finder = None
        if self._runner is not None:
            self._runner.stop()
            self._runner = None
        self._lock.release_vault()

    def _pause(self, problem: VaultUnavailable) -> None:
        if problem.what != self._paused:
            self._paused = problem.what
            log.warning("paused: %s", problem)
            self._close()
        self._next_check = time.monotonic() + CHECK_SECONDS
        self._say_ready()
        self._beat("paused", str(problem))

    def _reload(self) -> None:
        """Take over a changed settings file; a faulty one, or another vault or data folder, changes nothing."""
        self._notifier.reloading()
        try:
            fresh = load(self.config.file) if self.config.file else self.config
            changes = config_changes(self.config, fresh)
            if any(line.startswith(("vault.path", "data.folder")) for line in changes):
                log.error("reload: another vault.path or data.folder needs a restart; nothing was changed")
            elif changes:
                if self._finder is not None:
                    read_layout(fresh)
                self._close()
                self.config = fresh
                tell(self._listeners, lambda listener: listener.reconfigure(fresh))
                log.info("reload: %s", "; ".join(changes))
            else:
                log.info("reload: nothing has changed")
        except NippoError as problem:
            log.error("reload: %s; the settings stay as they were", problem)
        self._say_ready(again=True)

    def _pause_seconds(self) -> float:
        """How long the loop may sleep."""
        monotonic = time.monotonic()
        if self._finder is None or self._runner is None:
            return max(0.0, min(self._next_check - monotonic, self._notifier.ping_seconds or CHECK_SECONDS))
        times = [self._finder.next_turn(), self._runner.next_turn(), self._next_check, monotonic + LOOK_SECONDS]
        return max(0.0, min(time for time in times if time is not None) - monotonic)

    def _say_ready(self, again: bool = False) -> None:
        if again or not self._ready_said:
            self._ready_said = True
            self._notifier.ready(f"paused: {self._paused}" if self._paused else "watching")

    def _beat(self, state: str = "watching", message: str = "") -> None:
        runner, finder = self._runner, self._finder
        try:
            jobs = self._store.count_jobs()
        except sqlite3.Error:
            jobs = {}
        beat = Heartbeat(
            pid=os.getpid(),
            version=__version__,
            started=self._started,
            state=state,
            ready=self._ready and state == "watching",
            working_on=runner.working_on if runner else "",
            message=message,
            vault=str(self.config.vault_path),
            observer=self.config.watch.observer,
            waiting=jobs.get("waiting", 0),
            failed=jobs.get("failed", 0),
            worker_pid=runner.worker_pid if runner else None,
            last_scan=finder.last_scan.isoformat(timespec="seconds") if finder and finder.last_scan else "",
        )
        self._beat_file.show(beat, now(), time.monotonic())
        if self._ready_said:
            self._notifier.status(in_words(beat))

    def _end(self) -> None:
        self._notifier.stopping()
        self._close()
        tell(self._listeners, lambda listener: listener.stop())
        self._beat("stopped")


def _worker_client(config: Config) -> Worker:
    return SharedWorker(config)
