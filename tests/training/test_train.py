"""Whole runs on a tiny model: what is saved, what a stop and a resume do, what happens when memory runs out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import training.train
from daemon.errors import TrainingError, TrainingOutOfMemory, UsageError
from daemon.learning.run_folder import Checkpoint, Ending, EventKind, read_events
from training.fitting.checkpoints import best_of, complete, folder_of
from training.fitting.progress import Progress
from training.fitting.spec import TrainSpec
from training.train import main, run

MakePairs = Callable[..., Path]
MakeSpec = Callable[..., TrainSpec]


def weights(folder: Path | str) -> dict[str, torch.Tensor]:
    return load_file(Path(folder) / "adapter_model.safetensors")


def same(one: Path | str, other: Path | str) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_keeps_the_named_steps_and_learns(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    spec = make_spec(make_pairs(6, dev=2), checkpoints=(4, 12), batch_size=2, accumulation=2)
    result = run(spec)
    assert result.exit is Ending.OK
    assert [checkpoint.step for checkpoint in result.checkpoints] == [4, 12]
    first, last = (checkpoint.dev_loss or 0.0 for checkpoint in result.checkpoints)
    assert 0 < last < first
    assert result.best == 12
    assert result.pair_ids == tuple(f"p-{number:02}" for number in range(6))
    events = read_events(spec.out)
    assert [event.step for event in events if event.event is EventKind.STEP] == list(range(1, 13))
    assert events[-1].event is EventKind.MESSAGE


def test_held_out_rows_are_not_trained_on(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    with_dev = run(make_spec(make_pairs(4, dev=3, name="a.jsonl"), "a", checkpoints=(3,)))
    without = run(make_spec(make_pairs(4, dev=0, name="b.jsonl"), "b", checkpoints=(3,)))
    assert same(folder_of(with_dev), folder_of(without))
    assert without.checkpoints[0].dev_loss is None


def test_accumulating_four_rows_is_a_batch_of_four(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    """The rows differ in length, so a mean of means, or a loss scaled once too often, would show."""
    pairs = make_pairs(4)
    changes = {"checkpoints": (1,), "order": "given", "optimizer": "sgd", "scheduler": "constant", "max_grad_norm": 0.0}
    together = run(make_spec(pairs, "together", batch_size=4, accumulation=1, **changes))
    apart = run(make_spec(pairs, "apart", batch_size=1, accumulation=4, **changes))
    one, other = weights(folder_of(together)), weights(folder_of(apart))
    moved = [name for name in one if "lora_B" in name]
    assert moved and all(one[name].abs().max() > 0 for name in moved)
    for name in moved:
        torch.testing.assert_close(one[name], other[name], rtol=1e-3, atol=1e-7)


def test_a_resumed_run_ends_where_the_whole_one_does(
    make_pairs: MakePairs, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = make_pairs(5)
    changes: dict[str, Any] = {"checkpoints": (3, 8), "batch_size": 2, "dropout": 0.1, "scheduler": "cosine"}
    whole = run(make_spec(pairs, "whole", **changes))
    spec = make_spec(pairs, "broken", **changes)
    heard = Progress.step

    def stop_after_five(self: Progress, step: int, loss: float, rate: float) -> None:
        heard(self, step, loss, rate)
        if step == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Progress, "step", stop_after_five)
        stopped = run(spec)
    assert stopped.exit is Ending.STOPPED
    assert complete(spec.out)[0].step == 3
    assert 5 <= complete(spec.out)[-1].step < 8
    resumed = run(replace(spec, resume=True))
    assert resumed.exit is Ending.OK
    assert [checkpoint.step for checkpoint in resumed.checkpoints] == [3, 8]
    assert same(folder_of(whole, 8), folder_of(resumed, 8))


def test_another_run_is_not_resumed(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    pairs = make_pairs(3)
    run(make_spec(pairs, checkpoints=(1,)))
    with pytest.raises(UsageError, match="other settings or pairs"):
        run(make_spec(pairs, checkpoints=(2,), resume=True))


def test_a_checkpoint_that_was_cut_off_does_not_count(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    spec = make_spec(make_pairs(3), checkpoints=(2, 4))
    whole = run(spec)
    (spec.out / "checkpoint-4" / "nippo.json").unlink()
    again = run(replace(spec, resume=True))
    assert [checkpoint.step for checkpoint in again.checkpoints] == [2, 4]
    assert again.best == whole.best


def test_out_of_memory_halves_the_sequence_length_once(
    make_pairs: MakePairs, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attempt = training.train.load_model
    asked: list[int] = []

    def too_large(base: Any, spec: Any, plan: Any) -> Any:
        asked.append(spec.settings.max_seq_length)
        if len(asked) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return attempt(base, spec, plan)

    monkeypatch.setattr(training.train, "load_model", too_large)
    result = run(make_spec(make_pairs(3), checkpoints=(1,), max_seq_length=4096))
    assert asked == [4096, 2048]
    assert result.max_seq_length == 2048
    assert "out of memory at 4096 tokens: starting again with 2048" in capsys.readouterr().err


def test_out_of_memory_twice_is_an_error_with_a_remedy(
    make_pairs: MakePairs, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(training.train, "load_model", too_large)
    with pytest.raises(TrainingOutOfMemory, match="even with 2048 tokens"):
        run(make_spec(make_pairs(3), checkpoints=(1,), max_seq_length=4096))


def test_rows_that_are_all_too_long_are_an_error(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    with pytest.raises(TrainingError, match="longer than the sequence length"):
        run(make_spec(make_pairs(3), checkpoints=(1,), max_seq_length=128))


def test_training_goes_on_from_another_adapter(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    pairs = make_pairs(6, dev=2)
    first = run(make_spec(pairs, "first", checkpoints=(8,), rank=2, alpha=4))
    second = run(
        make_spec(pairs, "second", checkpoints=(1,), rank=8, learning_rate=1e-6, init_adapter=folder_of(first))
    )
    config = json.loads((folder_of(second) / "adapter_config.json").read_text(encoding="utf-8"))
    assert (config["r"], config["lora_alpha"]) == (2, 4)
    assert second.checkpoints[0].dev_loss == pytest.approx(first.checkpoints[0].dev_loss, abs=1e-3)


def test_the_best_checkpoint_has_the_lowest_dev_loss() -> None:
    found = (Checkpoint(60, "a", 1.0, 0.9), Checkpoint(120, "b", 0.5, 0.8), Checkpoint(180, "c", 0.1, 0.95))
    assert best_of(found) == 120
    assert best_of((Checkpoint(60, "a", 1.0), Checkpoint(120, "b", 2.0))) == 120
    assert best_of((Checkpoint(7, "a", interim=True),)) is None


def test_the_process_stops_on_sigterm_and_finishes_on_resume(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    spec = make_spec(make_pairs(4), "process")
    command = [sys.executable, "-m", "training.train", "--base", spec.base, "--pairs", str(spec.pairs[0])]
    command += ["--out", str(spec.out), "--steps", "2", "4000", "--accumulation", "1", "--max-hours", "0.5"]
    process = subprocess.Popen(
        command, cwd=Path(training.train.__file__).parent.parent, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (spec.out / "checkpoint-2" / "nippo.json").is_file() and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == Ending.STOPPED
    result = json.loads((spec.out / "result.json").read_text(encoding="utf-8"))
    assert result["exit"] == "stopped"
    assert result["checkpoints"][-1]["interim"]


def test_wrong_usage_has_its_own_exit_code(
    make_pairs: MakePairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--pairs", str(make_pairs(1)), "--out", str(tmp_path / "x"), "--rank", "0"])
    assert code == Ending.USAGE
    assert "--rank" in capsys.readouterr().err
    assert main(["--pairs", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "x")]) == Ending.FAILED
