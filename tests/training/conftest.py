"""Tiny pairs and runs on the tiny model: everything of training but the size."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.config import TrainingSettings
from tests.tiny_model import TinyModel
from training.fitting.spec import TrainSpec

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a tiny model gains nothing by threads, and waits for them when busy

MakePairs = Callable[..., Path]
MakeSpec = Callable[..., TrainSpec]


def pair(number: int, split: str = "train") -> dict[str, Any]:
    """Corpus row ``number``: a short diary with a private name and one fact, and its report."""
    subject = ("Java", "SQL", "HTML", "Linux")[number % 4]
    return {
        "id": f"p-{number:02}",
        "date": f"2026-01-{number + 1:02}",
        "diary": f"{subject}の授業。{number + 2}問解いた。" + "楽しかった。" * (number % 3),
        "report": f"* {subject}の問題を{number + 2}問解きました。",
        "private": ["きなこ"],
        "facts": [{"fact": "subject", "any_of": [subject]}],
        "split": split,
    }


@pytest.fixture
def make_pairs(tmp_path: Path) -> MakePairs:
    """``make_pairs(6, dev=2)`` → a JSONL file of six rows to train on and two held-out ones."""

    def make(train: int = 6, dev: int = 0, name: str = "pairs.jsonl") -> Path:
        rows = [pair(number, "train" if number < train else "dev") for number in range(train + dev)]
        file = tmp_path / name
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return file

    return make


@pytest.fixture
def make_spec(tiny: TinyModel, tmp_path: Path) -> MakeSpec:
    """``make_spec(pairs, "run", checkpoints=(2, 4), order="given")``: settings and fields of ``TrainSpec`` by name."""

    def make(pairs: Path, out: str = "run", **values: Any) -> TrainSpec:
        settings = {"rank": 4, "alpha": 8, "learning_rate": 1e-2, "warmup_steps": 0, "accumulation": 1}
        settings |= {name: values.pop(name) for name in list(values) if name in TrainingSettings.model_fields}
        spec = TrainSpec(str(tiny.hf), (pairs,), tmp_path / out, settings=TrainingSettings(**settings))
        return replace(spec, **values)

    return make
