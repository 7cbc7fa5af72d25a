"""One report out of several drafts: what most of them say stays, what one of them made up falls out.

A small model that writes the same diary up several times errs differently each time (self-consistency, Wang et al.
2023; here bullet by bullet). Bullets of all drafts that pass every check are compared by their content words; one is
taken when more than half of the drafts say about the same; fewer must take up something that was studied, a lone one
much of it. Pure.

Measured on 60 dev diaries with four drafts each (dev/LOG.md): one greedy draft against this: fact recall 0.74 and 0.81,
reports with a private string 11 and 5, with a term that the diary lacks 6 and 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from statistics import fmean

from daemon.checks import CheckSettings, Score
from daemon.checks.form import read_lines
from daemon.checks.sources import content_words, study_words, weight
from daemon.checks.text import normalise
from daemon.config import ReportSettings

ALIKE = 0.35
"""Dice coefficient of weighted content words from which two bullets say the same thing."""
SOME = 3.0
"""Weight of study words, not taken up yet, with which a bullet may stand that at most half of the drafts have."""
ALONE = 8.0
"""The same for a bullet that only one draft has."""
AGREED = 0.3
"""A closing whose likeness to the other drafts' closings is no more than this, on average, is a guess."""
SAID = 0.7
"""A bullet of which this share is said already adds nothing."""
STUDY_VALUE = 0.07
"""What one study word of weight 1 adds to a bullet's agreement (0-1)."""
MOST_BULLETS = 9
UNLIKELY = -0.5
"""A bullet of a sampled draft whose tokens have a lower mean log-probability (nats) than this falls out: of sampled
lines the likely ones are true more often, of greedy ones not (area under the ROC curve 0.73 and 0.49; dev/LOG.md)."""
RESTATED = 0.9
"""A bullet of which the closing says this share tells a plan as done."""
PLANNED = re.compile(r"(?:たいと(?:考え|思い|思ってい|考えてい)(?:ます|ました)|(?:たい|予定|つもり)です)。?$")
"""The end of a sentence that tells a plan; no bullet of the corpus has one."""
UNFINISHED = re.compile(r"(?:取り組|着手|進め|途中|まで|ませんでした)[^。]*。?$")


@dataclass(frozen=True)
class Unit:
    """A bullet or closing: its line as it stands, content words, first diary line it rests on, number of its draft.

    ``faulty``: a check turned it down. ``likelihood``: the mean log-probability of its tokens in nats, None where the
    engine does not tell.
    """

    text: str
    kind: str
    words: frozenset[str]
    source: int
    draft: int
    faulty: bool
    likelihood: float | None = None


def compose(
    drafts: Sequence[tuple[str, Score]],
    diary: str,
    settings: CheckSettings,
    likelihoods: Sequence[Mapping[str, float]] = (),
) -> str | None:
    """Given tidied drafts with their scores, and for each draft the mean log-probabilities of its lines as far as they
    are known, return one report made of their lines; None where that makes no sense: with fewer than two drafts, with
    drafts in another form than lead, bullets and closing, or when most drafts say that nothing was studied."""
    parts = [
        units
        for number, ((text, result), known) in enumerate(zip(drafts, likelihoods or [{}] * len(drafts), strict=True))
        if (units := units_of(text, result, settings, number, known)) is not None
    ]
    if len(parts) < 2 or 2 * len(parts) < len(drafts) + 1:
        return None
    last = choose_closing(parts)
    chosen = without_plans(choose_bullets(parts, study_words(normalise(diary))), last)
    if not chosen:
        return None
    lines = [settings.report.lead, ""] if settings.report.lead else []
    lines += [unit.text for unit in sorted(chosen, key=lambda unit: unit.source)]
    return "\n".join([*lines, "", last.text] if last else lines)


