"""The gate promotes a real gain and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from daemon.learning.run_folder import Outcome, RunResult, RunScores
from training.scoring.gate import (
    NO_LIKELIHOOD,
    LineCount,
    ReportScore,
    Verdict,
    decide,
    hold_to_starter,
    wilcoxon_greater,
)


def scores(
    gain: float = 0.0, *, count: int = 10, edits: float = 0.4, leaks=(), faults=(), wrong: int | None = 3
) -> list[ReportScore]:
    return [
        ReportScore(f"p{number}", -1.0 + gain * (1 + number / 10), edits, tuple(leaks), tuple(faults), wrong)
        for number in range(count)
    ]


def test_a_clear_gain_is_promoted() -> None:
    verdict = decide(scores(), scores(0.2, edits=0.3))
    assert verdict.outcome == "promoted"
    assert verdict.p_value == pytest.approx(1 / 1024)
    assert verdict.edits == pytest.approx((0.4, 0.3)) and verdict.selection == (30, 30)
    assert "40%から30%" in verdict.reasons[0]


def test_a_version_that_grew_silent_is_kept() -> None:
    """Which lines it tells may differ from those of the draft that was accepted, not how many."""

    def missing(found: list[ReportScore], *lines: int) -> list[ReportScore]:
        return [replace(score, missing=lines[number % len(lines)]) for number, score in enumerate(found)]

    verdict = decide(missing(scores(), 0), missing(scores(0.2), 1))
    assert verdict.outcome == "kept" and "10行少なく" in verdict.reasons[0]
    assert decide(missing(scores(), 0), missing(scores(0.2), -1, 0, 1)).outcome == "promoted"
    assert decide(missing(scores(), 1), missing(scores(0.2), 1)).outcome == "promoted", "no quieter than the champion"
    assert decide(missing(scores(), -1), missing(scores(0.2), 0)).outcome == "promoted", "what was deleted is missed"


@pytest.mark.parametrize(("changed", "outcome"), [(0, "abstained"), (4, "abstained"), (5, "promoted")])
def test_only_pairs_that_the_person_changed_tell_versions_apart(changed: int, outcome: str) -> None:
    def only(found: list[ReportScore]) -> list[ReportScore]:
        untouched = [replace(score, log_likelihood=None, edits=0.0, selection=None) for score in found[changed:]]
        return [*found[:changed], *untouched]

    verdict = decide(only(scores()), only(scores(0.2, edits=0.3)))
    assert verdict.outcome == outcome
    if changed < 5:
        assert f"直したものが{changed}件" in verdict.reasons[0]
    else:
        assert verdict.p_value == pytest.approx(1 / 32)


def test_the_same_model_twice_is_kept() -> None:
    verdict = decide(scores(), scores())
    assert verdict.outcome == "kept"
    assert verdict.p_value == 1.0


def test_one_new_leak_outweighs_every_gain() -> None:
    verdict = decide(scores(), scores(0.5, edits=0.1, leaks=["きなこ"]))
    assert verdict.outcome == "kept"
    assert verdict.new_leaks == 10
    assert "きなこ" not in "".join(verdict.reasons)


def test_an_old_leak_is_no_objection() -> None:
    assert decide(scores(leaks=["きなこ"]), scores(0.2, leaks=["きなこ"])).outcome == "promoted"


@pytest.mark.parametrize(
    ("change", "word"),
    [({"edits": 0.42}, "直す量"), ({"wrong": 4}, "選び違い"), ({"faults": ["style"]}, "検査")],
)
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
    old = [ReportScore(f"p-{n}", None if n > 7 else -1.0, 0.4) for n in range(12)]
    new = [ReportScore(f"p-{n}", None if n > 7 else -0.9 + n / 1000, 0.4) for n in range(12)]
    verdict = decide(old, new)
    assert (verdict.outcome, verdict.pairs, verdict.measured) == (Outcome.PROMOTED, 12, 8)
    assert verdict.p_value == pytest.approx(1 / 2**8)
    leaking = [*new[:11], ReportScore("p-11", None, 0.4, ("きなこ",))]
    assert decide(old, leaking).outcome is Outcome.KEPT


@pytest.mark.parametrize(
    "fewer, faults, outcome",
    [(0.1, (), Outcome.PROMOTED), (-0.1, (), Outcome.KEPT), (0.1, ("form",), Outcome.KEPT)],
)
def test_two_ways_of_writing_are_compared_by_their_reports(
    fewer: float, faults: tuple[str, ...], outcome: Outcome
) -> None:
    """A likelihood of one is held against none of the other."""
    old = [ReportScore(f"p-{n}", -1.0, 0.4) for n in range(9)]
    new = [ReportScore(f"p-{n}", None, 0.4 - fewer - n / 1000, (), faults) for n in range(9)]
    verdict = decide(old, new)
    assert (verdict.outcome, verdict.likelihood_gain, verdict.measured) == (outcome, None, 0)
    assert verdict.reasons[-1] == NO_LIKELIHOOD


def test_sentences_are_chosen_worse_only_beyond_chance() -> None:
    """One sentence more in one of ten diaries is noise; one more in each of them is not."""
    new = scores(0.2)
    once = [*new[:9], ReportScore("p9", -0.6, 0.4, (), (), 4)]
    assert decide(scores(), once).outcome is Outcome.PROMOTED
    assert decide(scores(), scores(0.2, wrong=None)).selection is None


PARENT = [6, 7, 5, 8, 6, 7, 6, 5]
UNTRUE = [2, 1, 3, 2, 2, 1, 3, 2]


def counted(true: list[int], untrue: list[int] = UNTRUE) -> list[LineCount]:
    return [LineCount(right, right + wrong) for right, wrong in zip(true, untrue, strict=True)]


def held(true: list[int], untrue: list[int] = UNTRUE) -> Verdict:
    """A version that gained on the person's pairs, and wrote these lines on the starter's days."""
    return hold_to_starter(decide(scores(), scores(0.2)), counted(PARENT), counted(true, untrue))


def test_a_version_that_forgot_the_starter_is_not_promoted_and_the_note_says_so() -> None:
    verdict = held([lines - 2 for lines in PARENT])
    assert verdict.outcome is Outcome.KEPT
    assert (
        "8件で、正しい行が50行から34行に減りました" in verdict.reasons[0] and "確かめられない" not in verdict.reasons[0]
    )
    assert verdict.remembered is not None and verdict.remembered.p_value < 0.05
    assert verdict.to_json()["remembered"]["parent"] == 50


@pytest.mark.parametrize("lines", [PARENT, [5, 8, 5, 8, 6, 7, 6, 5], [lines + 3 for lines in PARENT], [5, *PARENT[1:]]])
def test_noise_on_the_starters_days_is_no_objection(lines: list[int]) -> None:
    verdict = held(lines)
    assert verdict.outcome is Outcome.PROMOTED
    assert verdict.remembered is not None and verdict.remembered.lines == sum(lines)


def test_what_was_kept_stays_kept_whatever_it_remembers() -> None:
    verdict = hold_to_starter(decide(scores(), scores()), counted(PARENT), counted([0] * 8, [9] * 8))
    assert verdict.outcome is Outcome.KEPT and not any("見本" in reason for reason in verdict.reasons)


def test_a_version_that_writes_more_and_less_truly_is_not_promoted_and_the_note_says_so() -> None:
    """Many more true lines do not pay for it."""
    verdict = held([lines + 4 for lines in PARENT], [lines + 3 for lines in UNTRUE])
    assert verdict.outcome is Outcome.KEPT
    assert verdict.reasons[0] == (
        "nippo の見本の日記8件で、正しいと確かめられない行が16行から40行に増えました(p = 0.004。"
        "正しい行は50行から82行、全体に占める割合は75.8%から67.2%)。行が増えても正しさが下がったため、採用しません。"
    )
    assert "直す量" in verdict.reasons[1], "what was gained is told as well"
    known = verdict.remembered
    assert known is not None and (known.parent_written, known.written) == (66, 122)
    assert known.untrue_p_value == pytest.approx(1 / 2**8) and known.p_value == 1.0


@pytest.mark.parametrize(
    ("true", "untrue"),
    [
        ([lines * 3 for lines in PARENT], [lines * 2 for lines in UNTRUE]),  # more untrue lines, of many more
        (PARENT, [3, *UNTRUE[1:]]),  # a smaller share by one line of one day
        ([lines - 1 for lines in PARENT[:4]] + PARENT[4:], UNTRUE),  # a smaller share, as some true ones are missing
        (PARENT, [0] * 8),
    ],
)
def test_more_untrue_lines_or_a_smaller_share_alone_is_no_objection(true: list[int], untrue: list[int]) -> None:
    assert held(true, untrue).outcome is Outcome.PROMOTED


def test_both_objections_are_told() -> None:
    verdict = held([lines - 2 for lines in PARENT], [lines + 3 for lines in UNTRUE])
    assert verdict.outcome is Outcome.KEPT
    assert "減りました" in verdict.reasons[0] and "確かめられない行が16行から40行" in verdict.reasons[1]


def test_untrue_lines_are_more_than_none_and_none_is_written_untruly() -> None:
    nothing = [LineCount(0, 0)] * 8
    gained = decide(scores(), scores(0.2))
    assert hold_to_starter(gained, nothing, counted([1] * 8)).outcome is Outcome.KEPT
    assert hold_to_starter(gained, nothing, nothing).outcome is Outcome.PROMOTED


def test_the_figures_are_kept_and_those_of_an_earlier_run_are_read() -> None:
    """Nothing but a reader looks at them: in a version's ``meta.json`` and in ``weekly.json`` any figures will do."""
    figures = json.loads(json.dumps(held(PARENT).to_json()))
    assert figures["remembered"].items() >= {"parent": 50, "lines": 50, "parent_written": 66, "written": 66}.items()
    earlier = {**figures, "remembered": {"days": 8, "parent": 50, "lines": 34, "p_value": 0.01}}
    for verdict in (figures, earlier, {**figures, "remembered": None}):
        scores = RunScores.from_json({"step": 60, "outcome": "kept", "gate": verdict})
        result = RunResult.from_json({"outcome": "kept", "version": "v0.2", "verdict": verdict})
        assert scores is not None and result is not None and scores.gate == result.verdict == verdict
