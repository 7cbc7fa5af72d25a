"""A run's verdict page and pictures, gathered from what the run left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

from daemon.learning.edit_distance import edit_distance, weekly_medians
from daemon.learning.run_folder import TrainingResult, losses_of, read_events
from daemon.store.store import Pair
from training.pairs.pair_choice import Material
from training.scoring.gate import Verdict
from training.scoring.judge import Judged
from training.weekly.curves import draw_edits, draw_losses
from training.weekly.verdict import SHOWN, Comparison, Page, render
from training.weekly.week import Week


def write_page(
    week: Week,
    name: str,
    old: str,
    verdict: Verdict,
    notes: Sequence[str],
    result: TrainingResult,
    material: Material,
    both: Sequence[Judged],
    pairs: Sequence[Pair],
    untraced: Sequence[tuple[str, str, str]] = (),
) -> tuple[str, list[str]]:
    """The verdict's page and the names of its pictures, which are drawn into the run's folder."""
    edits = weekly_medians(
        (date.fromisoformat(pair.day), edit_distance(pair.draft, pair.report)) for pair in pairs if pair.draft
    )
    pictures, missing = draw(week, edits)
    examples = (
        [
            Comparison(row.date, before, after, row.report or "")
            for row, before, after in zip(material.held_out, both[0].reports, both[1].reports, strict=True)
        ]
        if both
        else []
    )
    train = [row for row in material.rows if row.split == "train"]
    settings = week.config.training.model_dump(mode="json")
    shown = ("rank", "alpha", "learning_rate", "scheduler", "batch_size", "accumulation", "max_hours")
    page = Page(
        name=week.folder.name,
        old=old,
        new=name,
        verdict=verdict,
        notes=(*notes, *missing),
        checkpoints=result.checkpoints,
        best=result.best,
        examples=tuple(examples[:SHOWN]),
        minutes=(time.monotonic() - week.started) / 60,
        counts={
            "学習に使った日報": sum(row.accepted for row in train),
            "一緒に使った見本": sum(not row.accepted for row in train),
            "チェックポイント選びに使った日報": sum(row.split == "dev" for row in material.rows),
            "長すぎて除いた日報": len(result.left_out),
            **({"学べることがなかった日報": len(material.silent)} if material.silent else {}),
        },
        settings={"base": result.base.reference, **{key: settings[key] for key in shown}},
        edits=tuple(edits),
        pictures=tuple(pictures),
        untraced=tuple(untraced),
    )
    return render(page), [file for _, file in pictures]


def draw(week: Week, edits: Sequence[tuple[date, float]]) -> tuple[list[tuple[str, str]], list[str]]:
    """Draw the curves; return (heading, file) of those drawn, and a line where that is not possible."""
    try:
        curves = losses_of(read_events(week.folder))
        draw_losses(week.folder / "loss.png", *curves)
        found = [("損失", "loss.png")]
        if len(edits) > 1:
            draw_edits(week.folder / "edits.png", edits)
            found.append(("下書きを直した文字数", "edits.png"))
    except ImportError:
        return [], ["図は matplotlib が入っていないため、ありません。"]
    return found, []