def units_of(
    text: str, result: Score, settings: CheckSettings, number: int, likelihoods: Mapping[str, float]
) -> list[Unit] | None:
    """A draft's bullets and closing; None for one in another form (the no-study sentence, headings, other text).
    A plan among the bullets is taken for a closing."""
    raw = text.split("\n")
    lines = read_lines(normalise(text), settings.report)
    if any(line.kind not in ("lead", "bullet", "closing") for line in lines):
        return None
    faulty = {finding.line for finding in result.findings}
    sources = iter(result.sources)
    units = []
    for line in lines:
        if line.kind == "lead":
            continue
        places = next(sources, ()) if line.kind == "bullet" else ()
        source = min(places, default=len(raw) + 10_000)
        words = content_words(line.text)
        written, kind = raw[line.number - 1].rstrip(), line.kind
        likelihood = likelihoods.get(written)
        if kind == "bullet" and settings.report.closing and PLANNED.search(written):
            plan = written.removeprefix(settings.report.bullet.rstrip()).strip()
            written, kind = settings.report.closing + plan, "closing"
        faults = line.number in faulty
        units.append(Unit(written, kind, words, source, number, faults, likelihood=likelihood))
    return units if any(unit.kind == "bullet" for unit in units) else None


def holds_plan(text: str, report: ReportSettings) -> bool:
    """Whether a tidied draft tells a plan among its bullets, which belongs into the closing."""
    found = read_lines(normalise(text), report) if report.closing else []
    return any(line.kind == "bullet" and PLANNED.search(line.text) for line in found)


def alike(one: Set[str], other: Set[str]) -> float:
    """Dice coefficient of two sets of content words, weighted, 0-1."""
    both = weight(one) + weight(other)
    return 2 * weight(one & other) / both if both else 0.0


def unlikely(unit: Unit) -> bool:
    """Whether chance more than the model wrote this line of a sampled draft; the first draft is the greedy one."""
    return unit.draft > 0 and unit.likelihood is not None and unit.likelihood < UNLIKELY


def choose_bullets(parts: Sequence[Sequence[Unit]], wanted: Set[str]) -> list[Unit]:
    """Given each draft's units and the diary's study words, return the bullets to keep, best first."""
    ranked: list[tuple[float, int, Unit]] = []
    for units in parts:
        for unit in units:
            if unit.kind != "bullet" or unit.faulty or unlikely(unit):
                continue
            echoes = [
                max((alike(unit.words, other.words) for other in others if other.kind == "bullet"), default=0.0)
                for others in parts
                if others is not units
            ]
            value = fmean(echoes) + STUDY_VALUE * weight(unit.words & wanted)
            ranked.append((value, 1 + sum(echo >= ALIKE for echo in echoes), unit))
    chosen: list[Unit] = []
    said: frozenset[str] = frozenset()
    for _, agreeing, unit in sorted(ranked, key=lambda entry: -entry[0]):
        if len(chosen) == MOST_BULLETS:
            break
        needed = 0.0 if 2 * agreeing > len(parts) else SOME if agreeing > 1 else ALONE
        if weight((unit.words & wanted) - said) < needed:
            continue
        if weight(unit.words & said) >= SAID * weight(unit.words):
            continue
        if any(alike(unit.words, other.words) >= ALIKE for other in chosen):
            continue
        chosen.append(unit)
        said |= unit.words
    return chosen


def without_plans(bullets: Sequence[Unit], closing: Unit | None) -> list[Unit]:
    """The bullets without those that tell as done what the closing plans; one that says it was begun stays."""
    if closing is None:
        return list(bullets)
    return [
        unit
        for unit in bullets
        if UNFINISHED.search(unit.text) or weight(unit.words & closing.words) < RESTATED * weight(unit.words)
    ]


def choose_closing(parts: Sequence[Sequence[Unit]]) -> Unit | None:
    """The sound closing most like the others'; None when under half of the drafts close, or no two say the same."""
    all_of_them = [unit for units in parts for unit in units if unit.kind == "closing"]
    if 2 * len({unit.draft for unit in all_of_them}) < len(parts):
        return None
    sound = [unit for unit in all_of_them if not unit.faulty]

    def agreement(unit: Unit) -> float:
        others = [alike(unit.words, other.words) for other in all_of_them if other.draft != unit.draft]
        return fmean(others) if others else 1.0

    best = max(sound, key=agreement, default=None)
    return best if best is not None and agreement(best) > AGREED else None
