"""The checkpoints of a run on disk: ``checkpoint-N/`` with adapter and trainer state, ``nippo.json`` written last."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from daemon.errors import TrainingError
from daemon.learning.run_folder import PROGRESS, RECORD, TRAINED, Checkpoint, TrainingResult
from daemon.system.files import write_atomically
from daemon.versions.artifact import CHECKPOINT
from daemon.words import tr

KEPT = (
    "adapter_model.safetensors",
    "adapter_config.json",
    "optimizer.pt",
    "scheduler.pt",
    "scaler.pt",
    "trainer_state.json",
)
KEPT_PATTERN = "rng_state*.pth"


def mark(checkpoint: Checkpoint) -> None:
    """Strip a folder to what resuming needs (no tokenizer copies, no pickled arguments) and declare it complete."""
    folder = Path(checkpoint.folder)
    for file in folder.iterdir():
        if file.name not in KEPT and not file.match(KEPT_PATTERN):
            file.unlink() if file.is_file() else shutil.rmtree(file)
    named = replace(checkpoint, folder=folder.name)
    write_atomically(folder / CHECKPOINT, json.dumps(named.to_json()) + "\n")


def complete(out: Path) -> list[Checkpoint]:
    """The complete checkpoints of a run, in order of step; a folder without mark was cut off and does not count."""
    found = []
    for file in out.glob(f"checkpoint-*/{CHECKPOINT}"):
        checkpoint = Checkpoint.read(file)
        if checkpoint is not None:
            found.append(replace(checkpoint, folder=str(file.parent)))
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def clear(out: Path) -> None:
    """Remove every checkpoint and result of an earlier run in this folder."""
    for folder in out.glob("checkpoint-*"):
        shutil.rmtree(folder)
    for name in (TRAINED, PROGRESS, RECORD):
        (out / name).unlink(missing_ok=True)


def drop_incomplete(out: Path) -> None:
    """Remove checkpoint folders that a crash cut off."""
    for folder in out.glob("checkpoint-*"):
        if not (folder / CHECKPOINT).is_file():
            shutil.rmtree(folder)


def best_of(found: Sequence[Checkpoint]) -> int | None:
    """The step with the lowest dev loss; without measured ones the last step; None without checkpoints. Pure."""
    kept = [checkpoint for checkpoint in found if not checkpoint.interim]
    measured = [checkpoint for checkpoint in kept if checkpoint.dev_loss is not None]
    if measured:
        return min(measured, key=lambda checkpoint: checkpoint.dev_loss or 0.0).step
    return kept[-1].step if kept else None


def folder_of(result: TrainingResult, step: int | None = None) -> Path:
    """The checkpoint folder of a step, by default of the best one. Raises ``TrainingError`` without such a one."""
    wanted = result.best if step is None else step
    for checkpoint in result.checkpoints:
        if checkpoint.step == wanted:
            return Path(checkpoint.folder)
    raise TrainingError(
        tr("no checkpoint at step {wanted}", wanted=wanted), tr("Look into the run's {progress}.", progress=PROGRESS)
    )


def drop_states(out: Path) -> None:
    """After a finished run: interim checkpoints go, and of the others everything but the adapter and the mark."""
    for checkpoint in complete(out):
        folder = Path(checkpoint.folder)
        if checkpoint.interim:
            shutil.rmtree(folder)
            continue
        for file in folder.iterdir():
            if file.name not in (KEPT[0], KEPT[1], CHECKPOINT):
                file.unlink()
