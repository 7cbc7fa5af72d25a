"""Cross-validation in place of a gate that has too few held-out pairs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from daemon.learning.run_folder import Base, Phase, TrainingResult
from daemon.versions.artifact import Version
from training.pairs.holdout import CHANGED, MINIMUM
from training.pairs.pair_choice import Material, folds
from training.scoring.gate import ReportScore, Verdict, decide
from training.scoring.judge import Contender, Judged, judge
from training.weekly.week import Week, checkpoint_folder, chosen_step, train_on

FOLDS = 4
NIGHT = 4 * 3600.0
"""Seconds: longer a cross-validation does not take, whatever ``training.max_hours`` says. No report is written
meanwhile, and next week more changed pairs are held out."""


def cross_validate(
    week: Week,
    material: Material,
    start: Path | None,
    base: Base,
    old: Version | None,
    both: Sequence[Judged],
    result: TrainingResult,
    abstained: Verdict,
    a_report: float = 0.0,
) -> Verdict:
    """Too few held-out pairs: let every pair be judged once by a model that was trained without it.

    The champion may have seen these pairs, which only favours the champion; it writes them all in one go. ``a_report``:
    seconds that judging one held out pair took. Where the time does not allow it: abstain and say so.
    """
    own = [row for row in material.rows if row.id in set(material.own)]
    total = len(own) + len(material.held_out)
    telling = sum(row.own is None or bool(row.own) for row in (*own, *material.held_out))
    if total < MINIMUM or telling < CHANGED or len(own) < FOLDS:
        return abstained
    needed = (result.seconds * FOLDS + a_report * len(own)) * 1.3
    if needed > min(week.seconds_left(), NIGHT):
        limit = "一晩(4時間)" if needed > NIGHT else "制限時間(training.max_hours)"
        late = f"交差検証には約{needed / 60:.0f}分かかり、{limit}に収まりません。"
        return replace(abstained, reasons=(*abstained.reasons, late))
    week.phase(Phase.CROSS_VALIDATING)
    champion, alike = Contender.of_version(old), Contender.of_version(old).method == result.method
    (judged,) = judge(week.config, base, week.reference, [champion], own, result.plan.bits, alike)
    known = {score.pair_id: score for score in judged.scores}
    scores: list[list[ReportScore]] = [list(both[0].scores), list(both[1].scores)] if both else [[], []]
    steps = (chosen_step(result),)
    for number, group in enumerate(folds([row.id for row in own], FOLDS), start=1):
        out = week.folder / "folds" / str(number)
        rest = [row for row in material.rows if row.id not in group]
        made = train_on(week, out, rest, start, False, week.seconds_left() / 3600, steps, material.own_share)
        left_out = [row for row in own if row.id in group]
        challenger = Contender(checkpoint_folder(made), made.method)
        (judged,) = judge(week.config, base, week.reference, [challenger], left_out, made.plan.bits, alike)
        scores[0] += [known[row.id] for row in left_out]
        scores[1] += judged.scores
        shutil.rmtree(out)
    verdict = decide(scores[0], scores[1])
    how = f"取り分けた日報では足りないため、{FOLDS}分割の交差検証で{total}件を判定しました。"
    return replace(verdict, reasons=(how, *verdict.reasons))
