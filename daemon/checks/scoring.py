"""All checks of one report together."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.checks.findings import Finding, PrivateTerm, Score
from daemon.checks.form import (
    check_copied,
    check_form,
    check_length,
    check_style,
    read_lines,
    says_nothing,
    without_form,
)
from daemon.checks.grounding import check_grounded
from daemon.checks.leak import check_leak
from daemon.checks.settings import CheckSettings
from daemon.checks.sources import coverage, emptiness, find_sources
from daemon.checks.terms import find_private_terms
from daemon.checks.text import normalise


def score(report: str, diary: str, settings: CheckSettings, terms: Sequence[PrivateTerm] | None = None) -> Score:
    """Given a report, its diary and the person's settings, return every fault, the sources of each bullet and the
    coverage. ``terms`` saves finding the private terms again. Invariant under NFKC and line ends of both texts."""
    private = find_private_terms(diary, settings) if terms is None else terms
    text, source = normalise(report), normalise(diary)
    lines = read_lines(text, settings.report)
    form = "\n".join((settings.report.lead, settings.report.closing, settings.report.no_study))
    findings: list[Finding] = [
        *check_leak(without_form(text, settings.report), private, settings),
        *check_grounded(without_form(text, settings.report, own=True), source, normalise(form)),
        *check_form(text, settings.report),
        *check_style(text, settings.report),
        *check_copied(text, source, settings.report),
        *check_length(text, settings.report),
    ]
    body = [line.text for line in lines if line.kind in ("bullet", "closing", "text")]
    return Score(
        findings=tuple(findings),
        sources=find_sources([line.text for line in lines if line.kind == "bullet"], source),
        coverage=emptiness(source) if says_nothing(text, settings.report) else coverage(body, source),
    )
