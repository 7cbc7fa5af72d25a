"""The page of a run tells what happened, why, and shows before and after; the figures behind it are right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.learning.edit_distance import edit_distance, weekly_medians
from daemon.learning.run_folder import Checkpoint, EventKind, ProgressEvent, losses_of
from tests.conftest import MakeVault
from tests.tiny_model import TinyModel
from training.pairs.day_encoding import encode_day, one_by_one
from training.pairs.days import day_of
from training.pairs.encoding import Example, encode_rows
from training.pairs.rows import Row
from training.scoring.gate import LineCount, ReportScore, decide, hold_to_starter
from training.scoring.likelihood import log_likelihoods
from training.weekly.curves import draw_edits, draw_losses
from training.weekly.verdict import Comparison, Page, SentenceChange, render


def page(outcome_gain: float, pairs: int = 9) -> Page:
    old = [ReportScore(f"p-{n}", -1.0, 0.4, (), ("form",), 4) for n in range(pairs)]
    new = [ReportScore(f"p-{n}", -1.0 + outcome_gain + n / 1000, 0.25, (), (), 3) for n in range(pairs)]
    return Page(
        name="2026-W47",
        old="v0.1",
        new="v0.2",
        verdict=decide(old, new),
        notes=("時間切れのため、途中のチェックポイントで判定しました。",),
        checkpoints=(Checkpoint(60, loss=1.25, dev_loss=0.9), Checkpoint(120, loss=0.8)),
        best=60,
        examples=(Comparison("2026-11-03", "* 前\n* 二行目", "* 後", "* 提出"),),
        minutes=12.34,
        counts={"学習に使った日報": 20},
        settings={"base": "starter", "rank": 16},
        edits=((date(2026, 11, 2), 40.0), (date(2026, 11, 9), 12.5)),
        pictures=(("損失", "loss.png"),),
    )


def test_a_promotion_tells_why_and_how_to_go_back() -> None:
    text = render(page(0.2))
    assert "# 新しい版 v0.2 を採用しました" in text and "nippo rollback" in text
    assert "| 60 | 1.2500 | 0.9000 | ★ |" in text and "| 120 | 0.8000 | - |  |" in text
    assert "> [!quote] 今の版\n> * 前\n> * 二行目\n" in text
    assert "![[2026-W47-loss.png]]" in text
    assert "| 検査の指摘(今の版 → 新しい版) | 9件 → 0件 |" in text
    assert "| 提出文のうち直す量(今の版 → 新しい版) | 40.0% → 25.0% |" in text
    assert "| 文の選び違い(今の版 → 新しい版) | 36文 → 27文 |" in text and "見本の日記" not in text
    assert "| 2026-11-09 | 12.5 |" in text and "| かかった時間 | 12.3分 |" in text


def test_sentences_that_both_versions_told_differently_stand_in_the_place_of_whole_reports() -> None:
    lines = ("* SQLを解きました。", "* 復習しました。")
    change = SentenceChange("2026-11-03", "SQLを解いた。", (), lines, ("* SQLを解きました。",))
    told = render(replace(page(0.2), changes=(change,)))
    assert "## 文ごとの違い" in told and "## 前と後" not in told
    assert (
        "> [!quote] 2026-11-03 SQLを解いた。\n> - 今の版: なし\n> - 新しい版: SQLを解きました。 / 復習しました。\n"
        "> - 提出した文: SQLを解きました。\n" in told
    )


def test_what_is_remembered_of_the_starter_is_told() -> None:
    shown = page(0.2)
    parent = [LineCount(6, 8)] * 8
    told = render(replace(shown, verdict=hold_to_starter(shown.verdict, parent, [LineCount(4, 6)] * 8)))
    assert "# 今の版 v0.1 を使い続けます" in told and "忘れたため、採用しません" in told
    assert "| 見本の日記8件での正しい行/全行(元の版 → 新しい版) | 48/64行 → 32/48行 |" in told
    well = render(replace(shown, verdict=hold_to_starter(shown.verdict, parent, [LineCount(7, 9)] * 8)))
    assert "# 新しい版 v0.2 を採用しました" in well and "(元の版 → 新しい版) | 48/64行 → 56/72行 |" in well


def test_lines_that_taught_nothing_are_listed() -> None:
    told = render(replace(page(0.2), untraced=(("2026-11-18", "面接の練習をした。", "日記に見当たりません"),)))
    assert "## 追跡できなかった行" in told and "- 2026-11-18: 面接の練習をした。(日記に見当たりません)" in told
    assert "追跡できなかった行" not in render(page(0.2))


def test_a_kept_and_an_abstained_run_say_so() -> None:
    kept = render(page(-0.2))
    assert "# 今の版 v0.1 を使い続けます" in kept and "nippo promote v0.2" in kept
    abstained = render(page(0.2, pairs=3))
    assert "判定を見送り" in abstained and "3件しかなく" in abstained


@pytest.mark.parametrize(
    "left, right, distance", [("", "", 0), ("日報", "", 2), ("日報です", "日記です。", 2), ("ab", "ba", 2)]
)
def test_the_edit_distance_counts_characters(left: str, right: str, distance: int) -> None:
    assert edit_distance(left, right) == distance


def test_the_weekly_median_is_of_the_weeks_own_reports() -> None:
    days = [(date(2026, 11, 2), 10), (date(2026, 11, 8), 30), (date(2026, 11, 9), 7)]
    assert weekly_medians(days) == [(date(2026, 11, 2), 20.0), (date(2026, 11, 9), 7.0)]


def test_a_resumed_step_is_drawn_once(tmp_path: Path) -> None:
    events = [
        ProgressEvent(EventKind.STEP, step=1, loss=2.0),
        ProgressEvent(EventKind.STEP, step=2, loss=1.5),
        ProgressEvent(EventKind.STEP, step=2, loss=1.4),
        ProgressEvent(EventKind.CHECKPOINT, step=2, dev_loss=1.1),
        ProgressEvent(EventKind.MESSAGE, text="x"),
    ]
    train, dev = losses_of(events)
    assert (train, dev) == ({1: 2.0, 2: 1.4}, {2: 1.1})
    draw_losses(tmp_path / "loss.png", train, dev)
    draw_edits(tmp_path / "edits.png", [(date(2026, 11, 2), 40.0), (date(2026, 11, 9), 12.0)])
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in ("loss.png", "edits.png"))


def test_the_likelihood_is_that_of_the_models_own_probabilities(tiny: TinyModel, make_vault: MakeVault) -> None:
    """Against a softmax over the whole vocabulary, token by token."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    rows = [Row("a", "2026-01-07", "Javaを学んだ。", "* Java"), Row("b", "2026-01-08", "SQL", "* SQLを学びました。")]
    config = Config()
    found = log_likelihoods(str(tiny.hf), [None], rows, config)[0]
    model = AutoModelForCausalLM.from_pretrained(tiny.hf, dtype=torch.float32).eval()
    examples = encode_rows(AutoTokenizer.from_pretrained(tiny.hf), rows, config.report, config.privacy)
    for figure, example in zip(found, examples, strict=True):
        with torch.inference_mode():
            logits = model(torch.tensor([example.input_ids])).logits[0].log_softmax(-1)
        picked = [float(logits[at - 1, label]) for at, label in enumerate(example.labels) if label != -100]
        assert figure == pytest.approx(sum(picked) / len(picked), abs=1e-4)


