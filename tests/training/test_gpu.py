"""Training on an NVIDIA GPU, with every loader: a small random model learns, stops, goes on and is exported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from daemon.learning.run_folder import losses_of, read_events
from tests.training.conftest import pair

pytestmark = pytest.mark.gpu

LOADERS = ("lean", "unsloth", "plain")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Qwen2 of 2 layers and width 256, in bfloat16, with the tiny model's tokenizer."""
    from bench.random_model import Shape, make_model
    from tests.tiny_model import make_tiny_model, vocabulary

    folder = tmp_path_factory.mktemp("small")
    tokenizer = make_tiny_model(folder / "tiny").hf
    make_model(folder / "model", Shape(2, 256, 512, 4, 2, len(vocabulary()[0]), tied=False, bits=16), tokenizer)
    return folder / "model"


def pairs_file(folder: Path) -> Path:
    file = folder / "pairs.jsonl"
    rows = [pair(number, "train" if number < 8 else "dev") for number in range(10)]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def train(base: Path, out: Path, loader: str, *more: str) -> tuple[int, dict[str, Any], str]:
    """A run in a process of its own (Unsloth patches transformers for good): exit code, result, what it said."""
    argv = [sys.executable, "-m", "training.train", "--pairs", str(pairs_file(out.parent)), "--out", str(out)]
    argv += ["--base", str(base), "--loader", loader, "--bits", "4", "--max-seq-length", "4096", "--warmup-steps", "0"]
    argv += ["--learning-rate", "5e-3", "--steps", "10", "20", *more]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "NIPPO_CACHE": str(out.parent / "cache")}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=280, env=environment)
    result = out / "result.json"
    values = json.loads(result.read_text(encoding="utf-8")) if result.is_file() else {}
    return done.returncode, values, done.stdout + done.stderr


@pytest.mark.parametrize("loader", LOADERS)
def test_a_run_learns_and_is_exported(small: Path, tmp_path: Path, loader: str) -> None:
    if loader == "unsloth":
        pytest.importorskip("unsloth")
    out = tmp_path / "run"
    code, result, said = train(small, out, loader)
    assert code == 0, said[-2000:]
    losses = list(losses_of(read_events(out))[0].values())
    assert len(losses) == 20
    assert sum(losses[-4:]) < 0.9 * sum(losses[:4])
    first, last = (checkpoint["dev_loss"] for checkpoint in result["checkpoints"])
    assert last < first
    assert 0 < result["peak_memory_bytes"] < 4 * 2**30
    version = tmp_path / "version"
    argv = [sys.executable, "-m", "training.export", str(out), "--out", str(version), "--name", "v1"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    (weights,) = version.rglob("adapter_model.safetensors")
    with safe_open(weights, "numpy") as file:
        assert len(list(file.keys())) == 2 * 7 * 2


def test_an_interrupted_lean_run_goes_on_to_the_same_end(small: Path, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    code, expected, said = train(small, whole, "lean")
    assert code == 0, said[-2000:]
    code, _, _ = train(small, cut, "lean", "--max-hours", "0.00001")
    assert code == 5  # time is up
    code, found, said = train(small, cut, "lean", "--resume")
    assert code == 0, said[-2000:]
    for one, other in zip(expected["checkpoints"], found["checkpoints"], strict=True):
        assert other["dev_loss"] == pytest.approx(one["dev_loss"], rel=0.02)


def test_lean_and_plain_learn_alike(small: Path, tmp_path: Path) -> None:
    curves = {}
    for loader in ("lean", "plain"):
        code, result, said = train(small, tmp_path / loader, loader)
        assert code == 0, said[-2000:]
        curves[loader] = [checkpoint["dev_loss"] for checkpoint in result["checkpoints"]]
    assert curves["lean"] == pytest.approx(curves["plain"], rel=0.05)
