"""A weekly run's settings and folder, and one training in it: rows in, checkpoints out."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.errors import TrainingError
from daemon.learning.forgetting import wipe
from daemon.system.accelerator import FileLock
from training.fitting.progress import Progress
from training.pairs.order import within_epochs
from training.pairs.pair_choice import to_lines
from training.pairs.rows import Row
from training.weekly.training_process import train

ROWS = "rows.jsonl"


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

    def phase(self, name: str) -> None:
        self.progress.event("phase", name=name)

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
) -> dict[str, Any]:
    """Train in a process of its own; return its ``result.json``. The rows lie on disk only meanwhile."""
    out.mkdir(parents=True, exist_ok=True)
    settings = week.config.training
    count = sum(row.split == "train" for row in rows)
    checkpoints = within_epochs(
        settings.checkpoints, count, settings.max_epochs, settings.batch_size, settings.accumulation
    )
    file = out / ROWS
    file.write_text(to_lines(rows), encoding="utf-8")
    try:
        train(week.config, file, out, week.reference, start, resume, hours, steps or checkpoints, week.locks)
    finally:
        wipe(file)
    result: dict[str, Any] = json.loads((out / "result.json").read_text(encoding="utf-8"))
    if not result["checkpoints"]:
        raise TrainingError("the time ran out before the first checkpoint", "Raise training.max_hours.")
    return result


def checkpoint_folder(out: Path, result: dict[str, Any]) -> Path:
    """The folder of the best checkpoint; of a run that ran out of time before any, the last one."""
    step = result["best"] if result["best"] is not None else result["checkpoints"][-1]["step"]
    return out / f"checkpoint-{step}"
