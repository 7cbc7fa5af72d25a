"""Of several drafts one report, and what is done to it before it is written.

``choose`` looks at drafts one at a time and stops at a clean one that covers the diary; otherwise the report is put
together from what the drafts agree on (``daemon.drafting.compose``), or is the least bad draft. ``repair`` removes what
leaks and turns the other faults into warnings. What it returns holds no private term that the checks know. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from daemon.checks import CheckSettings, PrivateTerm, Score, find_private_terms, score
from daemon.checks.form import BULLET, Line, read_lines
from daemon.checks.leak import leaks
from daemon.checks.sources import emptiness
from daemon.checks.text import normalise
from daemon.config import ReportSettings
from daemon.drafting.compose import compose, holds_plan
from daemon.engines.protocol import Draft

ENOUGH_COVERAGE = 0.8
"""A clean draft that takes up this share of the diary's study words ends the search. Few days with study reach it: on
323 diaries with four drafts each, stopping at 0.6 or less cost facts, and now and then a private string."""

LEFT_OUT = "私的な内容を含む行を{}行取り除きました。内容が足りているか確かめてください。"

NOTHING_FOUND = "日記には学習の記述があるようですが、「学習活動なし」の日報になりました。確かめてください。"

PLACEHOLDER = "日報を自動で作成できませんでした。お手数ですが、本日の学習内容を直接ご記入ください。"
"""The body when nothing is left that may be written. It says nothing about the diary."""


@dataclass(frozen=True)
class Selected:
    """The best draft (from 0), the chosen text, its score, and how many drafts were drawn.

    ``composed``: the text is put together from several drafts; ``index`` is still the best single one. ``left_out``:
    lines with private terms that no draft could do without, and that are not in the text.
    """

    index: int
    text: str
    score: Score
    drafts_used: int
    composed: bool = False
    left_out: int = 0


@dataclass(frozen=True)
class Repaired:
    """A body that may be written. ``removed`` counts the lines taken out; ``warnings`` are Japanese."""

    body: str
    warnings: tuple[str, ...]
    status: str
    removed: int
    score: Score


def choose(drafts: Iterable[Draft], diary: str, settings: CheckSettings) -> Selected:
    """Given drafts (lazily drawn, at least one) and the full diary, return one report.

    A clean and full draft without a plan among its bullets is taken as it is; else what the drafts agree on, unless
    that has more faults than the least bad draft. Equal drafts give an equal choice. Raises
    ``ValueError`` without a draft.
    """
    terms = find_private_terms(diary, settings)
    found: list[tuple[str, Score]] = []
    likelihoods: list[dict[str, float]] = []
    for draft in drafts:
        text = tidy(draft.text, settings.report, draft.cut)
        result = score(text, diary, settings, terms)
        found.append((text, result))
        likelihoods.append(by_tidied_line(draft, settings.report))
        full = result.clean and result.coverage >= ENOUGH_COVERAGE and not holds_plan(text, settings.report)
        if full:
            return Selected(len(found) - 1, text, result, len(found))
    if not found:
        raise ValueError("choose needs at least one draft")
    best = min(range(len(found)), key=lambda index: found[index][1].badness)
    text, result = found[best]
    together = compose(found, diary, settings, likelihoods)
    if together is not None:
        whole = score(together, diary, settings, terms)
        if whole.faults <= result.faults:
            left_out = min(_leaking_lines(one) for _, one in found) - _leaking_lines(whole)
            return Selected(best, together, whole, len(found), composed=True, left_out=max(0, left_out))
    return Selected(best, text, result, len(found))


def by_tidied_line(draft: Draft, report: ReportSettings) -> dict[str, float]:
    """The likelihoods of a draft's lines by what ``tidy`` makes of each; empty where the engine does not tell."""
    written = draft.text.split("\n")
    if len(written) != len(draft.likelihoods):
        return {}
    return {tidy(line, report).rstrip(): value for line, value in zip(written, draft.likelihoods, strict=True)}


def _leaking_lines(result: Score) -> int:
    return len({finding.line for finding in result.findings if finding.check == "leak"})


def finish(selected: Selected, diary: str, settings: CheckSettings) -> Repaired:
    """``repair`` what was chosen. A person also hears of private lines that fell out
    when it was put together, and of a report that nothing was studied on a day that speaks of study."""
    repaired = repair(selected.text, diary, settings)
    if repaired.body.strip() == settings.report.no_study.strip() and emptiness(normalise(diary)) == 0.0:
        return replace(repaired, warnings=(NOTHING_FOUND, *repaired.warnings), status="needs-review")
    if not selected.left_out or repaired.removed:
        return repaired
    return replace(repaired, warnings=(LEFT_OUT.format(selected.left_out), *repaired.warnings), status="needs-review")


