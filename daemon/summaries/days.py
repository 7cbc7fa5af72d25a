"""The reports of several days as they stand in the vault, and the lines that they tell.

Only the bodies of report notes are read: a diary never is. Every line is one of the days', word for word. Nothing here
loads Sudachi, so that the daemon stays small."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from daemon.checks.form import read_lines, says_nothing
from daemon.checks.school_form import WEEKDAYS
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings
from daemon.drafting.line_kind import kind_of
from daemon.drafting.repair import PLACEHOLDER
from daemon.drafting.school_layout import ALSO, tells_plan
from daemon.learning.places import all_reports
from daemon.learning.report_pieces import ASIDE, PLANS
from daemon.summaries.subjects import subject_of
from daemon.vault.layout import Layout
from daemon.vault.report_note import read

Part = Literal["deed", "plan", "own"]
_STOP = re.compile(r"(?<=。)(?![」』）)])")


@dataclass(frozen=True)
class ReportedDay:
    """The report of a day as it stands; ``accepted``: a person ticked that it was handed in."""

    day: date
    body: str
    accepted: bool


@dataclass(frozen=True)
class ReportedLine:
    """One line of a day's report without its mark. ``part``: a deed, a plan, or a person's own words (感想, 連絡);
    ``kind`` and ``subject`` are what rules read off it, "" where none fits."""

    day: date
    accepted: bool
    text: str
    part: Part
    kind: str
    subject: str


def read_days(
    layout: Layout,
    first: date,
    last: date,
    kilobytes: int,
    accepted: bool = False,
    places: Mapping[str, str] | None = None,
) -> list[ReportedDay]:
    """The reports of a span of days, both ends included, in order; with ``accepted`` only those that were handed in.

    ``places``: where reports were last seen, by day, so that one that was moved is not missed. Notes that are larger
    than ``kilobytes``, cannot be read or hold no report yet are passed over.
    """
    found: list[ReportedDay] = []
    for day, (path, size, _) in all_reports(layout, places or {}).items():
        if not first <= day <= last or size > kilobytes * 1024:
            continue
        try:
            note = read(layout.file(path).read_bytes())
        except OSError:
            continue
        if note.body and note.body != PLACEHOLDER and (note.accepted or not accepted):
            found.append(ReportedDay(day, note.body, note.accepted))
    return sorted(found, key=lambda one: one.day)


def lines_of(reported: ReportedDay, report: ReportSettings) -> Iterator[ReportedLine]:
    """What a day's report tells, line by line, running text sentence by sentence. A day without study tells nothing."""
    raw = reported.body.split("\n")
    if says_nothing(normalise(reported.body), report):
        return
    under: Part = "deed"
    for line in read_lines(normalise(reported.body), report):
        if line.kind == "heading" and line.section is None:
            under = "plan" if PLANS.search(line.text) else "own" if ASIDE.search(line.text) else "deed"
        if line.kind not in ("bullet", "closing", "text", "own"):
            continue
        for sentence in filter(None, map(str.strip, _STOP.split(line.as_typed(raw[line.number - 1])))):
            planned = tells_plan(line, sentence, report)
            text = sentence.removeprefix(ALSO) if planned else sentence
            part: Part = "own" if line.kind == "own" else "plan" if planned else under
            told = part == "deed"
            kind = kind_of(text) if told else part if part == "plan" else ""
            yield ReportedLine(reported.day, reported.accepted, text, part, kind, subject_of(text) if told else "")


def in_words(day: date, year: bool = False) -> str:
    """A day as it stands in a summary: "11/24(火)", with ``year`` "2026-11-24(火)"."""
    return f"{day.isoformat() if year else f'{day.month}/{day.day}'}({WEEKDAYS[day.weekday()]})"
