"""Challenger against champion on the same held-out pairs: promote, keep or abstain. Pure: numbers in, verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any

from daemon.learning.run_folder import Outcome
from training.pairs.holdout import CHANGED, MINIMUM

ALPHA = 0.05
EDITS_TOLERANCE = 0.01
"""The mean share of the text that a person would have to change may rise by so much: one character in a hundred."""

NO_LIKELIHOOD = "書きやすさ(対数尤度)は比べられないため、書いた日報だけで判定しました。"


@dataclass(frozen=True)
class ReportScore:
    """How one model did on one held-out pair.

    ``log_likelihood``: mean log-probability per token of what the person did to the draft, in nats
    (``training.scoring.likelihood``); None where nothing of that is known, or where the two models write in different
    ways, so that their figures are of different texts. ``edits``: characters to change until the report says what the
    person made of the draft, as a share of the accepted text (``training.scoring.by_sentence.left_to_change``).
    ``leaks``: the private terms found in the report. ``faults``: names of the other checks that failed.
    ``selection``: of the sentences that the person changed those that were told and should not have been, or the
    reverse. ``missing``: so many lines fewer than the accepted report has. None: not known.
    """

    pair_id: str
    log_likelihood: float | None
    edits: float
    leaks: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    selection: int | None = None
    missing: int | None = None


@dataclass(frozen=True)
class LineCount:
    """The lines that one model wrote for one starter day, or for some: so many ``true`` ones of all ``written``."""

    true: int
    written: int

    @property
    def untrue(self) -> int:
        """Lines not known to be true."""
        return self.written - self.true

    @property
    def share(self) -> float:
        """Of the lines, the true ones, 0-1; where nothing is written, nothing is untrue."""
        return self.true / self.written if self.written else 1.0

    def __add__(self, other: LineCount) -> LineCount:
        return LineCount(self.true + other.true, self.written + other.written)


@dataclass(frozen=True)
class StarterMemory:
    """What a version still knows of the starter's days: so many true lines its parent and it wrote for ``days`` of
    them, and the one-sided p of its writing fewer only by chance; all lines that they wrote, and the p of its writing
    more that are not known to be true."""

    days: int
    parent: int
    lines: int
    p_value: float
    parent_written: int
    written: int
    untrue_p_value: float


@dataclass(frozen=True)
class Verdict:
    """The decision with its reasons (Japanese, for the note) and the numbers behind it. ``measured``: on so many of the
    pairs likelihoods were compared; on none, ``p_value`` is that of the edits. ``edits`` and ``selection``: the
    champion's and the challenger's, shares on average and sentences in all (None: known of no pair)."""

    outcome: Outcome
    reasons: tuple[str, ...]
    pairs: int
    p_value: float | None = None
    likelihood_gain: float | None = None
    edits: tuple[float, float] | None = None
    selection: tuple[int, int] | None = None
    new_leaks: int = 0
    champion_faults: int = 0
    challenger_faults: int = 0
    measured: int = 0
    remembered: StarterMemory | None = None

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

    Raises ValueError when the pairs differ. Fewer than ``MINIMUM`` pairs, or fewer than ``CHANGED`` of them with
    anything that the person did to the draft: abstain, the champion stays. Pairs without a likelihood count by their
    reports alone; where no pair has one, it is the edits that must have become fewer beyond chance. A gain is not paid
    for with a new leak, more to edit, sentences chosen worse, or more that a check finds.
    """
    if [score.pair_id for score in champion] != [score.pair_id for score in challenger]:
        raise ValueError("champion and challenger were scored on different pairs")
    count = len(champion)
    if count < MINIMUM:
        reason = f"判定用に取り分けた日報が{count}件しかなく、比較には{MINIMUM}件が必要です。"
        return Verdict(Outcome.ABSTAINED, (reason,), count)
    both = list(zip(champion, challenger, strict=True))
    telling = sum(any(one.log_likelihood is not None or one.edits for one in scores) for scores in both)
    if telling < CHANGED:
        reason = (
            f"判定用の日報{count}件のうち、下書きから直したものが{telling}件しかなく、比較には{CHANGED}件が必要です。"
        )
        return Verdict(Outcome.ABSTAINED, (reason,), count)
    gains = [
        new.log_likelihood - old.log_likelihood
        for old, new in both
        if new.log_likelihood is not None and old.log_likelihood is not None
    ]
    old_edits, new_edits = (fmean(score.edits for score in scores) for scores in (champion, challenger))
    chosen = [
        (old.selection, new.selection) for old, new in both if old.selection is not None and new.selection is not None
    ]
    selection = (sum(old for old, _ in chosen), sum(new for _, new in chosen)) if chosen else None
    new_leaks = sum(len(set(new.leaks) - set(old.leaks)) for old, new in both)
    old_faults, new_faults = (sum(len(score.faults) for score in scores) for scores in (champion, challenger))
    p_value = wilcoxon_greater(gains or [old.edits - new.edits for old, new in both])
    objections = []
    if new_leaks:
        objections.append(f"新しい版の日報に、今の版にはなかった私的な語が{new_leaks}件ありました。")
    if p_value >= ALPHA:
        what = "提出文の書きやすさ(対数尤度)の向上" if gains else "直す量の減少"
        objections.append(f"{what}が、偶然と区別できません(p = {p_value:.3f})。")
    if new_edits > old_edits + EDITS_TOLERANCE:
        objections.append(f"直す量が、提出文の{old_edits:.0%}から{new_edits:.0%}に増えました。")
    if selection and wilcoxon_greater([new - old for old, new in chosen]) < ALPHA:
        objections.append(f"文の選び違い(多すぎ・足りなさすぎ)が{selection[0]}文から{selection[1]}文に増えました。")
    missing = [(old.missing, new.missing) for old, new in both if old.missing is not None and new.missing is not None]
    fewer, before = sum(new for _, new in missing), sum(old for old, _ in missing)
    if fewer > before and wilcoxon_greater([new for _, new in missing]) < ALPHA:
        objections.append(f"新しい版の日報は、提出文より全部で{fewer}行少なくなりました。")
    if new_faults > old_faults:
        objections.append(f"検査の指摘が{old_faults}件から{new_faults}件に増えました。")
    likelier = f"提出文の書きやすさ(対数尤度)が上がり(p = {p_value:.3f})、" if gains else ""
    chance = "" if gains else f"(p = {p_value:.3f})"
    gained = f"判定用の{count}件で、{likelier}直す量は提出文の{old_edits:.0%}から{new_edits:.0%}になりました{chance}。"
    return Verdict(
        Outcome.KEPT if objections else Outcome.PROMOTED,
        (*(objections or [gained]), *([] if gains else [NO_LIKELIHOOD])),
        count,
        p_value,
        fmean(gains) if gains else None,
        (old_edits, new_edits),
        selection,
        new_leaks,
        old_faults,
        new_faults,
        len(gains),
    )


