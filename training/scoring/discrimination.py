"""How well a number tells true from false. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def area_under_curve(scores: Sequence[float], truths: Sequence[bool]) -> float | None:
    """The area under the ROC curve: the share of pairs of a true and a false one in which the true one has the higher
    score, ties counting half (Mann and Whitney 1947). None where all are true or all false."""
    ranked = sorted(zip(scores, truths, strict=True))
    true = sum(truths)
    false = len(ranked) - true
    if not true or not false:
        return None
    below, wins, at = 0, 0.0, 0
    while at < len(ranked):
        tied = at
        while tied < len(ranked) and ranked[tied][0] == ranked[at][0]:
            tied += 1
        trues = sum(truth for _, truth in ranked[at:tied])
        falses = tied - at - trues
        wins += trues * (below + falses / 2)
        below += falses
        at = tied
    return wins / (true * false)
