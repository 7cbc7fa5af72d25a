"""What is done to a report before it may be written: lines that leak go, what is left is told. Pure but for Sudachi."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from daemon.checks import CheckSettings, PrivateTerm, Score, find_private_terms, score
from daemon.checks.form import Line, read_lines, says_nothing, without_form
from daemon.checks.leak import leaks
from daemon.checks.sources import emptiness
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings
from daemon.drafting.school_layout import dress, plain_form
from daemon.drafting.tidy import squeeze, tidy

LEFT_OUT = "私的な内容を含む行を{}行取り除きました。内容が足りているか確かめてください。"

NOTHING_FOUND = "日記には学習の記述があるようですが、「学習活動なし」の日報になりました。確かめてください。"

PLACEHOLDER = "日報を自動で作成できませんでした。お手数ですが、本日の学習内容を直接ご記入ください。"
"""The body when nothing is left that may be written. It says nothing about the diary."""


def tells_nothing(body: str, report: ReportSettings) -> bool:
    """Whether a body tells of no deed: it is empty, ``PLACEHOLDER``, or the sentence that nothing was studied."""
    return body.strip() in ("", PLACEHOLDER) or says_nothing(normalise(body), report)


@dataclass(frozen=True)
class Repaired:
    """A body that may be written. ``removed`` counts the lines taken out; ``warnings`` are Japanese."""

    body: str
    warnings: tuple[str, ...]
    status: str
    removed: int
    score: Score

    def flagged(self, *warnings: str) -> Repaired:
        """The same, with more for a person to look at, if any."""
        if not warnings:
            return self
        return replace(self, warnings=tuple(dict.fromkeys((*self.warnings, *warnings))), status="needs-review")


def finish(text: str, diary: str, settings: CheckSettings, left_out: int = 0, day: date | None = None) -> Repaired:
    """``repair`` a report. A person also hears of ``left_out`` private lines that fell out before, and of a report that
    nothing was studied on a day that speaks of study. ``day`` is for the form's header."""
    repaired = repair(text, diary, settings, day)
    if says_nothing(normalise(repaired.body), settings.report) and emptiness(normalise(diary)) == 0.0:
        return replace(repaired, warnings=(NOTHING_FOUND, *repaired.warnings), status="needs-review")
    if not left_out or repaired.removed:
        return repaired
    return replace(repaired, warnings=(LEFT_OUT.format(left_out), *repaired.warnings), status="needs-review")


def repair(text: str, diary: str, settings: CheckSettings, day: date | None = None) -> Repaired:
    """Given the chosen text in the plain form and the full diary, return a body without any known private term, in the
    person's own form.

    A line that leaks is removed. When no bullet is left of some, the body is ``PLACEHOLDER``: to say that nothing was
    studied would be untrue.
    """
    terms = find_private_terms(diary, settings)
    plain = replace(settings, report=plain_form(settings.report))
    body = tidy(text, plain.report)
    before = len(_bullets(body, plain.report))
    body, removed = _without_leaks(body, terms, plain)
    after = len(_bullets(body, plain.report))
    if not body.strip() or (removed and before and not after):
        body = next(
            words for words in (PLACEHOLDER, "（未作成）", "-", "") if not leaks(normalise(words), terms, settings)
        )
        warnings = [LEFT_OUT.format(removed)] if removed else []
        warnings.append("そのまま提出できる文が残りませんでした。日報を手で書いてください。")
        return Repaired(body, tuple(warnings), "needs-review", removed, score(body, diary, settings, terms))
    if body != PLACEHOLDER:
        body, more = _without_leaks(dress(body, settings.report, day), terms, settings)
        removed += more  # a term may span what has come to stand side by side
    result = score(body, diary, settings, terms)
    warnings = [LEFT_OUT.format(removed)] if removed else []
    warnings.extend(_warnings(result, body, settings))
    return Repaired(body, tuple(dict.fromkeys(warnings)), "needs-review" if warnings else "draft", removed, result)


def _without_leaks(body: str, terms: list[PrivateTerm], settings: CheckSettings) -> tuple[str, int]:
    """Remove leaking lines until none is left; a term may span what two lines become."""
    removed = 0
    while True:
        plain = normalise(body)
        found = leaks(without_form(plain, settings.report), terms, settings)
        if not found:
            return body, removed
        bad = {plain.count("\n", 0, position) for start, end, _ in found for position in (start, end - 1)}
        lines = body.split("\n")
        removed += sum(bool(lines[index].strip()) for index in bad)
        body = squeeze("\n".join(line for index, line in enumerate(lines) if index not in bad))


def _warnings(result: Score, body: str, settings: CheckSettings) -> list[str]:
    """The findings in words. Terms of ``grounded`` are of the report, and the body holds no private term any more."""
    order = {line.number: index for index, line in enumerate(_bullets(body, settings.report), start=1)}
    messages = []
    for finding in result.findings:
        place = f"{order[finding.line]}番目の項目: " if finding.line in order else ""
        messages.append(f"{place}{finding.message}")
    return messages


def _bullets(body: str, report: ReportSettings) -> list[Line]:
    return [line for line in read_lines(normalise(body), report) if line.kind == "bullet"]