def hold_to_starter(verdict: Verdict, parent: Sequence[LineCount], new: Sequence[LineCount]) -> Verdict:
    """Given a verdict and the lines of the parent and of the new version for each of the same starter days, return the
    verdict with these figures. Not promoted is a version that writes fewer true lines by more than the noise, or more
    untrue ones by more than the noise and a smaller share of true ones.

    Untrue lines alone would speak against every version that writes more, the share alone against every other one.
    Raises ValueError when the days differ in number.
    """
    both = list(zip(parent, new, strict=True))
    old, now = (sum(counts, LineCount(0, 0)) for counts in (parent, new))
    lost = wilcoxon_greater([before.true - after.true for before, after in both])
    more = wilcoxon_greater([after.untrue - before.untrue for before, after in both])
    found = StarterMemory(len(both), old.true, now.true, lost, old.written, now.written, more)
    held = replace(verdict, remembered=found)
    where = f"nippo の見本の日記{len(both)}件で、"
    objections = []
    if lost < ALPHA:
        objections.append(
            f"{where}正しい行が{old.true}行から{now.true}行に減りました(p = {lost:.3f})。"
            "もとから書けたことを忘れたため、採用しません。"
        )
    if more < ALPHA and now.share < old.share:
        objections.append(
            f"{where}正しいと確かめられない行が{old.untrue}行から{now.untrue}行に増えました(p = {more:.3f}。"
            f"正しい行は{old.true}行から{now.true}行、全体に占める割合は{old.share:.1%}から{now.share:.1%})。"
            "行が増えても正しさが下がったため、採用しません。"
        )
    if verdict.outcome is not Outcome.PROMOTED or not objections:
        return held
    return replace(held, outcome=Outcome.KEPT, reasons=(*objections, *verdict.reasons))
