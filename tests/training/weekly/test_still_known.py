"""Before a version is promoted, it and its parent write starter days; one that forgot them stays behind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.checks import CheckSettings
from daemon.config import Config
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.learning.run_folder import Outcome
from daemon.versions.artifact import Meta, Version
from training.fitting.progress import Progress
from training.pairs.rows import Row
from training.scoring.gate import LineCount, ReportScore, decide
from training.scoring.judge import Contender, Judged
from training.weekly import starter
from training.weekly.page import changed_sentences
from training.weekly.starter import DAYS, QUICK, starter_days, still_known
from training.weekly.week import Week

ROW = Row("c-1", "2025-05-08", "SQLを解いた。", "* SQL。", (), (), "dev", sentences=(("SQLを解いた。", ("* SQL。",)),))
CORPUS = [replace(ROW, id=f"c-{number}") for number in range(40)]
GAIN = decide(
    [ReportScore(f"p-{n}", -1.0, 0.4) for n in range(9)], [ReportScore(f"p-{n}", -0.8 + n / 99, 0.3) for n in range(9)]
)


@pytest.fixture
def week(tmp_path: Path) -> Week:
    return Week(Config(), tmp_path, Progress(None, 0), time.monotonic())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The starter is there and writes five true lines a day and one other; the new version as ``asked`` says."""
    found: dict[str, Any] = {"lines": 5, "untrue": 1}

    def remembered_lines(
        config: Config, reference: str, who: Sequence[Contender], days: Sequence[Row], bits: int
    ) -> Any:
        found["days"], found["who"] = [*found.get("days", []), *days], who
        new = LineCount(found["lines"], found["lines"] + found["untrue"])
        return [[LineCount(5, 6)] * len(days), [new] * len(days)]

    meta = Meta("starter-2", "", "starter", "", "", (), method="sentences")
    monkeypatch.setattr(starter, "starter_version", lambda *_: Version("starter-2", Path("/starter"), meta))
    monkeypatch.setattr(starter, "starter_corpus", lambda: CORPUS)
    monkeypatch.setattr(starter, "remembered_lines", remembered_lines)
    return found


NEW = Contender(Path("/new"), "sentences")


@pytest.mark.parametrize(("quick", "count"), [(QUICK, 2 * DAYS), (0.0, DAYS)])
@pytest.mark.parametrize(
    ("lines", "untrue", "outcome"),
    [(5, 1, Outcome.PROMOTED), (6, 1, Outcome.PROMOTED), (3, 1, Outcome.KEPT), (9, 4, Outcome.KEPT)],
)
def test_a_version_that_forgot_or_writes_less_truly_is_not_promoted(
    week: Week,
    asked: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    lines: int,
    untrue: int,
    outcome: Outcome,
    quick: float,
    count: int,
) -> None:
    """Where days are written quickly it is held to twice as many."""
    monkeypatch.setattr(starter, "QUICK", quick)
    asked["lines"], asked["untrue"] = lines, untrue
    measured_on = [row.id for row in CORPUS[:16]]
    verdict = still_known(week, GAIN, NEW, measured_on, 16)
    assert verdict.outcome is outcome and verdict.remembered is not None
    assert (verdict.remembered.parent, verdict.remembered.lines) == (5 * count, lines * count)
    assert (verdict.remembered.parent_written, verdict.remembered.written) == (6 * count, (lines + untrue) * count)
    assert len({row.id for row in asked["days"]}) == len(asked["days"]) == count
    assert [one.adapter for one in asked["who"]] == [Path("/starter"), Path("/new")]
    assert not {row.id for row in asked["days"]} & set(measured_on), "days that no checkpoint was chosen by"


def test_nothing_is_written_for_a_version_that_stays_behind_anyway_or_writes_whole_reports(
    week: Week, asked: dict[str, Any]
) -> None:
    kept = replace(GAIN, outcome=Outcome.KEPT)
    assert still_known(week, kept, NEW, (), 16) == kept
    assert still_known(week, GAIN, Contender(Path("/new"), "whole"), (), 16) == GAIN
    assert "days" not in asked


def test_days_that_a_checkpoint_was_chosen_by_come_last() -> None:
    measured_on = {row.id for row in CORPUS[:30]}
    found = [row.id for row in starter_days(CORPUS, measured_on, 1)]
    assert sorted(found) == sorted(row.id for row in CORPUS) and set(found[10:]) == measured_on
    assert found == [row.id for row in starter_days(CORPUS, measured_on, 1)]
    assert found != [row.id for row in starter_days(CORPUS, measured_on, 2)]


def test_few_dev_days_are_used_again_and_days_without_labels_never() -> None:
    few = [*CORPUS[:5], replace(CORPUS[5], sentences=None), replace(CORPUS[6], split="train")]
    assert {row.id for row in starter_days(few, ["c-0", "c-1"], 1)} == {f"c-{number}" for number in range(5)}


def record(*lines: str) -> DayRecord:
    sentences = ("SQLを解いた。", "きなこさんと帰った。", "Javaを読んだ。")
    kept = [(LineRecord(line, 0.9, True),) if line else () for line in lines]
    return DayRecord(
        "v", tuple(SentenceRecord(text, 1, 0, 1, 0.1, told) for text, told in zip(sentences, kept, strict=True))
    )


def test_the_note_shows_a_sentence_of_each_day_first_and_quotes_no_private_one() -> None:
    diary = "SQLを解いた。きなこさんと帰った。Javaを読んだ。"
    rows = [Row(f"p-{day}", f"2026-11-0{day}", diary, "* 日報。") for day in (1, 2, 3)]
    before, after = record("", "", ""), record("* SQL。", "* 帰りました。", "* Java。")
    both = [Judged((), ("",) * 3, (one,) * 3) for one in (before, after)]
    shown = changed_sentences(rows, both, {"p-1"}, CheckSettings(Config().privacy))
    assert [(one.day[-1], one.sentence) for one in shown] == [
        ("1", "SQLを解いた。"), ("3", "SQLを解いた。"), ("2", "SQLを解いた。"),
    ]  # fmt: skip
    one_day = [replace(one, records=one.records[:1]) for one in both]
    alone, other = changed_sentences(rows[:1], one_day, (), CheckSettings(Config().privacy))
    assert (alone.sentence, other.sentence, other.after) == ("SQLを解いた。", "Javaを読んだ。", ("* Java。",))