def repair(text: str, diary: str, settings: CheckSettings) -> Repaired:
    """Given the chosen text and the full diary, return a body without any known private term.

    A line that leaks is removed. When no bullet is left of some, the body is ``PLACEHOLDER``: to say that nothing was
    studied would be untrue.
    """
    terms = find_private_terms(diary, settings)
    warnings: list[str] = []
    body = tidy(text, settings.report)
    before = sum(line.kind == "bullet" for line in read_lines(normalise(body), settings.report))
    body, removed = _without_leaks(body, terms, settings)
    after = sum(line.kind == "bullet" for line in read_lines(normalise(body), settings.report))
    if removed:
        warnings.append(LEFT_OUT.format(removed))
    if not body.strip() or (removed and before and not after):
        body = next(
            words for words in (PLACEHOLDER, "（未作成）", "-", "") if not leaks(normalise(words), terms, settings)
        )
        warnings.append("そのまま提出できる文が残りませんでした。日報を手で書いてください。")
        return Repaired(body, tuple(warnings), "needs-review", removed, score(body, diary, settings, terms))
    result = score(body, diary, settings, terms)
    warnings.extend(_warnings(result, body, settings))
    return Repaired(body, tuple(dict.fromkeys(warnings)), "needs-review" if warnings else "draft", removed, result)


def _without_leaks(body: str, terms: list[PrivateTerm], settings: CheckSettings) -> tuple[str, int]:
    """Remove leaking lines until none is left; a term may span what two lines become."""
    removed = 0
    while True:
        plain = normalise(body)
        found = leaks(plain, terms, settings)
        if not found:
            return body, removed
        bad = {plain.count("\n", 0, position) for start, end, _ in found for position in (start, end - 1)}
        lines = body.split("\n")
        removed += sum(bool(lines[index].strip()) for index in bad)
        body = _squeeze("\n".join(line for index, line in enumerate(lines) if index not in bad))


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


_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.M)
_PREAMBLE = re.compile(
    r"^(?:以下|こちら|はい|承知)[^\n]{0,60}(?:日報|です|ました)[^\n]{0,20}[。:：]?$"
    r"|^(?:#{1,3} ?)?(?:【日報】|日報)[:：]?$"
)
_SPECIAL = re.compile(r"<\|[^|\n]{1,30}\|>|</?s>|【日記(?:ここまで)?】")


def tidy(text: str, report: ReportSettings, cut: bool = False) -> str:
    """Given a model's raw answer, return it as a person would paste it.

    NFC, no code fences, no chat tokens, one kind of bullet and lead line as configured, no repeated or looping lines,
    one blank line at most. With ``cut`` (the token limit ended it) an unfinished last line goes, unless it is alone.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\x00", "")
    text = _SPECIAL.sub("", _FENCE.sub("", text))
    lead = normalise(report.lead).strip()
    mark = normalise(report.bullet).rstrip()
    lines: list[str] = []
    seen: set[str] = set()
    for raw in text.split("\n"):
        line = _unloop(raw.rstrip())
        plain = normalise(line).strip()
        if not plain:
            lines.append("")
            continue
        if lead and _lead_key(plain) == _lead_key(lead):
            line = report.lead
        elif not any(lines) and _PREAMBLE.match(plain):
            continue
        elif mark and plain.startswith(mark):
            line = report.bullet + line.lstrip()[len(report.bullet.rstrip()) :].lstrip()
        elif bullet := BULLET.match(line):
            line = report.bullet + line[bullet.end() :]
        key = normalise(line).strip()
        if key in seen:
            continue
        seen.add(key)
        lines.append(line)
    if cut:
        filled = [index for index, line in enumerate(lines) if line.strip()]
        if len(filled) > 1 and not normalise(lines[filled[-1]]).rstrip().endswith(("。", ":", "」", ")")):
            del lines[filled[-1] :]
    return _squeeze("\n".join(lines))


def _lead_key(text: str) -> str:
    return re.sub(r"[\s*#:、。]", "", text)


def _unloop(line: str) -> str:
    """Cut a line that repeats one piece (8 characters and more) three times in a row; linear in the line's length."""
    if len(line) < 60:
        return line
    pieces = re.split(r"(?<=[、。])", line)
    for index in range(len(pieces) - 2):
        if len(pieces[index]) >= 4 and pieces[index] == pieces[index + 1] == pieces[index + 2]:
            return "".join(pieces[: index + 1])
    return line


def _squeeze(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip()
