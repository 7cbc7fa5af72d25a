"""The checkpoints of a run on disk: ``checkpoint-N/`` with adapter and trainer state, ``nippo.json`` written last."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from daemon.system.files import write_atomically

MARK = "nippo.json"
KEPT = (
    "adapter_model.safetensors",
    "adapter_config.json",
    "optimizer.pt",
    "scheduler.pt",
    "scaler.pt",
    "trainer_state.json",
)
KEPT_PATTERN = "rng_state*.pth"


@dataclass(frozen=True)
class Checkpoint:
    """One complete checkpoint.

    ``loss``: mean of the steps since the last one; ``dev_loss``: nats per token of the dev rows' answers. ``interim``:
    kept only because the run was stopped there. ``judge_auc``: how well it tells true dev lines from others, 0.5 to 1.
    """

    step: int
    folder: str
    loss: float | None = None
    dev_loss: float | None = None
    interim: bool = False
    judge_auc: float | None = None


def mark(checkpoint: Checkpoint) -> None:
    """Strip a folder to what resuming needs (no tokenizer copies, no pickled arguments) and declare it complete."""
    folder = Path(checkpoint.folder)
    for file in folder.iterdir():
        if file.name not in KEPT and not file.match(KEPT_PATTERN):
            file.unlink() if file.is_file() else shutil.rmtree(file)
    write_atomically(folder / MARK, json.dumps({**asdict(checkpoint), "folder": folder.name}) + "\n")


def complete(out: Path) -> list[Checkpoint]:
    """The complete checkpoints of a run, in order of step; a folder without mark was cut off and does not count."""
    found = []
    for file in out.glob(f"checkpoint-*/{MARK}"):
        values = json.loads(file.read_text(encoding="utf-8"))
        found.append(Checkpoint(**{**values, "folder": str(file.parent)}))
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def clear(out: Path) -> None:
    """Remove every checkpoint and result of an earlier run in this folder."""
    for folder in out.glob("checkpoint-*"):
        shutil.rmtree(folder)
    for name in ("result.json", "progress.jsonl", "run.json"):
        (out / name).unlink(missing_ok=True)


def drop_incomplete(out: Path) -> None:
    """Remove checkpoint folders that a crash cut off."""
    for folder in out.glob("checkpoint-*"):
        if not (folder / MARK).is_file():
            shutil.rmtree(folder)


def drop_states(out: Path) -> None:
    """After a finished run: interim checkpoints go, and of the others everything but the adapter and the mark."""
    for checkpoint in complete(out):
        folder = Path(checkpoint.folder)
        if checkpoint.interim:
            shutil.rmtree(folder)
            continue
        for file in folder.iterdir():
            if file.name not in (KEPT[0], KEPT[1], MARK):
                file.unlink()
