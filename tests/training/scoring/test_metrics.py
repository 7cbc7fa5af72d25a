"""The figures of a report, checked by hand."""

from __future__ import annotations

import pytest

from daemon.checks import CheckSettings
from training.pairs.rows import Fact, parse_row
from training.scoring.metrics import chrf, facts_in, measure, private_in, summarise, table

LEAD = "本日は、以下の学習と課題を完了しました:"
ROW = parse_row(
    {
        "id": "a",
        "date": "2026-01-07",
        "diary": "きなこが鳴いた。Javaのテストを3問解いた。",
        "report": f"{LEAD}\n\n* Javaのテスト問題を3問解きました。",
        "private": ["きなこ"],
        "facts": [{"fact": "Java", "any_of": ["Java"]}, {"fact": "三問", "any_of": ["3問", "三問"]}],
    }
)


def test_a_good_report_has_good_figures() -> None:
    figures = measure(ROW, ROW.report or "", CheckSettings(), seconds=2.0)
    assert (figures.private, figures.leak, figures.facts_found, figures.facts) == (0, True, 2, 2)
    assert (figures.grounded, figures.style, figures.form, figures.copied, figures.length) == (
        True,
        1.0,
        True,
        True,
        True,
    )
    assert figures.chrf == pytest.approx(100.0)


def test_private_strings_are_found_in_any_width_and_case() -> None:
    assert private_in("ＫＩＮＡＫＯと学習", ["kinako", "カフェ"]) == ["kinako"]
    assert private_in("ｶﾌｪで学習", ["カフェ"]) == ["カフェ"]


def test_any_spelling_of_a_fact_counts_once() -> None:
    fact = Fact("x", ("3問", "三問"))
    assert facts_in("３問と三問", [fact, Fact("y", ("SQL",))]) == [fact]


def test_a_fault_of_style_costs_its_line() -> None:
    report = f"{LEAD}\n\n* Javaのテスト問題を3問解きました。\n* Javaを解いた。"
    assert measure(ROW, report, CheckSettings(), 1.0).style == pytest.approx(2 / 3)


def test_what_a_row_lacks_is_not_scored() -> None:
    bare = parse_row({"id": "b", "date": "2026-01-07", "diary": "Javaを3問。"})
    figures = measure(bare, "* Javaの問題を3問解きました。", CheckSettings(), 1.0)
    assert (figures.private, figures.facts, figures.chrf) == (None, None, None)
    summary = summarise([figures])
    assert (summary.private_rows, summary.recall, summary.chrf) == (None, None, None)
    assert "| - |" in table([("bare", summary)])


def test_recall_is_over_all_facts_and_counts_are_rows() -> None:
    good = measure(ROW, ROW.report or "", CheckSettings(), 1.0)
    bad = measure(ROW, f"{LEAD}\n\n* きなことPythonを学びました。", CheckSettings(), 3.0)
    summary = summarise([good, bad])
    assert summary.recall == pytest.approx(0.5)
    assert (summary.private_rows, summary.leak_rows, summary.invented_rows) == (1, 1, 1)
    assert summary.seconds == pytest.approx(2.0)


def test_chrf_lies_between_nothing_and_all() -> None:
    assert chrf("学習しました。", "学習しました。") == pytest.approx(100.0)
    assert chrf("abc", "学習しました。") == 0.0
    assert 10 < chrf("Javaを学習しました。", "SQLを学習しました。") < 95
