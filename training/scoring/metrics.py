"""How good reports are: pure functions from a row and its report to figures, and from many figures to one line.

What a row lacks (private strings, facts, a reference report) is not scored, neither as right nor as wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.checks import CheckSettings, Score, score
from daemon.checks.kanji_variants import COMMON
from daemon.checks.text import normalise
from training.pairs.rows import Fact, Row


@dataclass(frozen=True)
class RowFigures:
    """One report's figures. ``None`` stands for what its row cannot say.

    ``private``: how many of the row's private strings are in the report. ``style``: share of the lines without a fault
    of style. The five checks are True when passed. ``chrf``: sacrebleu's chrF2 against the reference, 0-100.
    """

    id: str
    private: int | None
    leak: bool
    facts_found: int | None
    facts: int | None
    grounded: bool
    style: float
    form: bool
    copied: bool
    length: bool
    chrf: float | None
    seconds: float
    questions: int = 1
    warnings: int = 0


@dataclass(frozen=True)
class Summary:
    """Figures over many reports; counts are rows, shares lie in 0-1. ``recall`` is over all facts together (micro)."""

    rows: int
    private_rows: int | None
    leak_rows: int
    recall: float | None
    invented_rows: int
    style: float
    form: float
    copied_rows: int
    length: float
    chrf: float | None
    seconds: float
    questions: float
    warned_rows: int


def fold(text: str) -> str:
    """Case-folded, as the checks read it: other widths and other shapes of a kanji are one."""
    return normalise(text).translate(COMMON).casefold()


def private_in(report: str, private: Sequence[str]) -> list[str]:
    """The private strings that stand in a report."""
    text = fold(report)
    return [term for term in private if fold(term) in text]


def facts_in(report: str, facts: Sequence[Fact]) -> list[Fact]:
    """The facts of which any spelling stands in a report."""
    text = fold(report)
    return [fact for fact in facts if any(fold(spelling) in text for spelling in fact.any_of)]


def chrf(report: str, reference: str) -> float:
    """chrF2 (Popović 2015) as sacrebleu computes it for a single sentence pair, 0-100."""
    from sacrebleu.metrics import CHRF

    return float(CHRF().sentence_score(report, [reference]).score)


def style_share(report: str, result: Score) -> float:
    """The share of non-blank lines without a finding of style; a finding without line counts for the whole report."""
    lines = sum(bool(line.strip()) for line in report.split("\n"))
    found = [finding for finding in result.findings if finding.check == "style"]
    if any(finding.line is None for finding in found) or not lines:
        return 0.0
    return 1.0 - len({finding.line for finding in found}) / lines


def measure(
    row: Row,
    report: str,
    settings: CheckSettings,
    seconds: float,
    questions: int = 1,
    warnings: int = 0,
    similarity: Callable[[str, str], float] = chrf,
) -> RowFigures:
    """Given a row, the report written for it and the form it was asked for in, return its figures."""
    result = score(report, row.diary, settings)
    return RowFigures(
        id=row.id,
        private=None if row.private is None else len(private_in(report, row.private)),
        leak=result.passed("leak"),
        facts_found=None if row.facts is None else len(facts_in(report, row.facts)),
        facts=None if row.facts is None else len(row.facts),
        grounded=result.passed("grounded"),
        style=style_share(report, result),
        form=result.passed("form"),
        copied=result.passed("copied"),
        length=result.passed("length"),
        chrf=similarity(report, row.report) if row.report else None,
        seconds=seconds,
        questions=questions,
        warnings=warnings,
    )


def summarise(figures: Sequence[RowFigures]) -> Summary:
    """Given at least one report's figures, return them in one. Raises ValueError without any."""
    if not figures:
        raise ValueError("nothing to summarise")
    count = len(figures)
    private = [figure.private for figure in figures if figure.private is not None]
    facts = sum(figure.facts or 0 for figure in figures)
    similar = [figure.chrf for figure in figures if figure.chrf is not None]
    return Summary(
        rows=count,
        private_rows=sum(found > 0 for found in private) if private else None,
        leak_rows=sum(not figure.leak for figure in figures),
        recall=sum(figure.facts_found or 0 for figure in figures) / facts if facts else None,
        invented_rows=sum(not figure.grounded for figure in figures),
        style=sum(figure.style for figure in figures) / count,
        form=sum(figure.form for figure in figures) / count,
        copied_rows=sum(not figure.copied for figure in figures),
        length=sum(figure.length for figure in figures) / count,
        chrf=sum(similar) / len(similar) if similar else None,
        seconds=sum(figure.seconds for figure in figures) / count,
        questions=sum(figure.questions for figure in figures) / count,
        warned_rows=sum(figure.warnings > 0 for figure in figures),
    )


COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("reports", "rows", "d"),
    ("private", "private_rows", "d"),
    ("leak check", "leak_rows", "d"),
    ("recall", "recall", ".3f"),
    ("invented", "invented_rows", "d"),
    ("style", "style", ".3f"),
    ("form", "form", ".3f"),
    ("copied", "copied_rows", "d"),
    ("length", "length", ".3f"),
    ("chrF", "chrf", ".1f"),
    ("questions", "questions", ".1f"),
    ("s/report", "seconds", ".1f"),
)
"""Heading, field of ``Summary``, format. Of counts (private, leak check, invented, copied) fewer is better."""


def table(summaries: Sequence[tuple[str, Summary]]) -> str:
    """A Markdown table with one line per model."""
    lines = [
        "| model | " + " | ".join(heading for heading, _, _ in COLUMNS) + " |",
        "|---|" + "---:|" * len(COLUMNS),
    ]
    for name, summary in summaries:
        cells = []
        for _, field, shape in COLUMNS:
            value: Any = getattr(summary, field)
            cells.append("-" if value is None else format(value, shape))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
