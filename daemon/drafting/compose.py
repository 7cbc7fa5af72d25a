"""Lines of single sentences as one report in the person's form. Pure but for Sudachi's dictionary."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from daemon.checks.school_form import keeps_plans
from daemon.checks.sources import content_words, weight
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings
from daemon.drafting.plain_style import to_plain
from daemon.drafting.prompt import BULLET, PLAN
from daemon.drafting.school_layout import ALSO, plain_form

SAME = 0.8
"""Dice coefficient of weighted content words from which two lines say the same."""
MOST_PLANS, MOST_PLANS_APART = 2, 5
"""Plans that one closing sentence holds, and those that a section of their own does."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class ReportLine:
    """A line in the writer's own form, the index of its sentence, and how likely it is true (0-1)."""

    text: str
    sentence: int
    confidence: float

    @property
    def plan(self) -> bool:
        return self.text.startswith(PLAN)


def alike(one: Set[str], other: Set[str]) -> float:
    """Dice coefficient of two sets of content words, weighted, 0-1."""
    both = weight(one) + weight(other)
    return 2 * weight(one & other) / both if both else 0.0


def says_the_same(one: str, other: str) -> bool:
    """Whether two lines tell one thing: nearly the same words, and the same numbers."""
    if one == other:
        return True
    if sorted(_NUMBER.findall(normalise(one))) != sorted(_NUMBER.findall(normalise(other))):
        return False
    return alike(content_words(normalise(one)), content_words(normalise(other))) >= SAME


def choose(lines: Sequence[ReportLine], report: ReportSettings) -> list[ReportLine]:
    """Of lines that say the same the likeliest, no more bullets than the form allows and at most two plans, five in a
    section of their own (the least likely go first), in the diary's order."""
    plans = MOST_PLANS_APART if any("plan" in section.take for section in report.sections) else MOST_PLANS
    kept: list[ReportLine] = []
    for line in sorted(lines, key=lambda one: (-one.confidence, one.sentence)):
        others = [one for one in kept if one.plan == line.plan]
        most = plans if line.plan else report.max_bullets
        if len(others) < most and not any(says_the_same(line.text, one.text) for one in others):
            kept.append(line)
    if not keeps_plans(report):
        kept = [line for line in kept if not line.plan]
    order = {id(line): number for number, line in enumerate(lines)}
    return sorted(kept, key=lambda one: (one.sentence, order[id(one)]))


def lay_out(lines: Sequence[ReportLine], report: ReportSettings) -> str:
    """Given chosen lines in order, return the body in the person's form but for what ``school_layout`` lays over it at
    the end. Without a bullet there is none ("")."""
    report = plain_form(report)
    bullets = [report.bullet + in_style(line.text.removeprefix(BULLET), report) for line in lines if not line.plan]
    plans = [line.text for line in lines if line.plan]
    head = [report.lead, ""] if report.lead else []
    tail = ["", closing_of(plans, report)] if plans else []
    return "\n".join([*head, *bullets, *tail]) if bullets else ""


def closing_of(plans: Sequence[str], report: ReportSettings) -> str:
    """One closing out of plans in the writer's own form: the first as it is, the second behind 「また、」."""
    bare = [plan.removeprefix(PLAN) for plan in plans]
    return in_style(plain_form(report).closing + ALSO.join(bare), report)


def in_style(text: str, report: ReportSettings) -> str:
    """A line in the person's style; the writer itself writes です・ます."""
    return to_plain(text) if report.style == "de-aru" else text
