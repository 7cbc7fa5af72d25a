"""A school's own form laid over a finished report in the plain form (lead, marked lines, closing), and taken off again.

The lines stay as they are, word for word; only their place, their marks and what the form itself says are new. Pure but
for Sudachi's dictionary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daemon.checks.form import Line, read_lines, says_nothing
from daemon.checks.school_form import has_layout, header_lines, is_counted, keeps_plans, mark_of, marked, only_plans
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSection, ReportSettings
from daemon.drafting.line_kind import kind_of
from daemon.drafting.prompt import PLAN

ALSO = "また、"
"""What stands before the second plan of a closing."""
PLAIN_MARK = "* "


@dataclass(frozen=True)
class PlainLines:
    """What a report tells, in the person's style: deeds, and plans without the beginning of the closing."""

    deeds: tuple[str, ...]
    plans: tuple[str, ...]


def plain_form(report: ReportSettings) -> ReportSettings:
    """The same settings with lead, marks and closing alone: the form in which lines are drafted, checked for leaks and
    learned. A form of that kind comes back as it is."""
    if not has_layout(report):
        return report
    return report.model_copy(
        update={
            "header": (),
            "sections": (),
            "bullet": PLAIN_MARK if is_counted(report.bullet) else report.bullet,
            "closing": report.closing or (PLAN if keeps_plans(report) else ""),
        }
    )


def dress(body: str, report: ReportSettings, day: date | None) -> str:
    """Given a body in the plain form of ``report``, return it in its own; ``day`` (None: not known) is for its header.
    A body that tells nothing stays without sections."""
    plain = plain_form(report)
    if plain is report or not body.strip():
        return body
    head = "\n".join(header_lines(report, day))
    if says_nothing(normalise(body), plain):
        return "\n\n".join(part for part in (head, body.strip()) if part)
    told = read_plain(body, plain)
    if not told.deeds:
        return body
    parts = [part for part in (head, report.lead) if part]
    if not report.sections:
        lines = [marked(report.bullet, number, line) for number, line in enumerate(told.deeds, start=1)]
        closing = [plain.closing + ALSO.join(told.plans)] if told.plans else []
        return "\n\n".join([*parts, "\n".join(lines), *closing])
    sections = [one for one in (_section(section, told, report) for section in report.sections) if one]
    gap = "\n\n" if report.section_gap else "\n"
    return gap.join([*parts, *sections]).strip()


def undress(body: str, report: ReportSettings) -> str:
    """The inverse of ``dress``: a body in a form of its own in the plain form, its lines in the order in which they
    stand. What a person wrote into a part of its own is left out."""
    plain = plain_form(report)
    if plain is report:
        return body
    lines = read_lines(normalise(body), report)
    raw = body.replace("\r\n", "\n").split("\n")
    deeds = [one for line in lines if line.kind in ("bullet", "text") for one in _sentences(line, raw[line.number - 1])]
    plans = [one for line in lines if line.kind == "closing" for one in _sentences(line, raw[line.number - 1])]
    plans = [one.removeprefix(ALSO).removeprefix(plain.closing) for one in plans]
    if not deeds:
        return report.no_study if says_nothing(normalise(body), report) else body
    head = [plain.lead, ""] if plain.lead else []
    tail = ["", plain.closing + ALSO.join(plans)] if plans else []
    return "\n".join([*head, *(plain.bullet + line for line in deeds), *tail])


def _sentences(line: Line, raw: str) -> list[str]:
    """What a line tells, sentence by sentence, in the characters that the person typed."""
    return [one for one in re.split(r"(?<=。)(?![」』）)])", line.as_typed(raw)) if one.strip()]


def tells_plan(line: Line, sentence: str, report: ReportSettings) -> bool:
    """Whether a sentence of a line is a plan: in running text that takes other kinds too, only one that says so."""
    if sentence.startswith(normalise(report.closing or PLAN)):
        return True
    section = None if line.section is None else report.sections[line.section]
    apart = section is None or not section.title or only_plans(section)
    return line.kind == "closing" and (apart or sentence.startswith(ALSO))


def read_plain(body: str, plain: ReportSettings) -> PlainLines:
    """Given a body in a plain form, return what it tells, letter by letter."""
    raw = body.split("\n")
    deeds: list[str] = []
    plans: list[str] = []
    for line in read_lines(normalise(body), plain):
        text = raw[line.number - 1].strip()
        if line.kind == "closing":
            plans += [f"{one.rstrip('。')}。" for one in text.removeprefix(plain.closing).split(f"。{ALSO}")]
        elif line.kind in ("bullet", "text"):
            deeds.append(text.removeprefix(plain.bullet.strip()).strip())
    return PlainLines(tuple(deeds), tuple(plans))


def place_of(line: str, plan: bool, report: ReportSettings) -> int | None:
    """Given a line, return the index of the section that takes it; None for a plan that has no place."""
    kind = "plan" if plan else kind_of(line)
    taking = {one: index for index, section in enumerate(report.sections) for one in section.take}
    if kind in taking:
        return taking[kind]
    return None if plan and not report.closing else taking.get("rest")


def in_section(line: str, plan: bool, section: ReportSection, report: ReportSettings) -> str:
    """A line as it stands in a section, without its mark: a plan says that it is one where the title does not."""
    return (report.closing or PLAN) + line if plan and not only_plans(section) else line


def _section(section: ReportSection, told: PlainLines, report: ReportSettings) -> str:
    """One part of the report, "" where it is left out."""
    if section.take == ("plan",) and not section.title:  # the closing, at a place of its own
        return (report.closing or PLAN) + ALSO.join(told.plans) if told.plans else ""
    at = next(index for index, one in enumerate(report.sections) if one is section)
    lines = [
        in_section(line, plan, section, report)
        for plan, every in ((False, told.deeds), (True, told.plans))
        for line in every
        if place_of(line, plan, report) == at
    ]
    if not lines:
        if section.take and (section.optional or not (section.title or section.empty)):
            return ""
        return under_title(section, section.empty if section.take else section.text)
    return under_title(section, "\n".join(in_layout(lines, section, report)))


def in_layout(lines: Sequence[str], section: ReportSection, report: ReportSettings) -> list[str]:
    """Lines as a section shows them: one under the other with its mark, or as running text."""
    if section.layout != "lines":
        return ["".join(lines)]
    mark = mark_of(section, report)
    return [marked(mark, number, line) if mark else line for number, line in enumerate(lines, start=1)]


def under_title(section: ReportSection, text: str) -> str:
    """A section's title with what stands under it or, where the form wants that, behind it."""
    if section.layout == "inline":
        return (section.title + text).rstrip()
    return "\n".join(part for part in (section.title, text) if part)
