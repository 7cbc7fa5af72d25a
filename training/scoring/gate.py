"""Challenger against champion on the same held-out pairs: promote, keep or abstain. Pure: numbers in, verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from daemon.learning.run_folder import Outcome
from training.pairs.holdout import MINIMUM

ALPHA = 0.05
CHRF_TOLERANCE = 0.5
"""chrF points (0-100) that the mean may fall: below what one changed word in one of eight short reports moves it."""

NO_LIKELIHOOD = "書きやすさ(対数尤度)は比べられないため、書いた日報だけで判定しました。"


@dataclass(frozen=True)
class ReportScore:
    """How one model did on one held-out pair.

    ``log_likelihood``: mean log-probability per token of what was accepted, in nats; None where no answer about the
    pair's sentences is known, or where the two models write in different ways, so that their figures are of different
    texts. ``leaks``: the private terms found in the report. ``faults``: names of the other checks that failed.
    ``chrf``: against the accepted text, 0-100.
    """

    pair_id: str
    log_likelihood: float | None
    chrf: float
    leaks: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The decision with its reasons (Japanese, for the note) and the numbers behind it. ``measured``: on so many of the
    pairs likelihoods were compared; on none, ``p_value`` is that of the reports' chrF."""

    outcome: Outcome
    reasons: tuple[str, ...]
    pairs: int
    p_value: float | None = None
    likelihood_gain: float | None = None
    chrf_gain: float | None = None
    new_leaks: int = 0
    champion_faults: int = 0
    challenger_faults: int = 0
    measured: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def wilcoxon_greater(gains: Sequence[float]) -> float:
    """One-sided p of the Wilcoxon signed-rank test that the median of the paired differences is above zero.

    Zero differences are dropped (Wilcoxon 1945); all zero gives 1.0. scipy computes the exact distribution for small n.
    """
    from scipy.stats import wilcoxon

    nonzero = [gain for gain in gains if gain]
    if not nonzero:
        return 1.0
    return float(wilcoxon(nonzero, alternative="greater").pvalue)


def decide(champion: Sequence[ReportScore], challenger: Sequence[ReportScore]) -> Verdict:
    """Given both models' scores for the same pairs in the same order, return the verdict.

    Raises ValueError when the pairs differ. Fewer than ``MINIMUM`` pairs: abstain, the champion stays. Pairs without a
    likelihood count by their reports alone; where no pair has one, it is the chrF that must have risen beyond chance.
    """
    if [score.pair_id for score in champion] != [score.pair_id for score in challenger]:
        raise ValueError("champion and challenger were scored on different pairs")
    count = len(champion)
    if count < MINIMUM:
        reason = f"判定用に取り分けた日報が{count}件しかなく、比較には{MINIMUM}件が必要です。"
        return Verdict(Outcome.ABSTAINED, (reason,), count)
    gains = [
        new.log_likelihood - old.log_likelihood
        for old, new in zip(champion, challenger, strict=True)
        if new.log_likelihood is not None and old.log_likelihood is not None
    ]
    chrf_gains = [new.chrf - old.chrf for old, new in zip(champion, challenger, strict=True)]
    chrf_gain = fmean(chrf_gains)
    new_leaks = sum(len(set(new.leaks) - set(old.leaks)) for old, new in zip(champion, challenger, strict=True))
    old_faults, new_faults = (sum(len(score.faults) for score in scores) for scores in (champion, challenger))
    p_value = wilcoxon_greater(gains or chrf_gains)
    objections = []
    if new_leaks:
        objections.append(f"新しい版の日報に、今の版にはなかった私的な語が{new_leaks}件ありました。")
    if p_value >= ALPHA:
        what = "提出文の書きやすさ(対数尤度)" if gains else "提出文との近さ(chrF)"
        objections.append(f"{what}の向上が、偶然と区別できません(p = {p_value:.3f})。")
    if chrf_gain < -CHRF_TOLERANCE:
        objections.append(f"提出文との近さ(chrF)が平均{-chrf_gain:.1f}点下がりました。")
    if new_faults > old_faults:
        objections.append(f"検査の指摘が{old_faults}件から{new_faults}件に増えました。")
    likelier = f"提出文の書きやすさ(対数尤度)が上がり(p = {p_value:.3f})、" if gains else ""
    chance = "" if gains else f"(p = {p_value:.3f})"
    gained = f"判定用の{count}件で、{likelier}提出文との近さ(chrF)は平均{chrf_gain:+.1f}点でした{chance}。"
    return Verdict(
        Outcome.KEPT if objections else Outcome.PROMOTED,
        (*(objections or [gained]), *([] if gains else [NO_LIKELIHOOD])),
        count,
        p_value,
        fmean(gains) if gains else None,
        chrf_gain,
        new_leaks,
        old_faults,
        new_faults,
        len(gains),
    )
