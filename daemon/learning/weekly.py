"""The weekly training in the running daemon: starts the child when it is due, follows it, takes its result in.

Every step is remembered in the database, so that a daemon that was stopped or killed anywhere goes on from there: a
child that still runs is found by its lock, a finished one is taken in, a cut-off one is resumed. The champion changes
in one step, by ``daemon.versions.champion.promote``, and only for a result that was written whole.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, tzinfo
from pathlib import Path

from daemon.config import Config
from daemon.errors import NippoError, NoRoom, ReportTouched, StorageError
from daemon.learning.announcement import verdict_change, verdict_written
from daemon.learning.forgetting import finish_forgetting, texts_of_run, wipe
from daemon.learning.ledger import Ledger, RunRequest, ScheduleMemory
from daemon.learning.readiness import why_wait
from daemon.learning.run_folder import (
    RUNS,
    WEEKLY,
    Ending,
    Outcome,
    RunResult,
    RunStage,
    RunState,
)
from daemon.learning.schedule import plan
from daemon.learning.training_call import need_training, why_not
from daemon.learning.training_job import ENDED, TrainingJob, last_lines, run_name
from daemon.store.store import Store
from daemon.system.accelerator import TRAINING
from daemon.system.clock import local_zone
from daemon.system.lock import holder
from daemon.system.processes import end_group
from daemon.vault.layout import read_layout
from daemon.vault.verdict_note import taken_names, verdict_path, write_verdict
from daemon.versions.champion import promote, was_promoted
from daemon.versions.served_adapter import announce
from daemon.words import marked, tr

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 60.0
"""A verdict that could not be written (vault away, disk full) is tried again after so long."""
STOP_SECONDS = 15.0
"""systemd kills the whole group after 20 s (TimeoutStopSec of the unit)."""
ATTEMPTS = 3
"""A run that is cut off is taken up so often."""

log = logging.getLogger(__name__)


REASONS = (marked("schedule"), marked("asked"), marked("forget"), marked("dashboard"))
"""Why a training is asked for (``RunRequest.reason``), as a line of the log says it."""


class Teacher:
    """A listener of the daemon's main loop.

    ``make_job`` starts a child; ``zone`` is the schedule's time zone; ``need`` raises when this machine cannot train.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        make_job: Callable[[Config, Path], TrainingJob] = TrainingJob,
        zone: tzinfo | None = None,
        need: Callable[[], None] = need_training,
    ) -> None:
        self._config = config
        self._store, self._ledger = store, Ledger(store)
        self._make_job = make_job
        self._zone, self._zone_trouble = zone, ""
        self._need = need
        self._job: TrainingJob | None = None
        self._next_look = 0.0
        state = self._ledger.state
        if state is not None and state.state in (RunStage.DONE, RunStage.FAILED):
            clean_up(self._folder(state))

    def reconfigure(self, config: Config) -> None:
        self._config = config

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        """Reports concern the reviewer."""

    def scanned(self, now: datetime) -> None:
        """What `nippo forget` was cut off from is done first, before anything learns again."""
        finish_forgetting(self._config, self._store)

    def turn(self, now: datetime, monotonic: float) -> None:
        if monotonic < self._next_look:
            return
        self._next_look = monotonic + LOOK_SECONDS
        state = self._ledger.state
        if self._job is not None and state is not None:
            ending = self._job.poll()
            if ending is not None:
                job, self._job = self._job, None
                self._ended(state, ending, job.message, now)
        elif state is not None and state.state is RunStage.RUNNING:
            self._look_after(state, now)
        elif state is not None and state.state is RunStage.SETTLING:
            settled = self._settle(state, now)
            self._next_look = monotonic + (LOOK_SECONDS if settled else AGAIN_SECONDS)
        else:
            self._begin_if_due(now)

    def stop(self) -> None:
        """The daemon ends: the child saves its step; the next start resumes it."""
        if self._job is None:
            return
        job, self._job = self._job, None
        ending = job.stop(STOP_SECONDS)
        state = self._ledger.state
        if ending is Ending.STOPPED and state is not None:
            # The next start takes it up; that is no failed attempt.
            self._ledger.state = replace(state, attempts=state.attempts - 1)
        log.info("the training %s", tr(ENDED[ending]))

    def _folder(self, state: RunState) -> Path:
        return self._config.data_path / RUNS / state.run

    def _begin_if_due(self, now: datetime) -> None:
        settings, asked, remembered = self._config.schedule, self._ledger.request, self._ledger.schedule
        due = plan(settings, now, remembered.last_slot, self._zone or self._local_zone(), str(self._config.data_path))
        memory = ScheduleMemory(due.last_slot, due.next_run, remembered.note)
        if asked is None and due.slot is not None:
            if why := why_not(self._need):
                memory = replace(memory, note=f"{now.date()}: {why}")
                log.warning("no training: %s", memory.note)
            elif why := why_wait(self._config, self._ledger, self._store.pairs()):
                memory = replace(memory, note=f"{now.date()}: {why}")
                log.info("no training: %s", memory.note)
            else:
                asked, memory = RunRequest("schedule"), replace(memory, note="")
        if memory != remembered:
            self._ledger.schedule = memory
        if asked is not None:
            self._start(asked.reason, now)

    def _local_zone(self) -> tzinfo:
        found = local_zone()
        if found.trouble and found.trouble != self._zone_trouble:
            log.warning("schedule: %s", found.trouble)
        self._zone_trouble = found.trouble
        return found.zone

    def _start(self, reason: str, now: datetime) -> None:
        """A new run. The state is written before the child starts, so that none is ever unknown."""
        name = run_name(self._config, now, taken_names(read_layout(self._config)))
        state = RunState(name, RunStage.RUNNING, reason, started=now)
        with self._store.batch():
            self._ledger.request = None
            self._ledger.state = state
        self._launch(state, now)

    def _launch(self, state: RunState, now: datetime) -> None:
        try:
            self._need()
            self._job = self._make_job(self._config, self._folder(state))
        except NippoError as problem:
            self._fail(state, problem.what, now)
            return
        except OSError as problem:
            if full := NoRoom.of(problem, self._folder(state)):
                self._ledger.state = replace(state, attempts=max(state.attempts - 1, 0))
                raise full from None
            raise
        log.info("training %s started (process %d, %s)", state.run, self._job.pid, tr(state.reason))

    def _look_after(self, state: RunState, now: datetime) -> None:
        """A run of an earlier daemon: still running, finished, or cut off."""
        if holder(self._config.data_path, TRAINING) is not None:
            return
        finished = RunResult.read(self._folder(state) / WEEKLY) is not None
        self._ended(state, Ending.OK if finished else Ending.STOPPED, "", now)

    def _ended(self, state: RunState, ending: Ending, message: str, now: datetime) -> None:
        result = RunResult.read(self._folder(state) / WEEKLY)
        log.info("training %s %s %s", state.run, tr(ENDED[ending]), message)
        if result is not None and ending is Ending.OK:
            state = replace(state, state=RunStage.SETTLING)
            with self._store.batch():
                self._ledger.seen = self._ledger.seen.union(result.pairs)
                self._ledger.state = state
            self._settle(state, now)
            return
        resumable = ending in (Ending.STOPPED, Ending.KILLED) and not message
        if resumable and state.attempts < ATTEMPTS:
            again = replace(state, state=RunStage.RUNNING, attempts=state.attempts + 1)
            self._ledger.state = again
            self._launch(again, now)
            return
        words = tr("the training {ended}", ended=tr(ENDED[ending]))
        self._fail(state, f"{words}; {message}" if message else words, now)

    def _fail(self, state: RunState, what: str, now: datetime) -> None:
        """The champion stays as it was; the run's last lines are kept for ``nippo status``."""
        folder = self._folder(state)
        lines = tuple(last_lines(folder))
        log.error("training %s: %s%s", state.run, what, "".join(f"\n    {line}" for line in lines))
        clean_up(folder)
        self._ledger.state = replace(state, state=RunStage.FAILED, ended=now, message=what, last_lines=lines)

    def _settle(self, state: RunState, now: datetime) -> bool:
        """Take a finished run's result in: promote, write the note. What fails for now is tried again later; return
        whether the run is over."""
        folder = self._folder(state)
        result = RunResult.read(folder / WEEKLY)
        if result is None:
            self._fail(state, tr("the result of the run is gone"), now)
            return True
        if result.outcome is Outcome.PROMOTED and not state.promoted:
            try:
                # Who rolled it back after a crash before this was remembered does not get it again.
                if not was_promoted(self._config, result.version):
                    promote(self._config, result.version, now)
                    threading.Thread(target=_announce, args=(self._config,), daemon=True).start()
                state = replace(state, promoted=True)
            except StorageError:
                raise
            except NippoError as problem:
                log.error("%s is not promoted: %s", result.version, problem.what)
                state = replace(state, promoted=True, message=problem.what)
            except OSError as problem:
                if full := NoRoom.of(problem, self._config.data_path):
                    raise full from None
                log.error("%s is not promoted yet: %s", result.version, problem.strerror)
                return False
            self._ledger.state = state
        if state.message:
            why = f"> [!warning] {result.version} は採用できませんでした\n> {state.message}\n\n"
            result = replace(result, outcome=Outcome.KEPT, note=why + result.note)
        try:
            layout = read_layout(self._config)
            path = verdict_path(layout, state.run)
            page = verdict_change(layout, self._store, now)
            done = verdict_written(layout, self._store, path)
            if done is None:
                write_verdict(layout, state.run, result.note, [folder / name for name in result.pictures], page)
        except ReportTouched as problem:
            log.warning("%s", problem.what)
            path = ""
        except StorageError:
            raise
        except (NippoError, OSError) as problem:
            log.warning("the verdict of %s waits: %s", state.run, problem)
            return False
        over = replace(state, state=RunStage.DONE, ended=now, version=result.version, outcome=result.outcome)
        with self._store.batch():
            self._ledger.state = replace(over, note=path, message="")
            page.record()
            if done is not None:
                self._store.announcements.remove(done.temporary)
        clean_up(folder)
        log.info("training %s: %s %s, see %s", state.run, result.version, tr(result.outcome), path)
        return True


def _announce(config: Config) -> None:
    """Tell the server of a new champion, beside the loop: a slow server holds nothing up."""
    if trouble := announce(config):
        log.warning("%s", trouble)


def clean_up(folder: Path) -> None:
    """Leave no person's text in a run's folder."""
    for file in texts_of_run(folder):
        with contextlib.suppress(OSError):
            wipe(file)


def stop_run(config: Config, store: Store) -> bool:
    """Ask a training to end for good: it saves its step and is not taken up again. False when none runs."""
    child = holder(config.data_path, TRAINING)
    ledger = Ledger(store)
    state = ledger.state
    if child is None or state is None or state.state is not RunStage.RUNNING:
        return False
    ledger.state = replace(state, attempts=ATTEMPTS)
    if child:
        end_group(child, "SIGTERM")
    return True
