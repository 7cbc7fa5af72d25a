"""Many reports at once are the reports that one at a time gives, and their scores need no GPU."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.checks import CheckSettings
from daemon.config import Config
from daemon.engines.protocol import Draft, ModelIdentity, Sampling
from tests.tiny_model import TinyModel
from training.pairs.rows import parse_row, read_rows
from training.scoring import evaluate, generate
from training.scoring.generate import batches_of, read_drafts

MakePairs = Callable[..., Path]
LEAD = "本日は、以下の学習と課題を完了しました:"


@given(st.lists(st.integers(1, 4000), max_size=50), st.integers(1000, 20000), st.integers(1, 700))
def test_batches_hold_every_row_once_within_the_limit(lengths: list[int], most: int, answer: int) -> None:
    batches = batches_of(lengths, most, answer)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        widest = max(lengths[row] for row in batch) + answer
        assert len(batch) == 1 or len(batch) * widest <= most


def test_a_batch_gives_what_single_prompts_give(tiny: TinyModel) -> None:
    model, tokenizer = generate.load_for_generation(str(tiny.hf), [])
    prompts = [
        f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n" for text in ("Java", "SQLの授業。" * 9, "x")
    ]
    together = generate.generate(model, tokenizer, prompts, max_tokens=24)
    alone = [generate.generate(model, tokenizer, [prompt], max_tokens=24)[0] for prompt in prompts]
    assert [drafts[0].text for drafts in together] == [drafts[0].text for drafts in alone]
    assert [drafts[0].prompt_tokens for drafts in together] == [drafts[0].prompt_tokens for drafts in alone]


def test_drafts_are_written_for_the_base_and_each_adapter_and_scored(
    tiny: TinyModel, make_pairs: MakePairs, make_spec: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.fitting.checkpoints import folder_of
    from training.train import run

    pairs = make_pairs(3, dev=2)
    adapter = folder_of(run(make_spec(pairs, checkpoints=(2,))))
    drafts = tmp_path / "drafts.jsonl"
    config = tmp_path / "short.toml"
    config.write_text("[engine]\nmax_report_tokens = 32\n", encoding="utf-8")
    command = [
        str(pairs),
        "--split",
        "dev",
        "--base",
        str(tiny.hf),
        "--adapter",
        str(adapter),
        "--bare",
        "--samples",
        "3",
    ]
    assert generate.main([*command, "--out", str(drafts), "--config", str(config)]) == 0
    found = read_drafts(drafts)
    assert [(one.adapter, one.id, len(one.drafts)) for one in found] == [
        ("", "p-03", 3),
        ("", "p-04", 3),
        ("run/checkpoint-2", "p-03", 3),
        ("run/checkpoint-2", "p-04", 3),
    ]
    out = tmp_path / "scored"
    capsys.readouterr()
    scored = [str(pairs), "--split", "dev", "--drafts-file", str(drafts), "--out", str(out), "--json"]
    assert evaluate.main(scored) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [(one["model"], one["summary"]["rows"]) for one in figures] == [("", 2), ("run/checkpoint-2", 2)]
    assert sorted(file.name for file in (out / "run_checkpoint-2").iterdir()) == [
        "p-03.md",
        "p-04.md",
        "scores.jsonl",
        "table.md",
    ]


def test_drafts_for_other_rows_are_refused(make_pairs: MakePairs, tmp_path: Path) -> None:
    drafts = tmp_path / "drafts.jsonl"
    line = {
        "id": "other",
        "adapter": "",
        "drafts": [{"text": "x", "prompt_tokens": 1, "generated_tokens": 1, "seconds": 1}],
    }
    drafts.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert evaluate.main([str(make_pairs(1)), "--drafts-file", str(drafts)]) == 2


ROW = parse_row(
    {
        "id": "a",
        "date": "2026-01-07",
        "diary": "きなこが鳴いた。Javaのテストを3問解いた。",
        "private": ["きなこ"],
        "facts": [],
    }
)
LEAKY = Draft(f"{LEAD}\n\n* きなこと過ごしました。\n* Javaのテストを3問解きました。", 10, 10, 1.0)
GOOD = Draft(f"{LEAD}\n\n* Javaのテスト問題を3問解きました。", 10, 10, 2.0)


def test_of_drafts_the_clean_one_is_chosen_and_only_looked_at_ones_cost() -> None:
    settings = CheckSettings()
    chosen = evaluate.from_drafts(ROW, [LEAKY, GOOD, GOOD], settings, raw=False, most=4)
    assert (chosen.text, chosen.questions, chosen.seconds) == (GOOD.text, 2, 3.0)
    repaired = evaluate.from_drafts(ROW, [LEAKY, GOOD], settings, raw=False, most=1)
    assert "きなこ" not in repaired.text
    assert repaired.warnings
    assert evaluate.from_drafts(ROW, [LEAKY, GOOD], settings, raw=True, most=4).text == LEAKY.text


class FakeEngine:
    """Answers with the drafts of a queue; remembers the samplings it was asked for."""

    identity = ModelIdentity("fake-1", "fake", "fake")
    context_tokens = 8192

    def __init__(self, *drafts: Draft) -> None:
        self.queue = list(drafts)
        self.asked: list[Sampling] = []

    def count_tokens(self, text: str) -> int:
        return len(text)

    def generate(self, messages: Any, samplings: Sequence[Sampling], on_text: Any = None) -> Iterator[Draft]:
        for sampling in samplings:
            self.asked.append(sampling)
            yield self.queue.pop(0)

    def close(self) -> None:
        self.queue.clear()


def test_an_engine_is_asked_as_the_daemon_asks_it() -> None:
    checked = list(evaluate.write_with_engine(FakeEngine(LEAKY, GOOD), [ROW], Config(), raw=False))
    assert checked[0].text == GOOD.text
    assert checked[0].questions == 2
    engine = FakeEngine(LEAKY, GOOD)
    raw = list(evaluate.write_with_engine(engine, [ROW], Config(), raw=True))
    assert raw[0].text == LEAKY.text
    assert [sampling.temperature for sampling in engine.asked] == [0.0]


def test_a_report_file_holds_the_report_alone(make_pairs: MakePairs, tmp_path: Path) -> None:
    row = replace(read_rows([make_pairs(1)])[0], id="../a b")
    evaluation = evaluate.evaluate("m", [evaluate.WrittenReport(row, GOOD.text, 1.0)], Config())
    evaluate.write_folder(evaluation, tmp_path / "out", Config())
    assert (tmp_path / "out" / "_a_b.md").read_text(encoding="utf-8") == GOOD.text + "\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["_a_b.md", "scores.jsonl", "table.md"]
