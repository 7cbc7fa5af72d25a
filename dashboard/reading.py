"""Diary and report side by side: private terms marked, each bullet tied to the diary lines that it rests on. Pure.

The tie is CSS: resting on a bullet, or reaching it with the Tab key or a tap, lights up its lines. No script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.checks import KINDS, CheckSettings, PrivateTerm, find_private_terms, score
from daemon.checks.form import read_lines
from daemon.checks.text import normalise
from daemon.drafting.evidence import Evidence
from dashboard.markup import escape


@dataclass(frozen=True)
class Reading:
    """What the checks say about a report beside its diary. ``bullets`` are report line numbers (from 1), ``sources``
    the diary lines of each; ``findings`` are Japanese sentences, ``doubts`` those of single lines by their number."""

    terms: tuple[PrivateTerm, ...]
    bullets: tuple[int, ...]
    sources: tuple[tuple[int, ...], ...]
    findings: tuple[str, ...]
    coverage: float
    doubts: tuple[tuple[int, str], ...] = ()


def read_together(report: str, diary: str, settings: CheckSettings, evidence: Sequence[Evidence] = ()) -> Reading:
    """Given both texts, the person's settings and what is known of the lines, run the checks (Sudachi's dictionary
    takes a second once). A line with evidence is tied to its sentence, another one to where its words stand."""
    terms = find_private_terms(diary, settings)
    result = score(report, diary, settings, terms)
    bullets = [line for line in read_lines(normalise(report), settings.report) if line.kind == "bullet"]
    order = {line.number: place for place, line in enumerate(bullets, start=1)}
    findings = [
        f"{order[finding.line]}番目の項目: {finding.message}" if finding.line in order else finding.message
        for finding in result.findings
    ]
    tied: dict[int, list[int]] = {}
    for one in evidence:
        tied.setdefault(one.number, []).extend(lines_of(one.sentence, diary))
    guessed = dict(zip((line.number for line in bullets), result.sources, strict=True))
    sources = {number: tuple(lines) for number, lines in tied.items()}
    sources = guessed | {number: lines for number, lines in sources.items() if lines}
    return Reading(
        terms=tuple(terms),
        bullets=tuple(sorted(sources)),
        sources=tuple(sources[number] for number in sorted(sources)),
        doubts=tuple((one.number, doubt) for one in evidence for doubt in one.doubts),
        findings=tuple(dict.fromkeys(findings)),
        coverage=result.coverage,
    )


def lines_of(sentence: str, diary: str) -> list[int]:
    """The numbers (from 1) of the diary's lines that a sentence stands in; none where it is not found as it is."""
    place = diary.find(sentence)
    if place >= 0:
        first = diary.count("\n", 0, place) + 1
        return list(range(first, first + sentence.count("\n") + 1))
    return [
        number for number, line in enumerate(diary.split("\n"), start=1) if line.strip() and line.strip() in sentence
    ]


def pieces(text: str, terms: Sequence[PrivateTerm]) -> list[tuple[str, str]]:
    """Cut a text into (piece, why): "" for ordinary text, else why it is private. Joined they give the text again.

    Where terms overlap, the first and longest is shown.
    """
    found: list[tuple[str, str]] = []
    position = 0
    for term in sorted(terms, key=lambda term: (term.start, -term.end)):
        start, end = max(term.start, position), min(term.end, len(text))
        if end <= start or term.start < position:
            continue
        if start > position:
            found.append((text[position:start], ""))
        found.append((text[start:end], f"{KINDS.get(term.kind, term.kind)}: {term.why}"))
        position = end
    if position < len(text):
        found.append((text[position:], ""))
    return found


def diary_html(diary: str, terms: Sequence[PrivateTerm]) -> str:
    """The diary line by line with its numbers; a private term keeps its mark across a line break."""
    lines = [""]
    for text, why in pieces(diary, terms):
        for index, part in enumerate(text.split("\n")):
            if index:
                lines.append("")
            if part:
                mark = f'<mark class="np-private" title="{escape(why)}">{escape(part)}</mark>' if why else escape(part)
                lines[-1] += mark
    rows = (
        f'<div class="np-line np-d{number}"><i>{number}</i><span>{line}</span></div>'
        for number, line in enumerate(lines, start=1)
    )
    return "".join(rows)


def report_html(
    report: str, bullets: Sequence[int], sources: Sequence[Sequence[int]], doubts: Sequence[tuple[int, str]] = ()
) -> str:
    """The report line by line; a bullet can be reached by Tab and says which diary lines it rests on. A line in doubt
    has a mark of its own and says why."""
    tied = dict(zip(bullets, sources, strict=False))
    why: dict[int, list[str]] = {}
    for number, doubt in doubts:
        why.setdefault(number, []).append(doubt)
    rows = []
    for number, line in enumerate(report.split("\n"), start=1):
        place = tied.get(number)
        if place is None and number not in why:
            rows.append(f'<span class="np-row">{escape(line)}</span>')
            continue
        said = f"日記の{'、'.join(f'{each}行目' for each in place)}" if place else "日記に対応する行が見つかりません"
        said = " ".join([said, *why.get(number, ())])
        kind = " np-doubt" if number in why else ""
        row = f'<span class="np-row np-b{number}{kind}" tabindex="0" title="{escape(said)}">{escape(line)}</span>'
        rows.append(row)
    return "".join(rows)


def ties(bullets: Sequence[int], sources: Sequence[Sequence[int]]) -> str:
    """The CSS rules that light up the diary lines of a bullet under the pointer or the focus."""
    rules = []
    for number, lines in zip(bullets, sources, strict=False):
        targets = ",".join(
            f".np-two:has(.np-b{int(number)}:{state}) .np-d{int(line)}"
            for line in lines
            for state in ("hover", "focus")
        )
        if targets:
            rules.append(targets + "{background:var(--np-yellow-background);box-shadow:-.25rem 0 0 var(--np-yellow)}")
    return "".join(rules)


def side_by_side(diary: str | None, report: str, reading: Reading | None) -> str:
    """Both texts as one block of HTML; the diary's place says so when it is gone."""
    if diary is None:
        left = '<div class="np-small">日記のノートが見つかりません。</div>'
    else:
        left = f'<div class="np-scroll">{diary_html(diary, reading.terms if reading else ())}</div>'
    bullets, sources, doubts = (reading.bullets, reading.sources, reading.doubts) if reading else ((), (), ())
    style = f"<style>{ties(bullets, sources)}</style>" if bullets else ""
    right = f'<div class="np-scroll">{report_html(report, bullets, sources, doubts)}</div>'
    return (
        f'{style}<div class="np-two"><div class="np-card"><h4>日記</h4>{left}</div>'
        f'<div class="np-card"><h4>日報</h4>{right}</div></div>'
    )
