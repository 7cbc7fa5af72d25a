"""The GPU bench on a CPU: its table, its comparison of curves, a random model that loads, one training cell."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from bench.gpu import read_results, table
from bench.gpu_decoding import generation_times
from bench.gpu_figures import Sheet
from bench.gpu_reports import days_of_twenty, measure_reports
from bench.gpu_reports_table import reports_table
from bench.gpu_training import corpus_days, corpus_rows, fixed_rows, measure_training
from bench.multigpu import compared, step_seconds
from bench.random_model import Shape, make_model
from daemon.learning.run_folder import EventKind, ProgressEvent
from daemon.system.shipped import starter_folder
from tests.tiny_model import TinyModel, vocabulary
from training.pairs.encoding import IGNORED


def test_the_table_tells_what_was_measured_and_what_failed(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    lines = [
        ("train:trl", "whole_seconds", 600.0),
        ("train:lean", "whole_seconds", 300.0),
        ("train:lean", "peak_4096", {"reserved": 10.25, "allocated": 9.5}),
        ("train:unsloth", "failed", "exit code 1: boom"),
        ("decode:ours", "failed", "not done after 9 s"),
        ("decode:ours", "tokens_per_second_1", 60.5),
        ("decode:ours", "done", 30.0),
    ]
    file.write_text(
        "".join(json.dumps(dict(zip(("cell", "key", "value"), line, strict=True))) + "\n" for line in lines)
    )
    text = table(read_results(file), [4096], 240, 20)
    ours = next(line for line in text.splitlines() if line.startswith("| ours | - |"))
    assert "10.2 (9.5)" in ours and "| 5.0 | 2.00 |" in ours
    assert "failed: exit code 1: boom" in text and "60.5" in text
    assert "not done after 9 s" not in text, "it was run again"


def test_curves_are_compared_step_by_step() -> None:
    one = {"processes": 1, "losses": [2.0, 1.0], "step_seconds": 0.4, "dev_loss": 1.0}
    two = {"processes": 2, "losses": [2.0, 1.01], "step_seconds": 0.2, "dev_loss": 1.0}
    found = compared(one, two)
    assert abs(found["greatest_difference"] - 0.01) < 1e-9 and found["speed_up"] == 2.0
    assert step_seconds([ProgressEvent(EventKind.STEP, elapsed=at) for at in (9.0, 9.5, 10.0, 10.5, 11.0)]) == 0.5
    assert step_seconds([]) is None


def test_a_rate_is_that_of_the_tokens_after_the_prompt() -> None:
    import time

    _, rate = generation_times(lambda tokens: time.sleep(0.05 + tokens * 0.002), 50)
    assert 350 < rate < 550


def tiny_shape(**values: int) -> Shape:
    return Shape(**{"layers": 2, "hidden": 64, "intermediate": 128, "heads": 4, "kv_heads": 2, "bits": 16, **values})


def test_a_random_model_loads_and_never_ends_an_answer(tiny: TinyModel, tmp_path: Path) -> None:
    shape = tiny_shape(vocabulary=len(vocabulary()[0]))
    make_model(tmp_path / "model", shape, tiny.hf)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    output = model.generate(
        input_ids=torch.tensor([[5, 6, 7]]), attention_mask=torch.ones(1, 3, dtype=torch.long), max_new_tokens=40
    )
    assert output.shape == (1, 43)
    assert not model.get_output_embeddings().weight[tokenizer.eos_token_id].any()
    assert len(load_file(tmp_path / "model" / "adapter" / "adapter_model.safetensors")) == 2 * 7 * 2
    assert json.loads((tmp_path / "model" / "shape.json").read_text())["hidden"] == 64


def test_fixed_rows_have_their_length_and_share_of_labels() -> None:
    row, other = fixed_rows(64, 2)
    assert len(row.input_ids) == 64 and sum(label != IGNORED for label in row.labels) == 16
    assert row.input_ids[0] != other.input_ids[0]


@pytest.mark.parametrize(("kind", "days", "each"), [("lean", False, 4), ("lean", True, 4), ("trl", True, 80)])
def test_a_training_cell_measures(tiny: TinyModel, tmp_path: Path, kind: str, days: bool, each: int) -> None:
    """Each loader's step sees the same four days: as four packs, or question by question."""
    make_model(tmp_path / "model", tiny_shape(vocabulary=len(vocabulary()[0])), tiny.hf)
    corpus = tmp_path / "corpus.jsonl"
    lines = (starter_folder() / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    corpus.write_text("\n".join(lines[:8]) + "\n", encoding="utf-8")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert corpus_rows(tokenizer, corpus, 100_000)
    given = argparse.Namespace(
        kind=kind,
        days=days,
        step_days=4,
        model=tmp_path / "model",
        out=tmp_path,
        corpus=corpus,
        lengths=[64, 3000 if days else 2400],  # the longest of these corpus rows has 2,331 tokens
        steps=2,
        timed=1,
        whole=240,
    )
    assert len(corpus_days(tokenizer, corpus, 3000)) == 8
    measure_training(given, Sheet(tmp_path / "results.jsonl", "train:lean"))
    found = read_results(tmp_path / "results.jsonl")["train:lean"]
    assert found["examples_a_step"] == pytest.approx(each, rel=0.5)
    assert found["whole_seconds"] > 0 and found["step_seconds_64"] > 0
    assert len(found["corpus_losses"]) == 2


def test_the_table_of_reports_holds_each_way_against_the_old_one() -> None:
    results = {
        "reports:four": {"day_0": {"seconds": 6.0, "tokens": 600}, "day_1": {"seconds": 10.0, "tokens": 600}},
        "reports:sentences": {
            "first": {"seconds": 3.0},
            "day_0": {"seconds": 1.0, "with_again": 2.0, "tokens": 150},
            "report_peak": {"reserved": 11.0, "allocated": 10.5},
            "at_once": 20,
        },
        "reports:plain": {"failed": "not done after 240 s"},
    }
    text = reports_table(results)
    ours = next(line for line in text.splitlines() if line.startswith("| ours, by sentence |"))
    assert "| 1.00 | 8.00 | 2.00 | 4.00 | 150 | 3.00 |" in ours and "| 20 | 11.0 (10.5) |" in ours
    assert "| transformers + PEFT, one whole draft | failed |" in text and "failed: not done after 240 s" in text
    assert "Medians of 2 labelled days" in text


def test_days_of_twenty_sentences_are_found_in_the_corpus() -> None:
    days = days_of_twenty(starter_folder() / "corpus.jsonl", 6)
    assert len({day.id for day in days}) == 6 and all(len(day.answers) == 20 for day in days)
    assert all(sum(map(bool, day.answers.values())) >= 6 and day.report for day in days)


@pytest.mark.parametrize("kind", ["plain", "four", "sentences-12"])
def test_a_cell_of_reports_measures(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Each way writes the reference's tokens: four times the report, once, or the sentences' own lines."""
    make_model(tmp_path / "model", tiny_shape(vocabulary=len(vocabulary()[0])), tiny.hf)
    (first, second) = days_of_twenty(starter_folder() / "corpus.jsonl", 2)
    short = [
        replace(day, report=day.report[:20], prepared=day.prepared[:100], answers=dict(list(day.answers.items())[:9]))
        for day in (first, second)
    ]
    monkeypatch.setattr("bench.gpu_reports.days_of_twenty", lambda corpus, count: short[:count])
    given = argparse.Namespace(
        kind=kind, model=tmp_path / "model", out=tmp_path, corpus=tmp_path, report_days=1, context=8192
    )
    measure_reports(given, Sheet(tmp_path / "results.jsonl", f"reports:{kind}"))
    found = read_results(tmp_path / "results.jsonl")[f"reports:{kind}"]
    day = found["day_0"]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")

    def size(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False)["input_ids"]) + 1

    if kind == "sentences-12":
        lines = [answer for answer in short[1].answers.values() if answer]
        assert day["tokens"] == sum(map(size, lines))
        assert day["lines"] == sum(len(answer.split("\n")) for answer in lines)
        assert day["with_again"] > day["seconds"] > 0 and found["at_once"] > 4
    else:
        assert day["tokens"] == size(short[1].report) * (4 if kind == "four" else 1)
