"""A run's verdict page and pictures, gathered from what the run left."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from datetime import date

from daemon.checks import CheckSettings, find_private_terms
from daemon.checks.leak import leaks
from daemon.checks.text import normalise
from daemon.learning.edit_distance import edit_distance, weekly_medians
from daemon.learning.run_folder import TrainingResult, losses_of, read_events
from daemon.store.store import Pair
from training.pairs.pair_choice import Material
from training.pairs.rows import Row
from training.scoring.by_sentence import differences
from training.scoring.gate import Verdict
from training.scoring.judge import Judged
from training.weekly.curves import draw_edits, draw_losses
from training.weekly.verdict import SHOWN, Comparison, Page, SentenceChange, render
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
    fresh: Collection[str] = (),
) -> tuple[str, list[str]]:
    """The verdict's page and the names of its pictures, which are drawn into the run's folder. ``fresh``: ids of the
    pairs that came since the last run."""
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
        changes=tuple(changed_sentences(material.held_out, both, fresh, CheckSettings(week.config.privacy))),
    )
    return render(page), [file for _, file in pictures]


def changed_sentences(
    held_out: Sequence[Row], both: Sequence[Judged], fresh: Collection[str], settings: CheckSettings
) -> list[SentenceChange]:
    """Sentences that the two versions told differently: those of the week's own days first, then the latest; of every
    day one before any has two. A sentence with a private term is not quoted."""
    if not both:
        return []
    found: list[tuple[tuple[int, bool], SentenceChange]] = []
    days = zip(held_out, both[0].records, both[1].records, strict=True)
    for row, before, after in sorted(days, key=lambda day: day[0].date, reverse=True):
        terms = find_private_terms(row.diary, settings)
        quoted = [one for one in differences(row, before, after) if not leaks(normalise(one.sentence), terms, settings)]
        for number, one in enumerate(quoted):
            change = SentenceChange(row.date, one.sentence, one.before, one.after, one.accepted)
            found.append(((number, row.id not in fresh), change))
    return [change for _, change in sorted(found, key=lambda entry: entry[0])][:SHOWN]


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
