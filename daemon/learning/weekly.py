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
from dataclasses import asdict
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.errors import NippoError
from daemon.learning.forgetting import texts_of_run, wipe
from daemon.learning.schedule import plan
from daemon.learning.training_call import need_training, why_not
from daemon.learning.training_job import (
    PROGRESS,
    REQUEST,
    RUNS,
    Ending,
    TrainingJob,
    last_lines,
    read_progress,
    read_result,
    run_name,
)
from daemon.store.store import Store
from daemon.system.accelerator import TRAINING
from daemon.system.lock import holder
from daemon.system.processes import end_group
from daemon.vault.layout import read_layout
from daemon.vault.verdict_note import taken_names, write_verdict
from daemon.vault.writer import ReportTouched
from daemon.versions.champion import champion, promote
from daemon.versions.served_adapter import announce

STATE, SCHEDULE, SEEN = "training", "schedule", "seen_pairs"
LOOK_SECONDS = 1.0
AGAIN_SECONDS = 60.0
"""A verdict that could not be written (vault away, disk full) is tried again after so long."""
STOP_SECONDS = 15.0
"""systemd kills the whole group after 20 s (TimeoutStopSec of the unit)."""
ATTEMPTS = 3
"""A run that is cut off is taken up so often."""

log = logging.getLogger(__name__)


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
        self._store = store
        self._make_job = make_job
        self._zone = zone
        self._need = need
        self._job: TrainingJob | None = None
        self._next_look = 0.0
        state = self._state()
        if state.get("state") in ("done", "failed"):
            clean_up(self._folder(state))

    def reconfigure(self, config: Config) -> None:
        self._config = config

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        """Reports concern the reviewer."""

    def scanned(self, now: datetime) -> None:
        """Nothing to do."""

    def turn(self, now: datetime, monotonic: float) -> None:
        if monotonic < self._next_look:
            return
        self._next_look = monotonic + LOOK_SECONDS
        state = self._state()
        if self._job is not None:
            ending = self._job.poll()
            if ending is not None:
                job, self._job = self._job, None
                self._ended(state, ending, job.message, now)
        elif state.get("state") == "running":
            self._look_after(state, now)
        elif state.get("state") == "settling":
            self._settle(state, now)
            self._next_look = monotonic + (LOOK_SECONDS if self._state().get("state") == "done" else AGAIN_SECONDS)
        else:
            self._begin_if_due(state, now)

    def stop(self) -> None:
        """The daemon ends: the child saves its step; the next start resumes it."""
        if self._job is None:
            return
        job, self._job = self._job, None
        ending = job.stop(STOP_SECONDS)
        state = self._state()
        if ending is Ending.STOPPED:
            # The next start takes it up; that is no failed attempt.
            self._store.set_meta(STATE, {**state, "attempts": int(state.get("attempts", 1)) - 1})
        log.info("the training %s", ending.words)

    def _state(self) -> dict[str, Any]:
        return dict(self._store.get_meta(STATE, {}))

    def _folder(self, state: dict[str, Any]) -> Path:
        return self._config.data_path / RUNS / str(state["run"])

    def _begin_if_due(self, state: dict[str, Any], now: datetime) -> None:
        asked = self._store.get_meta(REQUEST)
        remembered = self._store.get_meta(SCHEDULE, {})
        last = remembered.get("last_slot")
        due = plan(
            self._config.schedule,
            now,
            datetime.fromisoformat(last) if last else None,
            self._zone,
            str(self._config.data_path),
        )
        schedule = {
            "last_slot": due.last_slot.isoformat(),
            "next_run": due.next_run.isoformat() if due.next_run else None,
            "note": remembered.get("note", ""),
        }
        if asked is None and due.slot is not None:
            new = self._new_pairs()
            if why := why_not(self._need):
                schedule["note"] = f"{now.date()}: {why}"
                log.warning("no training: %s", schedule["note"])
            elif new < self._config.schedule.min_new_pairs:
                schedule["note"] = f"{now.date()}: {new} new pair(s), {self._config.schedule.min_new_pairs} are needed"
                log.info("no training: %s", schedule["note"])
            else:
                asked, schedule["note"] = {"reason": "schedule"}, ""
        if schedule != remembered:
            self._store.set_meta(SCHEDULE, schedule)
        if asked is not None:
            self._start(str(asked["reason"]), now)

    def _new_pairs(self) -> int:
        seen = set(self._store.get_meta(SEEN, []))
        return sum(pair.id not in seen for pair in self._store.pairs())

    def _start(self, reason: str, now: datetime) -> None:
        """A new run. The state is written before the child starts, so that none is ever unknown."""
        name = run_name(self._config, now, taken_names(read_layout(self._config)))
        with self._store.batch():
            self._store.set_meta(REQUEST, None)
            state = {"run": name, "state": "running", "reason": reason, "started": now.isoformat(timespec="seconds")}
            self._store.set_meta(STATE, {**state, "attempts": 1})
        self._launch(self._state(), now)

    def _launch(self, state: dict[str, Any], now: datetime) -> None:
        try:
            self._need()
            self._job = self._make_job(self._config, self._folder(state))
        except NippoError as problem:
            self._fail(state, problem.what, now)
            return
        log.info("training %s started (process %d, %s)", state["run"], self._job.pid, state["reason"])

    def _look_after(self, state: dict[str, Any], now: datetime) -> None:
        """A run of an earlier daemon: still running, finished, or cut off."""
        child = holder(self._config.data_path, TRAINING)
        if child is not None:
            return
        if read_result(self._folder(state)) is not None:
            self._ended(state, Ending.OK, "", now)
        else:
            self._ended(state, Ending.STOPPED, "", now)

    def _ended(self, state: dict[str, Any], ending: Ending, message: str, now: datetime) -> None:
        folder = self._folder(state)
        result = read_result(folder)
        log.info("training %s %s %s", state["run"], ending.words, message)
        if result is not None and ending is Ending.OK:
            with self._store.batch():
                self._store.set_meta(SEEN, sorted({*self._store.get_meta(SEEN, []), *result["pairs"]}))
                self._store.set_meta(STATE, {**state, "state": "settling"})
            self._settle(self._state(), now)
            return
        resumable = ending in (Ending.STOPPED, Ending.KILLED) and not message
        if resumable and int(state.get("attempts", 1)) < ATTEMPTS:
            again = {**state, "state": "running", "attempts": int(state.get("attempts", 1)) + 1}
            self._store.set_meta(STATE, again)
            self._launch(again, now)
            return
        words = [f"the training {ending.words}", message] if message else [f"the training {ending.words}"]
        self._fail(state, "; ".join(words), now)

    def _fail(self, state: dict[str, Any], what: str, now: datetime) -> None:
        """The champion stays as it was; the run's last lines are kept for ``nippo status``."""
        folder = self._folder(state)
        lines = last_lines(folder)
        log.error("training %s: %s%s", state["run"], what, "".join(f"\n    {line}" for line in lines))
        clean_up(folder)
        ended = {"state": "failed", "ended": now.isoformat(timespec="seconds"), "message": what, "last_lines": lines}
        self._store.set_meta(STATE, {**state, **ended})

    def _settle(self, state: dict[str, Any], now: datetime) -> None:
        """Take a finished run's result in: promote, write the note. What fails for now is tried again later."""
        folder = self._folder(state)
        result = read_result(folder)
        if result is None:
            self._fail(state, "the result of the run is gone", now)
            return
        version, note = str(result["version"]), str(result["note"])
        if result["outcome"] == "promoted" and not state.get("promoted"):
            try:
                if champion_or_none(self._config) != version:
                    promote(self._config, version, now)
                    threading.Thread(target=_announce, args=(self._config,), daemon=True).start()
            except NippoError as problem:
                log.error("%s is not promoted: %s", version, problem.what)
                note = f"> [!warning] {version} は採用できませんでした\n> {problem.what}\n\n{note}"
                result = {**result, "outcome": "kept"}
            except OSError as problem:
                log.error("%s is not promoted yet: %s", version, problem.strerror)
                return
            state = {**state, "promoted": True}
            self._store.set_meta(STATE, state)
        try:
            pictures = [folder / name for name in result["pictures"]]
            path = write_verdict(read_layout(self._config), str(state["run"]), note, pictures)
        except ReportTouched as problem:
            log.warning("%s", problem.what)
            path = ""
        except (NippoError, OSError) as problem:
            log.warning("the verdict of %s waits: %s", state["run"], problem)
            return
        done = {
            "state": "done",
            "ended": now.isoformat(timespec="seconds"),
            "version": version,
            "outcome": result["outcome"],
            "note": path,
            "message": "",
        }
        self._store.set_meta(STATE, {**state, **done})
        clean_up(folder)
        log.info("training %s: %s %s, see %s", state["run"], version, result["outcome"], path)


