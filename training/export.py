"""A finished run becomes a version: bfloat16 adapter, cleaned settings, GGUF twin, card, and ``meta.json`` last.

Guarantees: the folder appears under its name only when complete; nothing in it holds a diary, and nothing names a path
of this machine unless the base model itself is a file or folder of the user's.

``python -m training.export RUN --out DIR`` makes the layout of ``data/models/<version>/`` and, with ``--no-twin``, of
``data/starter/adapter/``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import re
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import daemon.drafting.prompt
from daemon.errors import NippoError, TrainingError
from daemon.learning.run_folder import RECORD, TRAINED, RunRecord, RunScores, TrainingResult
from daemon.models.known import KNOWN
from daemon.system.files import only_for_this_user, private_folder
from daemon.versions.artifact import TWIN, Meta, Version, read_version, seal
from daemon.versions.gguf_twin import to_gguf
from daemon.words import tr
from training.model.base import ADAPTER_CONFIG, ADAPTER_FILE

LIBRARIES = ("torch", "transformers", "trl", "peft", "unsloth", "bitsandbytes")
CARD = "card.md"
MANNER = {"sentences": ", sentence by sentence, and judges its lines", "whole": " as a whole"}
UNSHIPPED = ("out", "pairs", "judged", "resume", "init_adapter", "base")
"""Entries of a run's settings that say where, not how."""


def export_adapter(source: Path, target: Path, base: str, architecture: str) -> None:
    """Copy a PEFT adapter into an existing folder: weights as bfloat16 under PEFT's usual names, settings that name the
    base by its reference. Raises ``TrainingError`` for an adapter that is not finite."""
    import torch
    from safetensors.torch import load_file, save_file

    weights = {}
    for name, weight in load_file(source / ADAPTER_FILE).items():
        if not torch.isfinite(weight).all():
            raise TrainingError(
                tr("{name}: holds numbers that are not finite", name=source.name),
                tr("Train again at a lower learning rate."),
            )
        weights[name] = weight.to(torch.bfloat16).contiguous()
    save_file(weights, target / ADAPTER_FILE, {"format": "pt"})
    config = json.loads((source / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    family = re.sub(r"ForCausalLM$", "", architecture).lower()
    config |= {
        "base_model_name_or_path": base,
        "inference_mode": True,
        "revision": None,
        "target_modules": sorted(config["target_modules"]),
        "auto_mapping": {
            "base_model_class": architecture,
            "parent_library": f"transformers.models.{family}.modeling_{family}",
        },
    }
    (target / ADAPTER_CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def export_version(
    source: Path, target: Path, meta: Meta, architecture: str, card: str, twin: bool = True, base: str = ""
) -> Version:
    """Given an adapter folder, make ``target`` a version; an existing folder of that name is replaced as a whole.

    ``architecture``: the base's class, such as "Qwen2ForCausalLM". ``base``: what the adapter's settings call the base,
    by default ``meta.base``; a local folder where that is no name that tells the architecture.
    """
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    private_folder(partial)
    export_adapter(source, partial, base or meta.base, architecture)
    if twin:
        to_gguf(partial, partial / TWIN, re.sub(r"ForCausalLM$", "", architecture).lower())
    (partial / CARD).write_text(card, encoding="utf-8")
    seal(partial, meta)
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)
    return read_version(target)


def meta_of(name: str, result: TrainingResult, record: RunRecord, scores: RunScores, now: datetime) -> Meta:
    """Given a run's result, record and scores (those of its checkpoints are added here), return the version's meta."""
    losses = tuple(replace(checkpoint, folder="") for checkpoint in result.checkpoints)
    settings = {key: value for key, value in record.spec.items() if key not in UNSHIPPED}
    settings |= {"max_seq_length": result.max_seq_length, "plan": result.plan.to_json()}
    return Meta(
        name=name,
        created=now.isoformat(timespec="seconds"),
        base=result.base.reference,
        base_sha256=result.base.sha256,
        corpus_sha256=result.corpus_sha256,
        pair_ids=result.pair_ids,
        settings=settings,
        scores=replace(scores, checkpoints=losses).to_json(),
        code=code_version(),
        libraries=library_versions(),
        method=result.method,
        prompt=result.prompt,
        habits=result.habits,
    )


def code_version() -> str:
    """nippo's version and a hash of the prompt's source: an adapter belongs to the prompt it was trained with."""
    source = Path(daemon.drafting.prompt.__file__).read_bytes()
    try:
        version = importlib.metadata.version("nippo")
    except importlib.metadata.PackageNotFoundError:
        version = "checkout"
    return f"nippo {version}, prompt {hashlib.sha256(source).hexdigest()[:12]}"


def library_versions() -> dict[str, str]:
    """The versions of the libraries that are installed here, of those that training uses."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def card_of(meta: Meta) -> str:
    """A card for people: what the version was made of, how, and with which result."""
    settings = dict(meta.settings.get("settings", {}))
    shown = ("rank", "alpha", "dropout", "learning_rate", "scheduler", "batch_size", "accumulation", "neftune_alpha")
    lines = [
        f"# {meta.name}",
        "",
        f"A LoRA adapter for {meta.base}: writes a daily report from a diary{MANNER[meta.method]}.",
        "",
        f"- base: {meta.base}, SHA-256 `{meta.base_sha256}`",
        f"- trained on {len(meta.pair_ids)} pairs, corpus `{meta.corpus_sha256[:16]}`",
        "- settings: " + ", ".join(f"{key} {settings[key]}" for key in shown if key in settings),
        f"- made {meta.created} by {meta.code}",
        "",
        "| step | loss | dev loss | judge |",
        "|---:|---:|---:|---:|",
    ]
    scores = RunScores.from_json(meta.scores) or RunScores()
    for checkpoint in scores.checkpoints:
        values = (checkpoint.loss, checkpoint.dev_loss, checkpoint.judge_auc)
        cells = " | ".join("-" if value is None else f"{value:.4f}" for value in values)
        lines.append(f"| {checkpoint.step} | {cells} |")
    return "\n".join(lines) + "\n"


def architecture_of(folder: str) -> str:
    """The model class that a base folder's ``config.json`` names."""
    return str(json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))["architectures"][0])


