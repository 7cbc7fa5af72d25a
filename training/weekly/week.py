"""A weekly run's settings and folder, and one training in it: rows in, checkpoints out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.config import Config
from daemon.errors import TrainingError
from daemon.learning.forgetting import wipe
from daemon.learning.run_folder import ROWS, TRAINED, EventKind, Phase, ProgressEvent, TrainingResult
from daemon.system.accelerator import FileLock
from daemon.system.files import private_folder, write_atomically
from daemon.words import tr
from training.fitting.checkpoints import folder_of
from training.fitting.progress import Progress
from training.pairs.pair_choice import checkpoints_for, to_lines
from training.pairs.rows import Row
from training.weekly.training_process import train


@dataclass(frozen=True)
class Week:
    """What a run works with."""

    config: Config
    folder: Path
    progress: Progress
    started: float
    locks: tuple[FileLock, ...] = ()

    @property
    def reference(self) -> str:
        return self.config.training.base or self.config.engine.model

    def phase(self, phase: Phase) -> None:
        self.progress.tell(ProgressEvent(EventKind.PHASE, name=phase))

    def seconds_left(self) -> float:
        return self.config.training.max_hours * 3600 - (time.monotonic() - self.started)


def train_on(
    week: Week,
    out: Path,
    rows: Sequence[Row],
    start: Path | None,
    resume: bool,
    hours: float,
    steps: Sequence[int] = (),
    own_share: float = 0.0,
) -> TrainingResult:
    """Train in a process of its own; return what came of it. The rows lie on disk only meanwhile. ``own_share``: of the
    days of a step so many are accepted ones, and their epochs count; 0: all rows as they come."""
    private_folder(out)
    trained = [row for row in rows if row.split == "train"]
    own = sum(row.accepted for row in trained)
    checkpoints = checkpoints_for(round(own / own_share) if own_share else len(trained), week.config.training)
    if all(row.split == "train" for row in rows):
        checkpoints = checkpoints[-1:]  # nothing is there to choose an earlier one by
    file = out / ROWS
    write_atomically(file, to_lines(rows), durable=False)
    try:
        wanted = steps or checkpoints
        train(week.config, file, out, week.reference, start, resume, hours, wanted, week.locks, own_share)
    finally:
        wipe(file)
    result = TrainingResult.need(out / TRAINED)
    if not result.checkpoints:
        raise TrainingError(tr("the time ran out before the first checkpoint"), tr("Raise training.max_hours."))
    return result


def chosen_step(result: TrainingResult) -> int:
    """The best checkpoint; of a run that ran out of time before any, the last one."""
    return result.best if result.best is not None else result.checkpoints[-1].step


def checkpoint_folder(result: TrainingResult) -> Path:
    """The folder of the chosen checkpoint."""
    return folder_of(result, chosen_step(result))
