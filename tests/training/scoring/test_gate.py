"""The gate promotes a real gain and nothing else."""

from __future__ import annotations

import pytest

from daemon.learning.run_folder import Outcome
from training.scoring.gate import NO_LIKELIHOOD, ReportScore, decide, wilcoxon_greater


def scores(gain: float = 0.0, *, count: int = 10, chrf: float = 50.0, leaks=(), faults=()) -> list[ReportScore]:
    return [
        ReportScore(f"p{number}", -1.0 + gain * (1 + number / 10), chrf, tuple(leaks), tuple(faults))
        for number in range(count)
    ]


def test_a_clear_gain_is_promoted() -> None:
    verdict = decide(scores(), scores(0.2, chrf=55.0))
    assert verdict.outcome == "promoted"
    assert verdict.p_value == pytest.approx(1 / 1024)
    assert verdict.chrf_gain == pytest.approx(5.0)


def test_the_same_model_twice_is_kept() -> None:
    verdict = decide(scores(), scores())
    assert verdict.outcome == "kept"
    assert verdict.p_value == 1.0


def test_one_new_leak_outweighs_every_gain() -> None:
    verdict = decide(scores(), scores(0.5, chrf=80.0, leaks=["きなこ"]))
    assert verdict.outcome == "kept"
    assert verdict.new_leaks == 10
    assert "きなこ" not in "".join(verdict.reasons)


def test_an_old_leak_is_no_objection() -> None:
    assert decide(scores(leaks=["きなこ"]), scores(0.2, leaks=["きなこ"])).outcome == "promoted"


@pytest.mark.parametrize(("change", "word"), [({"chrf": 40.0}, "chrF"), ({"faults": ["style"]}, "検査")])
def test_a_gain_paid_for_elsewhere_is_kept(change: dict, word: str) -> None:
    verdict = decide(scores(), scores(0.2, **change))
    assert verdict.outcome == "kept"
    assert any(word in reason for reason in verdict.reasons)


def test_too_few_pairs_abstain() -> None:
    verdict = decide(scores(count=7), scores(0.9, count=7))
    assert verdict.outcome == "abstained"
    assert "7件" in verdict.reasons[0]


def test_scores_of_other_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="different pairs"):
        decide(scores(count=8), scores(count=9))


def test_wilcoxon_matches_the_sign_count_by_hand() -> None:
    # Eight positive differences: the most extreme of 2**8 sign patterns.
    assert wilcoxon_greater([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]) == pytest.approx(1 / 256)
    assert wilcoxon_greater([-0.1, -0.2, -0.3]) == pytest.approx(1.0)


def test_pairs_without_a_likelihood_count_by_their_reports_alone() -> None:
    old = [ReportScore(f"p-{n}", None if n > 7 else -1.0, 50.0) for n in range(12)]
    new = [ReportScore(f"p-{n}", None if n > 7 else -0.9 + n / 1000, 50.0) for n in range(12)]
    verdict = decide(old, new)
    assert (verdict.outcome, verdict.pairs, verdict.measured) == (Outcome.PROMOTED, 12, 8)
    assert verdict.p_value == pytest.approx(1 / 2**8)
    leaking = [*new[:11], ReportScore("p-11", None, 50.0, ("きなこ",))]
    assert decide(old, leaking).outcome is Outcome.KEPT


@pytest.mark.parametrize(
    "chrf_gain, faults, outcome",
    [(2.0, (), Outcome.PROMOTED), (-0.1, (), Outcome.KEPT), (2.0, ("form",), Outcome.KEPT)],
)
def test_two_ways_of_writing_are_compared_by_their_reports(
    chrf_gain: float, faults: tuple[str, ...], outcome: Outcome
) -> None:
    """A likelihood of one is held against none of the other."""
    old = [ReportScore(f"p-{n}", -1.0, 50.0) for n in range(9)]
    new = [ReportScore(f"p-{n}", None, 50.0 + chrf_gain + n / 1000, (), faults) for n in range(9)]
    verdict = decide(old, new)
    assert (verdict.outcome, verdict.likelihood_gain, verdict.measured) == (outcome, None, 0)
    assert verdict.reasons[-1] == NO_LIKELIHOOD
