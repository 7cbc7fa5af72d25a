"""A line that had been left out, put into a body that a person may have edited. Pure but for Sudachi's dictionary.

What stands in the body stays as it is, letter by letter, but for the sentence that nothing was studied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from daemon.checks.form import read_lines
from daemon.checks.school_form import has_layout, is_counted, mark_of, marked, only_plans, without_mark
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings
from daemon.drafting.compose import in_style
from daemon.drafting.evidence import LeftOut
from daemon.drafting.prompt import BULLET, PLAN
from daemon.drafting.record import DayRecord
from daemon.drafting.repair import PLACEHOLDER, tells_nothing
from daemon.drafting.school_layout import ALSO, dress, in_layout, in_section, place_of, plain_form, under_title

_TOLD = ("bullet", "closing")
"""Kinds of lines that tell what was done and what is planned."""


def put_in(body: str, line: LeftOut, record: DayRecord, report: ReportSettings, day: date | None = None) -> str:
    """Given a body, a line of ``left_out`` and the same record and form, return the body with the line: a deed at its
    place in the diary's order among the bullets, a plan in the closing, which is made where there is none; in a form
    with sections each in the section that takes it. ``day`` is for the header of a body that has none yet."""
    if has_layout(report):
        return _with_layout(body, line, record, report, day)
    if line.plan:
        return _with_plan(body, line, report)
    if body.strip() in ("", report.no_study.strip(), PLACEHOLDER):
        return "\n".join([*([report.lead, ""] if report.lead else []), line.text])
    return _with_deed(body, line, record, report)


def _with_layout(body: str, line: LeftOut, record: DayRecord, report: ReportSettings, day: date | None) -> str:
    """A form with parts or numbers: the line at its place in its own part, and the numbers behind it moved on."""
    if tells_nothing(body, report):
        plain = plain_form(report)
        return dress("\n".join([plain.bullet + _bare(line, report)]), report, day)
    at = place_of(_bare(line, report), line.plan, report) if report.sections else None
    read = read_lines(normalise(body), report)
    closed = line.plan and any(one.kind == "closing" for one in read)
    untitled = at is not None and not report.sections[at].title
    if at is None or not any(one.section is not None for one in read) or (closed and untitled):
        plain = plain_form(report)
        body = _with_plan(body, line, plain) if line.plan else _with_deed(body, line, record, report)
        return _renumbered(body, report.bullet, report, None)
    return _in_section(body, line, record, report, at)


def _in_section(body: str, line: LeftOut, record: DayRecord, report: ReportSettings, at: int) -> str:
    section, lines = report.sections[at], body.split("\n")
    read = read_lines(normalise(body), report)
    mine = [one for one in read if one.section == at]
    told = [one for one in mine if one.kind in _TOLD]
    text = in_section(_bare(line, report), line.plan, section, report)
    if told and section.layout != "lines":
        running = lines[told[-1].number - 1].rstrip()
        end = running.find(report.closing or PLAN) if not line.plan and not only_plans(section) else -1
        end = end if end >= 0 else len(running)  # a deed stands before the plans
        lines[told[-1].number - 1] = running[:end] + text + running[end:]
        return "\n".join(lines)
    if not told:
        block = under_title(section, "\n".join(in_layout([text], section, report)))
        if mine:  # the title alone, or what stands where there is nothing
            return "\n".join([*lines[: mine[0].number - 1], block, *lines[mine[-1].number :]])
        later = [one.number for one in read if one.section is not None and one.section > at]
        before = later[0] - 1 if later else len(lines)
        gap = [""] if report.section_gap else []
        return "\n".join([*lines[:before], *([] if later else gap), block, *(gap if later else []), *lines[before:]])
    mark = mark_of(section, report)
    places = _places(record, report)
    known = [(places[one.text], one.number) for one in told if one.text in places]
    number = max((entry[1] for entry in known if entry[0] <= line.place), default=told[0].number - 1 if known else 0)
    number = number or told[-1].number
    lines.insert(number, marked(mark, 1, text) if mark else text)
    return _renumbered("\n".join(lines), mark, report, at)


def _renumbered(body: str, mark: str, report: ReportSettings, at: int | None) -> str:
    """The body with the marks of a part counted anew, where its mark counts."""
    if not is_counted(mark):
        return body
    lines = body.split("\n")
    mine = [one for one in read_lines(normalise(body), report) if one.section == at and one.kind in _TOLD]
    counted = [one for one in mine if without_mark(normalise(lines[one.number - 1]).strip(), mark)]
    for place, one in enumerate(counted, start=1):
        lines[one.number - 1] = marked(mark, place, one.as_typed(lines[one.number - 1]))
    return "\n".join(lines)


def _bare(line: LeftOut, report: ReportSettings) -> str:
    """A line without mark, title and beginning of a closing, in the person's style."""
    return in_style(line.bare, report)


def _with_plan(body: str, line: LeftOut, report: ReportSettings) -> str:
    closings = [one.number for one in read_lines(normalise(body), report) if one.kind == "closing"]
    if not closings:
        return f"{body.rstrip()}\n\n{line.text}"
    lines = body.split("\n")
    before = lines[closings[-1] - 1].rstrip()
    stop = "" if before.endswith("。") else "。"
    lines[closings[-1] - 1] = before + stop + ALSO + line.text.removeprefix(report.closing)
    return "\n".join(lines)


def _with_deed(body: str, line: LeftOut, record: DayRecord, report: ReportSettings) -> str:
    lines = body.split("\n")
    read = read_lines(normalise(body), report)
    bullets = [one for one in read if one.kind == "bullet"]
    if not bullets:
        closing = next((one.number - 1 for one in read if one.kind == "closing"), len(lines))
        head, tail = "\n".join(lines[:closing]).rstrip(), lines[closing:]
        return "\n".join([*([head, ""] if head else []), line.text, *(["", *tail] if tail else [])])
    places = _places(record, report)
    known = [(places[one.text], one.number) for one in bullets if one.text in places]
    before = [entry for entry in known if entry[0] <= line.place]
    if before or not known:
        at = max(before)[1] if before else bullets[-1].number
        while at < len(lines) and lines[at].strip() and lines[at][0].isspace():
            at += 1  # what is indented under a bullet belongs to it
    else:
        at = min(known)[1] - 1
    return "\n".join([*lines[:at], line.text, *lines[at:]])


def _places(record: DayRecord, report: ReportSettings) -> Mapping[str, int]:
    """The index of the sentence behind every line of the record, by the line as it is read in a body of this form; a
    line that was put in by hand before counts too."""
    every = [(line, at) for at, one in enumerate(record.sentences) for line in one.lines]
    every.sort(key=lambda entry: entry[0].kept)  # of equal lines the one that was in the report
    return {
        normalise(in_style(line.text.removeprefix(BULLET).removeprefix(PLAN), report)).strip(): at for line, at in every
    }
