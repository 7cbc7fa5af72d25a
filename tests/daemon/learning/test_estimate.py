"""The estimate before the first training meets what was measured, is a range elsewhere, and asks before it starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import daemon.system.hardware
from daemon.cli import app
from daemon.config import Config
from daemon.config.report_form import ReportSettings
from daemon.errors import UsageError
from daemon.learning.estimate import expect, parameters_of, size_of, tflops_of, words
from daemon.system.hardware import Gpu
from daemon.system.shipped import starter_folder
from tests.conftest import MakeConfig, MakeVault

DAY_TOKENS = 1216.0
H100 = Gpu("NVIDIA H100 80GB HBM3", 81_559, "580.1", 9.0)


def test_the_measured_card_lies_within_its_own_range() -> None:
    found = expect(14.8, 4096, 4096, 240 * 4, H100, 2)
    assert found.minutes[0] < 240 * 3.45 / 60 + 1 < found.minutes[1]
    assert found.memory[0] == pytest.approx(11.2)


def test_the_measured_processor_lies_within_its_own_range() -> None:
    found = expect(0.49, 700, 4096, 3, None, 2)
    assert found.minutes[0] < 1.0 < found.minutes[1]


def test_days_by_sentence_were_measured_too() -> None:
    """The starter on its own corpus: 734 steps of four days took five minutes on an H200."""
    found = expect(1.54, DAY_TOKENS, 4096, 734 * 4, Gpu("NVIDIA H200", 143_771, "580.1", 9.0), 16)
    assert found.minutes[0] < 5.0 < found.minutes[1]


def test_a_day_of_the_corpus_has_the_tokens_that_the_encoding_gives_it() -> None:
    """1,216 is the mean of every fifteenth day by the starter's tokenizer, 125 of them for judged lines."""
    found = size_of(starter_folder() / "corpus.jsonl", ReportSettings(), 4096)
    assert found.days and found.tokens == pytest.approx(DAY_TOKENS, rel=0.1)
    assert found.dev_tokens == pytest.approx(60 * DAY_TOKENS, rel=0.4)


def test_a_long_day_is_read_again_for_each_pack(tmp_path: Path) -> None:
    row = {"id": "a", "diary": "あ" * 1000, "sentences": [["い" * 100, ["* う"]]] * 10}
    (tmp_path / "corpus.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "judged.jsonl").write_text(json.dumps({"id": "a", "lines": [["え" * 400, "T"]]}), encoding="utf-8")
    (wide, tight) = (size_of(tmp_path / "corpus.jsonl", ReportSettings(), limit).tokens for limit in (9000, 1500))
    assert tight > wide + 680
    (tmp_path / "judged.jsonl").unlink()
    fewer = size_of(tmp_path / "corpus.jsonl", ReportSettings(), 9000)
    assert fewer.tokens == pytest.approx(wide - 0.68 * 407 - 8, abs=2)


def test_what_is_only_measured_on_takes_its_share() -> None:
    alone, beside = (expect(1.54, 1200, 4096, 24, None, 2, measured) for measured in (0.0, 24 * 1200 * 3.0))
    assert beside.minutes[0] == pytest.approx(2 * alone.minutes[0])


@pytest.mark.parametrize(
    ("name", "memory", "rate"),
    [("NVIDIA GeForce RTX 4070 Ti SUPER", 16_376, 88), ("NVIDIA GeForce RTX 4060 Ti", 16_380, 44),
     ("NVIDIA GeForce RTX 3060", 12_288, 25)],
)  # fmt: skip
def test_home_cards_take_longer_and_get_a_range(name: str, memory: int, rate: float) -> None:
    assert tflops_of(name) == rate
    gpu = Gpu(name, memory, "580.1", 8.9)
    mine, fast = (expect(14.8, 1000, 2048, 960, card, 2) for card in (gpu, H100))
    assert mine.minutes[0] > 4 * (fast.minutes[0] - 1) and mine.minutes[1] > 2 * mine.minutes[0]
    assert "not measured" in words(mine, gpu)[0]


def test_too_small_and_unknown_cards_are_said_to_be_so() -> None:
    small = Gpu("NVIDIA GeForce RTX 3070", 8_192, "580.1", 8.6)
    assert "that will not do" in words(expect(14.8, 1000, 4096, 960, small, 2), small)[1]
    tight = Gpu("NVIDIA GeForce RTX 3060", 12_288, "580.1", 8.6)
    assert "may not do" in words(expect(14.8, 1000, 4096, 960, tight, 2), tight)[1]
    odd = Gpu("Graphics Device", 24_000, "580.1", 8.6)
    found = expect(7.6, 1000, 4096, 960, odd, 2)
    assert "not known" in found.basis and found.minutes[1] > 3 * found.minutes[0]


@pytest.mark.parametrize(
    ("reference", "size"),
    [("starter", 1.54), ("unsloth/Qwen2.5-14B-Instruct-bnb-4bit", 14),
     ("Qwen/Qwen2.5-0.5B", 0.5), ("me/mine-4bit", None)],
)  # fmt: skip
def test_the_size_is_read_from_the_name(reference: str, size: float | None) -> None:
    assert parameters_of(reference) == size


def test_the_size_of_a_folder_is_read_from_its_shape(tmp_path: Path) -> None:
    shape = {"hidden_size": 5120, "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8}
    (tmp_path / "config.json").write_text(json.dumps({**shape, "intermediate_size": 13824, "vocab_size": 152064}))
    assert parameters_of(str(tmp_path)) == pytest.approx(14.77, abs=0.05)


def test_only_train_rows_count_and_none_is_longer_than_the_limit(tmp_path: Path) -> None:
    rows = [{"diary": "あ" * 9000, "report": "い"}, {"diary": "あ", "report": "い", "split": "dev"}]
    file = tmp_path / "corpus.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert size_of(file, ReportSettings(), 2048).tokens == 2048


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(daemon.system.hardware, "probe", lambda: (H100,))
    return make_config(make_vault(), data={"folder": str(tmp_path / "data")})


def test_without_a_terminal_and_without_yes_nothing_starts(config: Config) -> None:
    done = CliRunner().invoke(app, ["train", "--starter-corpus", "--config", str(config.file)])
    assert isinstance(done.exception, UsageError) and "--yes" in done.exception.next_step
    assert "estimate" in done.output and "240 steps, 960 days" in done.output
    assert not (config.data_path / "runs").exists()


def test_yes_starts_on_the_corpus_that_ships(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    import daemon.commands.train

    calls: list[list[str]] = []
    monkeypatch.setattr(daemon.commands.train, "need_training", lambda: None)
    monkeypatch.setattr(daemon.commands.train, "call", lambda argv: (calls.append(argv), (0, []))[1])
    done = CliRunner().invoke(app, ["train", "--starter-corpus", "--yes", "--config", str(config.file)])
    assert done.exit_code == 0, done.output
    assert calls[0][calls[0].index("--pairs") + 1].endswith("corpus.jsonl")
    assert [argv[2] for argv in calls] == ["training.train", "training.export"]
    assert "nippo promote v0.1" in done.output
