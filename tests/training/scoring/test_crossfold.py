"""With few pairs every pair is judged once, by a model that was trained without it; or the run abstains and says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config
from daemon.drafting.record import DayRecord
from daemon.learning.run_folder import Base, Checkpoint, MachinePlan, TrainingResult
from tests.training.pairs.test_pair_choice import CORPUS, pairs_of
from training.fitting.progress import Progress
from training.pairs.pair_choice import gather
from training.pairs.rows import Row
from training.scoring import crossfold
from training.scoring.crossfold import cross_validate
from training.scoring.gate import ReportScore, Verdict, decide
from training.scoring.judge import Contender, Judged
from training.weekly.week import Week

BASE = Base("starter", "/base", "0" * 64)
RESULT = TrainingResult(seconds=60.0, best=4, checkpoints=(Checkpoint(4),), plan=MachinePlan(bits=16))
Trial = Callable[..., Verdict]


def judged(rows: Sequence[Row], gain: float) -> list[Judged]:
    """A challenger that is better by ``gain`` and a little more for every row."""
    return [scored(rows, 0.0), scored(rows, gain)]


def scored(rows: Sequence[Row], gain: float) -> Judged:
    """A contender that is better than the champion by ``gain``, for some rows by a little more."""
    scores = [ReportScore(row.id, -1.0 + gain * (1 + len(row.id) / 1000), 0.4) for row in rows]
    return Judged(tuple(scores), ("",) * len(rows), (DayRecord(),) * len(rows))


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    def run(count: int, gain: float = 0.1, hours: float = 1.0, a_report: float = 0.0, unchanged: int = 0) -> Verdict:
        held = {f"p-{number}" for number in range(count // 2)}
        material = gather(pairs_of(count), held, CORPUS, Config(), by_sentence=False)
        rows = (*material.held_out, *(row for row in material.rows if row.id in material.own))
        untouched = {row.id for row in rows[:unchanged]}
        held_out, rows = (
            tuple(replace(row, own=()) if row.id in untouched else row for row in part)
            for part in (material.held_out, material.rows)
        )
        material = replace(material, held_out=held_out, rows=rows)
        config = Config()
        training = config.training.model_copy(update={"max_hours": hours})
        config = config.model_copy(update={"training": training})
        week = Week(config, tmp_path, Progress(None, 0), time.monotonic())

        def train_on(week: Week, out: Path, rows: Sequence[Row], *_: object) -> TrainingResult:
            out.mkdir(parents=True)
            trained.append({row.id for row in rows})
            return RESULT

        def judge(_: Config, base: Base, reference: str, contenders: Sequence[Contender], rows: Any, *more: Any) -> Any:
            (contender,) = contenders
            ids = {row.id for row in rows}
            assert not ids & held
            if contender.adapter is None:
                assert ids == set(material.own), "the champion writes all of them in one go"
                return [scored(rows, 0.0)]
            seen.append(ids)
            assert not ids & trained[-1], "judged by a model that knows it"
            return [scored(rows, gain)]

        trained: list[set[str]] = []
        seen: list[set[str]] = []
        monkeypatch.setattr(crossfold, "train_on", train_on)
        monkeypatch.setattr(crossfold, "judge", judge)
        both = judged(material.held_out, gain)
        abstained = decide(both[0].scores, both[1].scores)
        assert abstained.outcome == "abstained"
        verdict = cross_validate(week, material, None, BASE, None, both, RESULT, abstained, a_report)
        if trained:
            assert set().union(*seen) == set(material.own) and sum(map(len, seen)) == len(material.own)
            assert not any(group & held for group in trained), "the gate's pairs are never trained on"
            assert list((tmp_path / "folds").iterdir()) == []
        return verdict

    return run


def test_a_real_gain_on_few_pairs_is_promoted(trial: Trial) -> None:
    verdict = trial(14)
    assert verdict.outcome == "promoted" and verdict.pairs == 14
    assert "4分割の交差検証で14件" in verdict.reasons[0]


def test_no_gain_is_kept(trial: Trial) -> None:
    assert trial(14, gain=-0.1).outcome == "kept"


def test_without_the_time_it_abstains_and_says_so(trial: Trial) -> None:
    verdict = trial(14, hours=0.05)
    assert verdict.outcome == "abstained"
    assert any("制限時間" in reason for reason in verdict.reasons)


def test_it_keeps_no_machine_for_longer_than_a_night(trial: Trial) -> None:
    verdict = trial(14, hours=12.0, a_report=1600.0)
    assert verdict.outcome == "abstained" and "一晩" in verdict.reasons[-1]
    assert trial(14, hours=12.0, a_report=1500.0).outcome == "promoted"


def test_judging_takes_its_time_too(trial: Trial) -> None:
    """Four trainings of a minute fit into an hour; seven reports of ten minutes each do not."""
    assert trial(14, a_report=600.0).outcome == "abstained"


def test_too_few_pairs_altogether_abstain(trial: Trial) -> None:
    assert trial(7).outcome == "abstained"


def test_too_few_changed_pairs_altogether_are_not_worth_four_trainings(trial: Trial) -> None:
    assert trial(14, unchanged=10).outcome == "abstained"
    assert trial(14, unchanged=9).outcome == "promoted"