def test_by_sentence_it_is_that_of_the_persons_own_answers(tiny: TinyModel, make_vault: MakeVault) -> None:
    """Every question alone behind its diary, against the diary evaluated once; judged lines and weights do not count,
    nor what a draft said and was let stand, and a row without labels has no figure."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    diary, lines = "Javaを学んだ。ねむい一日だった。SQLも学んだ。", ("* Javaを学びました。",)
    sentences = (("Javaを学んだ。", lines), ("ねむい一日だった。", ()), ("SQLも学んだ。", None))
    labelled = Row("a", "2026-01-07", diary, "* Java", sentences=sentences)
    rows = [
        labelled,
        replace(labelled, id="b", weight=0.5, judged=(("* 卒業しました。", "F", 1.0),)),
        replace(labelled, id="c", sentences=tuple((text, None) for text, _ in sentences)),
        replace(labelled, id="d", sentences=None),
        replace(labelled, id="e", own=()),
        replace(labelled, id="f", own=(1,)),
    ]
    config = Config()
    found = log_likelihoods(str(tiny.hf), [None], rows, config, by_sentence=True)[0]
    model = AutoModelForCausalLM.from_pretrained(tiny.hf, dtype=torch.float32).eval()
    day = day_of(labelled)
    assert day is not None
    encoded = encode_day(AutoTokenizer.from_pretrained(tiny.hf), day, config.privacy)
    assert [one.sentence for one in encoded.questions] == [0, 1]

    def likely(example: Example) -> list[float]:
        with torch.inference_mode():
            logits = model(torch.tensor([example.input_ids])).logits[0].log_softmax(-1)
        return [float(logits[at - 1, label]) for at, label in enumerate(example.labels) if label != -100]

    both, silent = (
        one_by_one([replace(encoded, questions=asked)], 0) for asked in (encoded.questions, encoded.questions[1:])
    )
    picked = [value for example in both for value in likely(example)]
    assert found[0] == pytest.approx(sum(picked) / len(picked), abs=1e-4)
    (nothing,) = silent
    assert found[5] == pytest.approx(sum(likely(nothing)) / len(likely(nothing)), abs=1e-4)
    assert found[1:5] == [pytest.approx(found[0]), None, None, None]
