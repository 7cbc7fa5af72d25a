"""A line that had been left out, put into a body that a person may have edited. Pure but for Sudachi's dictionary.

What stands in the body stays as it is, letter by letter, but for the sentence that nothing was studied."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.checks.form import read_lines
from daemon.checks.text import normalise
from daemon.config import ReportSettings
from daemon.drafting.compose import ALSO, in_style
from daemon.drafting.evidence import LeftOut
from daemon.drafting.prompt import BULLET
from daemon.drafting.record import DayRecord
from daemon.drafting.repair import PLACEHOLDER


def put_in(body: str, line: LeftOut, record: DayRecord, report: ReportSettings) -> str:
    """Given a body, a line of ``left_out`` and the same record and form, return the body with the line: a deed at its
    place in the diary's order among the bullets, a plan in the closing, which is made where there is none."""
    if line.plan:
        return _with_plan(body, line, report)
    if body.strip() in ("", report.no_study.strip(), PLACEHOLDER):
        return "\n".join([*([report.lead, ""] if report.lead else []), line.text])
    return _with_deed(body, line, record, report)


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
    return {normalise(in_style(line.text.removeprefix(BULLET), report)).strip(): at for line, at in every}
