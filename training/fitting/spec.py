"""What one training run is asked to do: a frozen value, made from the settings file and the command line."""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from daemon.config import PrivacySettings, TrainingSettings, load
from daemon.config.report_form import ReportSettings
from daemon.errors import UsageError
from daemon.words import tr
from training.pairs.day_encoding import JUDGE_WEIGHT

Loader = Literal["auto", "plain", "unsloth", "lean"]
Rows = Literal["auto", "sentences", "reports"]


@dataclass(frozen=True)
class TrainSpec:
    """One run. ``out`` receives ``checkpoint-N/``, ``progress.jsonl`` and, last, ``result.json``.

    ``epochs`` set: the last of ``settings.checkpoints`` moves to so many epochs, the others lie at equal distances.
    ``loader``: "unsloth" (CUDA only), "plain" (transformers + peft), "lean" (see ``training.model.lean``), "auto".
    ``bits``: 4 (bnb NF4), 16, 0 = 4 on a GPU except under plain. ``dtype``: "auto", "bfloat16" or "float32" of
    the weights in memory. ``gpu_memory``: GiB that lean plans with, 0 = those that are free.
    ``rows``: what is learned, "sentences" (a line of each sentence, and judging) or "reports" (the whole at once);
    "auto": sentences where any row has them. ``judged``: files of judged lines, None: those beside the pairs;
    ``judge_weight``: how much a judged line's letter counts, 0 = they are left out. ``own_share``: of the days of a
    step so many are accepted ones, 0 = as they come.
    """

    base: str
    pairs: tuple[Path, ...]
    out: Path
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    report: ReportSettings = field(default_factory=ReportSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    epochs: float = 0.0
    evaluations: int = 4
    order: Literal["random", "grouped", "given"] = "random"
    rslora: bool = False
    init_adapter: Path | None = None
    resume: bool = False
    loader: Loader = "auto"
    bits: Literal[0, 4, 16] = 0
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    gpu_memory: float = 0.0
    max_grad_norm: float = 1.0
    all_rows: bool = False
    rows: Rows = "auto"
    judged: tuple[Path, ...] | None = None
    judge_weight: float = JUDGE_WEIGHT
    own_share: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """All settings as JSON values, without the private word lists (they may name people)."""
        values = {key: value for key, value in asdict_shallow(self).items() if key != "privacy"}
        values.update(settings=self.settings.model_dump(mode="json"), report=self.report.model_dump(mode="json"))
        return {key: _plain(value) for key, value in values.items()}

    def digest(self) -> str:
        """A hash of everything that decides the result; a run may be resumed only under the same one."""
        values = {key: value for key, value in self.to_json().items() if key not in ("out", "resume", "gpu_memory")}
        values["privacy"] = self.privacy.model_dump(mode="json")
        values["settings"] = {
            key: value
            for key, value in values["settings"].items()
            if not key.startswith("max_") or key == "max_seq_length"
        }
        return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def asdict_shallow(spec: TrainSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def parser() -> argparse.ArgumentParser:
    """The command line of ``python -m training.train``; a setting that is not named comes from the settings file."""
    command = argparse.ArgumentParser(prog="python -m training.train", description="Fine-tune a LoRA adapter on pairs.")
    command.add_argument("--pairs", type=Path, nargs="+", required=True, metavar="FILE", help="JSONL files of pairs")
    command.add_argument("--out", type=Path, required=True, help="folder of the run")
    command.add_argument("--rows", choices=("auto", "sentences", "reports"), default="auto", help="what is learned")
    command.add_argument(
        "--judged", type=Path, nargs="*", metavar="FILE", help="files of judged lines; default: those beside the pairs"
    )
    command.add_argument("--judge-weight", type=float, default=JUDGE_WEIGHT, help="0 leaves judged lines out")
    command.add_argument("--own-share", type=float, default=0.0, help="of the days of a step so many are accepted ones")
    command.add_argument("--base", help='"starter", a GGUF file, a local folder or a hub id')
    command.add_argument("--config", type=Path, help="settings file")
    command.add_argument("--resume", action="store_true", help="go on from the last checkpoint of --out")
    command.add_argument(
        "--init-adapter", type=Path, metavar="DIR", help="start from this adapter; its rank and alpha hold"
    )
    amount = command.add_mutually_exclusive_group()
    amount.add_argument("--steps", type=int, nargs="+", metavar="N", help="checkpoints; the last ends the run")
    amount.add_argument("--epochs", type=float, default=0.0)
    command.add_argument("--evaluations", type=int, default=4, help="with --epochs: so many checkpoints")
    for name, kind in SETTINGS.items():
        command.add_argument(f"--{name.replace('_', '-')}", type=kind, default=None)
    command.add_argument("--order", choices=("random", "grouped", "given"), default="random")
    command.add_argument("--rslora", action="store_true", help="scale by alpha / sqrt(rank)")
    command.add_argument("--loader", choices=("auto", "lean", "plain", "unsloth"), default="auto")
    command.add_argument("--bits", type=int, choices=(0, 4, 16), default=0)
    command.add_argument("--dtype", choices=("auto", "bfloat16", "float32"), default="auto")
    command.add_argument("--gradient-checkpointing", choices=("auto", "on", "off"), default="auto")
    command.add_argument("--gpu-memory", type=float, default=0.0, metavar="GIB", help="lean: 0 = what is free")
    command.add_argument("--max-grad-norm", type=float, default=1.0)
    command.add_argument("--all-rows", action="store_true", help="train on the dev rows too (no dev loss)")
    return command


SETTINGS: dict[str, type] = {
    "max_seq_length": int,
    "rank": int,
    "alpha": int,
    "dropout": float,
    "batch_size": int,
    "accumulation": int,
    "learning_rate": float,
    "scheduler": str,
    "warmup_steps": int,
    "weight_decay": float,
    "optimizer": str,
    "neftune_alpha": float,
    "random_state": int,
    "max_hours": float,
}


def spec_from(arguments: list[str]) -> TrainSpec:
    """Given the command line, return the run; raise ``UsageError`` for values that the settings do not allow."""
    given = parser().parse_args(arguments)
    config = load(given.config)
    changes = {name: getattr(given, name) for name in SETTINGS if getattr(given, name) is not None}
    if given.steps:
        changes["checkpoints"] = tuple(given.steps)
    try:
        settings = TrainingSettings(**{**config.training.model_dump(), **changes})
    except ValidationError as problem:
        lines = [f"--{error['loc'][0]}: {error['msg']}, got {error['input']!r}" for error in problem.errors()]
        raise UsageError("\n".join(lines), tr("See --help.")) from None
    if given.epochs < 0 or given.evaluations < 1:
        raise UsageError(tr("--epochs and --evaluations are positive numbers"), tr("See --help."))
    if given.judge_weight < 0:
        raise UsageError(tr("--judge-weight is a number of 0 or more"), tr("See --help."))
    if not 0 <= given.own_share <= 1:
        raise UsageError(tr("--own-share is a number from 0 to 1"), tr("See --help."))
    return TrainSpec(
        base=given.base or settings.base or config.engine.model,
        pairs=tuple(given.pairs),
        out=given.out,
        settings=settings,
        report=config.report,
        privacy=config.privacy,
        epochs=given.epochs,
        evaluations=given.evaluations,
        order=given.order,
        rslora=given.rslora,
        init_adapter=given.init_adapter,
        resume=given.resume,
        loader=given.loader,
        bits=given.bits,
        dtype=given.dtype,
        gradient_checkpointing=given.gradient_checkpointing,
        gpu_memory=given.gpu_memory,
        max_grad_norm=given.max_grad_norm,
        all_rows=given.all_rows,
        rows=given.rows,
        judged=None if given.judged is None else tuple(given.judged),
        judge_weight=given.judge_weight,
        own_share=given.own_share,
    )
