"""The daemon's lifetime: lock, first scan, loop, signals, pauses, reload, and what it says about itself.

One thread does everything but drafting. Each periodic job of its loop has an edge of its own
(``daemon.service.periodic``): what goes wrong in one is shown, waited out, and stops neither the loop nor the others.
The loop pings the service manager's watchdog, so that a hung loop or a dead observer that cannot be revived is noticed
from outside. A note is never lost by stopping: jobs are in the database.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from daemon import __version__
from daemon.config import Config
from daemon.errors import AlreadyRunning, NippoError, NoRoom, StorageError, UsageError, VaultUnavailable
from daemon.learning.announcement import settle_all
from daemon.service.first_version import AFTER_SECONDS
from daemon.service.heartbeat import NO_STAGE, Heartbeat, HeartbeatFile, in_words
from daemon.service.job_runner import JobRunner
from daemon.service.leftovers import sweep_leftovers
from daemon.service.listener import Listener, tell
from daemon.service.note_finder import NoteFinder
from daemon.service.pauses import RETRY_SECONDS
from daemon.service.periodic import PeriodicJob, first_trouble
from daemon.service.presence import VaultPresence, unreadable_settings
from daemon.service.reload import reread
from daemon.service.sd_notify import Notifier
from daemon.service.start import ROOM_SECONDS, first_day, once_there_is_room
from daemon.store.store import Store
from daemon.system.lock import VaultLock
from daemon.vault.layout import read_layout
from daemon.words import tr
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
        first_after: float = AFTER_SECONDS,
    ) -> None:
        self.config = config
        self._make_worker = make_worker or SharedWorker
        self._notifier = notifier or Notifier()
        self._make_listeners = make_listeners
        self._retry_seconds, self._first_after = retry_seconds, first_after
        self._wake = threading.Event()
        self._stopping = False
        self._reload_wanted = False
        self._first_beat = Heartbeat(os.getpid(), __version__, now().isoformat(timespec="seconds"), "starting")
        self._ready = False
        self._ready_said = False
        self._paused = ""
        self._presence = VaultPresence()
        self._next_check = 0.0
        self._changes = -1
        self._finder: NoteFinder | None = None
        self._runner: JobRunner | None = None
        self._listeners: Sequence[Listener] = ()
        self._beat_file = HeartbeatFile(config.data_path)
        self._opened = False
        self._checking = PeriodicJob(tr("the vault"), UsageError, AlreadyRunning)
        self._finding, self._drafting = PeriodicJob(tr("looking for notes")), PeriodicJob(tr("the queue"))
        self._listening: list[tuple[Listener, PeriodicJob]] = []
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
        """Run until ``stop``; a full disk is waited for. Raises ``AlreadyRunning`` or ``UsageError`` at the start."""
        folder, wait = self.config.data_path, self._wait_for_room
        with ExitStack() as held:
            lock = once_there_is_room(lambda: held.enter_context(VaultLock(folder)), wait)
            store = once_there_is_room(lambda: held.enter_context(Store.open(folder)), wait) if lock else None
            if lock is None or store is None:
                return
            self._lock, self._store = lock, store
            if once_there_is_room(self._begin, wait) is None:
                return
            try:
                while not self._stopping:
                    self._turn_safely()
                    self._wake.wait(self._pause_seconds())
                    self._wake.clear()
            finally:
                self._end()

    def _begin(self) -> bool:
        sweep_leftovers(self.config.data_path)
        self._first_day = first_day(self._store, now().date())
        if self._store.retry_failed():
            log.info("notes that had failed are tried again")
        self._listeners = self._make_listeners(self.config, self._store) if self._make_listeners else ()
        self._listening = [(listener, PeriodicJob(type(listener).__name__)) for listener in self._listeners]
        self._beat("starting")
        return True

    def _wait_for_room(self, problem: NoRoom) -> bool:
        self._beat("no room", str(problem))
        self._say_ready()
        self._wake.wait(ROOM_SECONDS)
        self._notifier.watchdog(time.monotonic())
        return not self._stopping

    def _turn_safely(self) -> None:
        """One turn; what goes wrong is shown and outlived."""
        monotonic = time.monotonic()
        try:
            self._turn(monotonic)
        except (VaultUnavailable, UsageError, AlreadyRunning) as problem:
            if not self._opened and not isinstance(problem, VaultUnavailable):
                raise
            self._pause(problem)
        self._notifier.watchdog(monotonic)

    def _turn(self, monotonic: float) -> None:
        if self._reload_wanted:
            self._reload_wanted = False
            self._checking.turn(monotonic, self._reload)
        if self._finder is None or monotonic >= self._next_check:
            self._checking.turn(monotonic, lambda: self._check(monotonic))
        finder, runner = self._finder, self._runner
        if finder is not None and runner is not None:
            moment = now()
            if self._finding.turn(monotonic, lambda: finder.turn(moment, monotonic)) and not self._ready:
                self._ready = True
                self._say_ready()
            self._drafting.turn(monotonic, lambda: self._draft(runner, moment, monotonic))
            for listener, job in self._listening:
                job.turn(monotonic, partial(listener.turn, moment, monotonic))
        self._show(runner)

    def _draft(self, runner: JobRunner, moment: datetime, monotonic: float) -> None:
        changes = self._store.changes()
        if changes != self._changes:
            self._changes = changes
            runner.release()
        runner.turn(moment, monotonic)

    def _show(self, runner: JobRunner | None) -> None:
        jobs = (self._checking, self._finding, self._drafting, *(job for _, job in self._listening))
        trouble = first_trouble(jobs, runner.trouble if runner else None)
        state = "no room" if isinstance(trouble, NoRoom) else "watching" if runner else "starting"
        lesser = self._layout_trouble or (self._finder.trouble if self._finder else "")
        self._beat(state, str(trouble) if trouble else lesser)

    def _check(self, monotonic: float) -> None:
        """Begin, go on after a pause, or revive the observer. Raises ``VaultUnavailable``."""
        self._next_check = monotonic + CHECK_SECONDS
        self._presence.require(self.config.vault_path)
        if self._finder is None:
            self._open()
        elif self._layout_changed(self._finder):
            log.info("the vault's daily-note settings have changed")
            self._close()
            self._open()
        elif not self._finder.alive:
            if not self._finder.trouble:
                self._finder.tell_why_not_alive()
            self._finder.start()

    def _layout_changed(self, finder: NoteFinder) -> bool:
        """Whether Obsidian's own settings name another folder or format now; faulty ones are told and not taken."""
        try:
            fresh = read_layout(self.config)
            self._layout_trouble = unreadable_settings(finder.layout, fresh)
            changed = fresh != finder.layout and not self._layout_trouble
        except UsageError as problem:
            changed, self._layout_trouble = False, str(problem)
        return changed

    def _open(self) -> None:
        layout = read_layout(self.config)
        self._lock.acquire_vault(layout.root)
        settle_all(layout, self._store)
        finder = NoteFinder(layout, self._store, self.config, self._first_day, self._wake.set, self._listeners)
        worker = self._make_worker(self.config)
        waits = (self._retry_seconds, finder.notes, self._first_after)
        self._runner = JobRunner(layout, self._store, self.config, worker, self._wake.set, *waits)
        finder.start()
        self._finder = finder
        self._opened = True
        notes, reports = f"{layout.diary_folder or '.'}/{layout.diary_format.text}.md", layout.report_folder or "."
        log.info("watching %s in %s from %s on; reports go to %s/", notes, layout.root, self._first_day, reports)
        if self._paused:
            log.info("the vault is back")
            self._paused = ""

    def _close(self) -> None:
        if self._finder is not None:
            self._finder.stop()
            self._finder = None
        if self._runner is not None:
            self._runner.stop()
            self._runner = None
        self._lock.release_vault()

    def _pause(self, problem: NippoError) -> None:
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
            fresh = reread(self.config, self._finder is not None)
            if fresh is not None:
                self._close()
                self.config = fresh
                tell(self._listeners, lambda listener: listener.reconfigure(fresh))
        except NippoError as problem:
            log.error("reload: %s; the settings stay as they were", problem)
        self._say_ready(again=True)

    def _pause_seconds(self) -> float:
        """How long the loop may sleep."""
        monotonic = time.monotonic()
        if self._finder is None or self._runner is None:
            return max(0.0, min(self._next_check - monotonic, self._notifier.ping_seconds or CHECK_SECONDS))
        times = [self._finding.delayed(self._finder.next_turn()), self._next_check, monotonic + LOOK_SECONDS]
        again = self._runner.next_turn()
        times += [self._drafting.delayed(again)] if again is not None else []
        return max(0.0, min(times) - monotonic)

    def _say_ready(self, again: bool = False) -> None:
        if again or not self._ready_said:
            self._ready_said = True
            self._notifier.ready(tr("paused: {message}", message=self._paused) if self._paused else tr("watching"))

    def _beat(self, state: str = "watching", message: str = "") -> None:
        runner, finder, jobs = self._runner, self._finder, dict[str, int]()
        with suppress(StorageError, AttributeError):  # before the database is open there are none
            jobs = self._store.count_jobs()
        beat = replace(
            self._first_beat,
            state=state,
            ready=self._ready and state in ("watching", "no room"),
            working_on=runner.working_on if runner else "",
            stage=runner.stage if runner else NO_STAGE,
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
        with suppress(StorageError):
            tell(self._listeners, lambda listener: listener.stop())
        self._beat("stopped")
