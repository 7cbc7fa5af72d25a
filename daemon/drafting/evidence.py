"""The sentence of the diary behind each line of a report, and behind each line that was not sure enough to stand in it:
known from when it was written, not guessed. Pure but for Sudachi's dictionary."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daemon.checks.form import Line, read_lines
from daemon.checks.school_form import has_layout, keeps_plans
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings
from daemon.drafting.compose import closing_of, in_style, says_the_same
from daemon.drafting.polite_style import to_polite
from daemon.drafting.prompt import BULLET, PLAN
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.drafting.repair import tells_nothing
from daemon.drafting.school_layout import ALSO, in_layout, in_section, place_of, tells_plan


@dataclass(frozen=True)
class Evidence:
    """A line of the body (``number`` from 1), the sentence of the diary that it was written from with its line there
    (from 1, in the diary as the model saw it), how likely it is true (0-1), and what is held against it in Japanese."""

    number: int
    text: str
    sentence: str
    diary_line: int
    confidence: float
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A line that was written but not put in. ``text``: in the person's form, with its bullet or, of a ``plan``, the
    beginning of the closing; ``bare``: as the writer wrote it, without either. ``place``: the index of its sentence in
    the record. The rest as in ``Evidence``."""

    text: str
    place: int
    sentence: str
    diary_line: int
    confidence: float
    doubts: tuple[str, ...] = ()
    plan: bool = False
    bare: str = ""


def evidence_in(record: DayRecord, body: str, report: ReportSettings) -> tuple[Evidence, ...]:
    """Given what a draft remembers, a body as it stands now and the person's form, return the evidence of every line
    that still stands as it was written, in the body's order; a closing of two plans has two sentences behind it. A line
    that a person changed or added has none."""
    kept = [(line, one) for one in record.sentences for line in one.lines if line.kept]
    deeds = {_key(in_style(line.text.removeprefix(BULLET), report)): (line, one) for line, one in kept}
    plans = [(_key(in_style(line.text.removeprefix(PLAN), report)), line, one) for line, one in kept]
    plans = [entry for entry in plans if entry[1].text.startswith(PLAN)]
    found: list[Evidence] = []
    if has_layout(report):
        raw = body.split("\n")
        for told in read_lines(normalise(body), report):
            behind = _behind(told, deeds, plans)
            found += [
                Evidence(told.number, raw[told.number - 1], one.text, one.line, line.confidence, line.doubts)
                for line, one in behind
            ]
        return tuple(found)
    for number, text in enumerate(body.split("\n"), start=1):
        bare = _key(text.strip().removeprefix(report.bullet.strip()))
        behind = [deeds[bare]] if bare in deeds else []
        if not behind and report.closing and text.startswith(report.closing):
            behind = [(line, one) for key, line, one in plans if key in bare]
        found += [
            Evidence(number, text, one.text, one.line, line.confidence, line.doubts) for line, one in behind if bare
        ]
    return tuple(found)


def _behind(
    told: Line,
    deeds: Mapping[str, tuple[LineRecord, SentenceRecord]],
    plans: Sequence[tuple[str, LineRecord, SentenceRecord]],
) -> list[tuple[LineRecord, SentenceRecord]]:
    """The lines that stand in one line of a form with parts, in its order: in running text there may be several."""
    if told.kind not in ("bullet", "closing", "text"):
        return []
    bare = told.text.strip()
    if bare in deeds and told.kind != "closing":
        return [deeds[bare]]
    every = [*((key, *pair) for key, pair in deeds.items() if not _plan(pair[0])), *plans]
    inside = [(bare.find(key), line, one) for key, line, one in every if key and _whole(key, bare)]
    return [(line, one) for _, line, one in sorted(inside, key=lambda entry: entry[0])]


def _whole(key: str, text: str) -> bool:
    """Whether a line stands in a text as sentences of their own."""
    at = text.find(key)
    before = text[:at]
    return at >= 0 and (not before or before.endswith(("。", "、"))) and key.endswith("。")


def left_out(record: DayRecord, body: str, report: ReportSettings) -> tuple[LeftOut, ...]:
    """Given what a draft remembers, a body as it stands now and the person's form, return the lines that a person may
    still put in: in the diary's order, of one sentence the likeliest first.

    A line that a check turned down is none of them, nor one that says what the body says or what the report said when
    it was written (then it fell out as a repetition); of lines that say the same the likeliest is. Plans are only
    offered where the form has a closing and the body tells of a deed for it to close.
    """
    written = not tells_nothing(body, report)
    every = [(at, line) for at, one in enumerate(record.sentences) for line in one.lines]
    told = {plan: _told(body, report, plan) for plan in (False, True)}
    for _, line in every:
        if line.kept:
            told[_plan(line)].append(_bare(line))
    found: list[tuple[int, LineRecord]] = []
    for at, line in sorted(every, key=lambda entry: (-entry[1].confidence, entry[0])):
        offered = not line.kept and line.confidence > 0.0 and (not _plan(line) or (written and keeps_plans(report)))
        if offered and not _is_told(line, told[_plan(line)], report):
            told[_plan(line)].append(_bare(line))
            found.append((at, line))
    return tuple(
        LeftOut(
            _shown(line, report),
            at,
            record.sentences[at].text,
            record.sentences[at].line,
            line.confidence,
            line.doubts,
            _plan(line),
            _bare(line),
        )
        for at, line in sorted(found, key=lambda entry: (entry[0], -entry[1].confidence))
    )


def _shown(line: LineRecord, report: ReportSettings) -> str:
    """A line as it would stand in the body, by itself."""
    text = in_style(_bare(line), report)
    at = place_of(text, _plan(line), report) if report.sections else None
    if at is not None and not (_plan(line) and not report.sections[at].title):
        section = report.sections[at]
        return in_layout([in_section(text, _plan(line), section, report)], section, report)[0]
    return closing_of([line.text], report) if _plan(line) else report.bullet + text


def _told(body: str, report: ReportSettings, plan: bool) -> list[str]:
    """What a body tells, as it stands and in the writer's own style: of plans its closing sentence by sentence, of
    deeds every other line, whole and sentence by sentence."""
    pieces: list[str] = []
    for line in read_lines(normalise(body), report):
        if line.kind in ("bullet", "text", "closing"):
            sentences = [one for one in re.split(r"(?<=。)", line.text) if one]
            fitting = [one for one in sentences if tells_plan(line, one, report) == plan]
            pieces += [line.text, *fitting] if len(fitting) == len(sentences) else fitting
    if plan:
        pieces = [part.strip().removeprefix(normalise(report.closing)).removeprefix(ALSO) for part in pieces]
    return [form for part in pieces for form in dict.fromkeys((part, to_polite(part)))]


def _is_told(line: LineRecord, told: Sequence[str], report: ReportSettings) -> bool:
    mine = (_key(_bare(line)), _key(in_style(_bare(line), report)))
    return any(_key(one) in mine or says_the_same(_bare(line), one) for one in told)


def _plan(line: LineRecord) -> bool:
    return line.text.startswith(PLAN)


def _bare(line: LineRecord) -> str:
    return line.text.removeprefix(BULLET).removeprefix(PLAN)


def _key(text: str) -> str:
    return normalise(text).strip()