def main(arguments: list[str] | None = None) -> int:
    """``python -m training.export RUN --out DIR [--name v0.1] [--step N | --adapter DIR] [--scores FILE] …``."""
    command = argparse.ArgumentParser(prog="python -m training.export", description="Make a version of a finished run.")
    command.add_argument("run", type=Path, help=f"folder of the run (`{TRAINED}`, `{RECORD}`)")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--name", default="", help="the version's name; default: the folder's")
    source = command.add_mutually_exclusive_group()
    source.add_argument("--step", type=int, help="checkpoint; default: the best one")
    source.add_argument("--adapter", type=Path, metavar="DIR", help="another adapter of the run, such as an average")
    command.add_argument("--base", default="", help='what the base is called in the version, such as "starter"')
    command.add_argument("--architecture", default="", help="the base's class; default: read from the base's folder")
    command.add_argument("--scores", type=Path, metavar="FILE", help="JSON of training.scoring.evaluate --json")
    command.add_argument("--card", type=Path, metavar="FILE")
    command.add_argument("--no-twin", action="store_true", help="without the GGUF form (made at first use)")
    given = command.parse_args(arguments)
    try:
        result, record = TrainingResult.need(given.run / TRAINED), RunRecord.need(given.run / RECORD)
        step = given.step if given.step is not None else result.best
        adapter = given.adapter or given.run / f"checkpoint-{step}"
        evaluated = json.loads(given.scores.read_text(encoding="utf-8")) if given.scores else []
        scores = RunScores(
            step=None if given.adapter else step,
            evaluation=tuple({"model": one["model"], **one["summary"]} for one in evaluated),
        )
        if given.base:
            result = replace(result, base=replace(result.base, reference=given.base))
        meta = meta_of(given.name or given.out.name, result, record, scores, datetime.now(UTC))
        architecture = given.architecture or architecture_of(result.base.folder)
        card = given.card.read_text(encoding="utf-8") if given.card else card_of(meta)
        base = meta.base if given.base or meta.base in KNOWN or "/" in meta.base else result.base.folder
        version = export_version(adapter, given.out, meta, architecture, card, not given.no_twin, base)
    except NippoError as problem:
        print(problem, file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in version.path.iterdir())
    print(f"{version.name}: {version.path} ({size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    only_for_this_user()
    raise SystemExit(main())
