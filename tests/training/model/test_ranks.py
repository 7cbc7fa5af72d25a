"""Several processes train one adapter: they see what one would see, and stop together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.learning.run_folder import losses_of, read_events
from tests.tiny_model import TinyModel
from tests.training.conftest import MakePairs
from training.model.ranks import one_gpu
from training.train import main as train


@pytest.mark.parametrize(
    ("visible", "count", "wanted"),
    [(None, 1, "0"), ("2,3", 1, "2"), ("", 1, None), ("0,1", 2, None), ("GPU-1f", 1, "GPU-1f")],
)
def test_a_process_alone_takes_one_gpu(visible: str | None, count: int, wanted: str | None) -> None:
    assert one_gpu(visible, count) == wanted


def test_two_processes_train_as_one_does(tiny: TinyModel, make_pairs: MakePairs, tmp_path: Path) -> None:
    pairs = make_pairs(8, dev=2)
    rest = ["--pairs", str(pairs), "--base", str(tiny.hf), "--loader", "lean", "--steps", "2", "4"]
    rest += ["--learning-rate", "1e-2", "--warmup-steps", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    curves, results = [], []
    assert train(["--out", str(tmp_path / "one"), *rest]) == 0
    argv = [sys.executable, *launch, "-m", "training.train", "--out", str(tmp_path / "two"), *rest]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=200, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    for name in ("one", "two"):
        curves.append(list(losses_of(read_events(tmp_path / name))[0].values()))
        results.append(json.loads((tmp_path / name / "result.json").read_text(encoding="utf-8")))
    assert len(curves[0]) == 4
    assert curves[1] == pytest.approx(curves[0], abs=1e-3)
    one, two = ([checkpoint["dev_loss"] for checkpoint in result["checkpoints"]] for result in results)
    assert two == pytest.approx(one, abs=1e-3)