def _announce(config: Config) -> None:
    """Tell the server of a new champion, beside the loop: a slow server holds nothing up."""
    if trouble := announce(config):
        log.warning("%s", trouble)


def champion_or_none(config: Config) -> str | None:
    try:
        return champion(config)
    except NippoError:
        return None


def clean_up(folder: Path) -> None:
    """Leave no person's text in a run's folder."""
    for file in texts_of_run(folder):
        with contextlib.suppress(OSError):
            wipe(file)


def stop_run(config: Config, store: Store) -> bool:
    """Ask a training to end for good: it saves its step and is not taken up again. False when none runs."""
    child = holder(config.data_path, TRAINING)
    state = dict(store.get_meta(STATE, {}))
    if child is None or state.get("state") != "running":
        return False
    store.set_meta(STATE, {**state, "attempts": ATTEMPTS})
    if child:
        end_group(child, "SIGTERM")
    return True


def training_status(config: Config, store: Store, need: Callable[[], None] = need_training) -> dict[str, Any]:
    """What ``nippo status`` says of the training: the running or last run, its progress, the schedule, and why this
    machine cannot train ("" where it can)."""
    state = dict(store.get_meta(STATE, {}))
    schedule = dict(store.get_meta(SCHEDULE, {}))
    seen = set(store.get_meta(SEEN, []))
    pairs = [pair.id for pair in store.pairs()]
    found = {
        **state,
        "running": holder(config.data_path, TRAINING) is not None,
        "next_run": schedule.get("next_run"),
        "schedule_note": schedule.get("note", ""),
        "new_pairs": sum(one not in seen for one in pairs),
        "needed_pairs": config.schedule.min_new_pairs,
        "cannot": why_not(need),
    }
    if state.get("state") == "running" and (config.data_path / RUNS / str(state["run"]) / PROGRESS).is_file():
        found["progress"] = asdict(read_progress(config.data_path / RUNS / str(state["run"])))
    return found
