"""A training as another process sees it: where it stands, in lines for a person, and watched until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daemon.config import Config
from daemon.errors import TrainingError
from daemon.learning.kept import Kept
from daemon.learning.ledger import Ledger
from daemon.learning.run_folder import RUNS, RunProgress, RunStage, RunState, progress_of, read_events
from daemon.learning.schedule import CHANGED_FOR_A_VERDICT, pairs_needed
from daemon.learning.training_call import need_training, why_not
from daemon.store.store import Store
from daemon.system.accelerator import TRAINING
from daemon.system.clock import local_time
from daemon.system.lock import holder
from daemon.words import tr

POLL_SECONDS = 1.0
ACTIVE = (RunStage.RUNNING, RunStage.SETTLING)


@dataclass(frozen=True)
class TrainingStatus(Kept):
    """``state``: the running or last run. ``running``: a training process exists, whoever started it. ``progress``: of
    the run while it runs. ``cannot``: why this machine cannot train, "" where it can."""

    state: RunState | None
    running: bool
    next_run: datetime | None
    schedule_note: str
    new_pairs: int
    needed_pairs: int
    changed_pairs: int
    progress: RunProgress | None = None
    cannot: str = ""

    @property
    def active(self) -> bool:
        """Whether a run is under way or its result is being taken in."""
        return self.state is not None and self.state.state in ACTIVE

    @property
    def missing_changes(self) -> int:
        """So many more drafts have to be changed before there is a run, where that is all that it waits for. None of it
        says that there is one: a form of one's own counts here, and does not when the run is due."""
        enough = self.new_pairs >= self.needed_pairs
        return max(CHANGED_FOR_A_VERDICT - self.changed_pairs, 0) if enough else 0

    def to_json(self) -> dict[str, Any]:
        """As ``nippo status --json`` shows it: the run's own values beside the others."""
        values = super().to_json()
        return {**(values.pop("state") or {}), **values}


def training_status(config: Config, store: Store, need: Callable[[], None] = need_training) -> TrainingStatus:
    """The running or last run, its progress, the schedule, and why this machine cannot train."""
    ledger = Ledger(store)
    state, schedule = ledger.state, ledger.schedule
    pairs = ledger.counts(store.pairs())
    under_way = state is not None and state.state is RunStage.RUNNING
    events = read_events(config.data_path / RUNS / state.run) if state and under_way else ()
    return TrainingStatus(
        state=state,
        running=holder(config.data_path, TRAINING) is not None,
        next_run=schedule.next_run,
        schedule_note=schedule.note,
        new_pairs=pairs.new,
        needed_pairs=pairs_needed(config.schedule, pairs.seen),
        changed_pairs=pairs.changed,
        progress=progress_of(events) if events else None,
        cannot=why_not(need),
    )


def follow(
    config: Config,
    say: Callable[[str], None],
    wait: Callable[[], None] = lambda: time.sleep(POLL_SECONDS),
    asked: bool = False,
) -> TrainingStatus:
    """Tell the progress of the training that runs, until it has ended; return its last state. ``asked``: one has just
    been asked for, so wait until it begins. Raises ``TrainingError`` when it failed."""
    last = ""
    with Store.open(config.data_path) as store:
        while True:
            status = training_status(config, store)
            waiting = asked and Ledger(store).request is not None
            if not status.active and not waiting:
                break
            line = tr("waiting for the daemon") if waiting else line_of(status)
            if line != last:
                say(line)
                last = line
            wait()
    if status.state is not None and status.state.state is RunStage.FAILED:
        text = "\n".join([status.state.message, *status.state.last_lines])
        raise TrainingError(text, tr("The version in use stays. `nippo retrain` tries again."))
    return status


def line_of(status: TrainingStatus) -> str:
    """A running training in one line. Pure."""
    progress = status.progress or RunProgress()
    words = [f"{status.state.run if status.state else ''}: {tr(progress.phase)}"]
    if progress.steps:
        words.append(tr("step {step} of {steps}", step=progress.step, steps=progress.steps))
    if progress.left:
        words.append(tr("{left:.0f} min left", left=progress.left / 60))
    return ", ".join(words)


def summary(status: TrainingStatus) -> list[str]:
    """The training in a few lines for ``nippo status``. Pure."""
    lines = []
    state = status.state
    if status.active:
        lines.append(line_of(status))
    elif state is not None and state.state is RunStage.DONE:
        note = tr(", see {note}", note=state.note) if state.note else ""
        lines.append(f"{state.run}: {state.version} {tr(state.outcome or '')}{note}")
    elif state is not None:
        lines.append(f"{state.run}: {state.message}")
    if status.cannot:
        return [*lines, tr("none on this machine: {cannot}", cannot=status.cannot)]
    upcoming = tr("next {time}", time=local_time(status.next_run)) if status.next_run else tr("no schedule")
    lines.append(
        tr(
            "{upcoming}, {new_pairs} new of {needed_pairs} needed",
            upcoming=upcoming,
            new_pairs=status.new_pairs,
            needed_pairs=status.needed_pairs,
        )
    )
    if status.missing_changes:
        lines.append(
            tr(
                "{changed} accepted report(s) differ from their drafts, {needed} are needed to judge a new version",
                changed=status.changed_pairs,
                needed=CHANGED_FOR_A_VERDICT,
            )
        )
    elif status.schedule_note:
        lines.append(status.schedule_note)
    return lines
