"""A school's own form of report as text: header lines with the date, section titles, marks that count. Pure.

What the form itself says (header, titles, fixed texts) is the person's own words out of the settings, so that no check
of what the report tells concerns it (``without_form``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from daemon.checks.text import normalise
from daemon.config.report_form import ReportSection, ReportSettings

WEEKDAYS = "月火水木金土日"
FIRST_OF_REIWA = 2019
_TOKEN = re.compile(r"\{(YYYY|MM|M|DD|D|ddd|R|_)\}")
_SHAPES = {"YYYY": r"\d{4}", "R": r"(?:\d{1,2}|元)", "ddd": f"[{WEEKDAYS}]", "_": ".*"}
_ONE = re.compile("[1１①]")
_NUMBER = r"\d{1,2}"
GENERAL_MARK = re.compile(r"^(?:[*\-+・•●◦]|\d{1,2}[.)]|\(\d{1,2}\))[ \t]{0,4}(?=\S)")


@dataclass(frozen=True)
class FormLine:
    """A line of a normalised report in sections: its number (from 1); its kind (as ``form.Line``); what it tells,
    without mark and title; the index of its section, None before the first; how many of its characters (title, mark)
    stand in front of that; whether a title stands on it."""

    number: int
    kind: str
    text: str
    section: int | None
    title: int = 0
    titled: bool = False


def has_layout(report: ReportSettings) -> bool:
    """Whether a report is more than lead, marked lines and closing: then it is laid over the plain form at the end."""
    return bool(report.header or report.sections or is_counted(report.bullet))


def any_title(report: ReportSettings) -> bool:
    """Whether a section of the form has a title to know it by."""
    return any(section.title.strip() for section in report.sections)


def is_counted(mark: str) -> bool:
    """Whether a mark counts its lines: "1. ", "(1) ", "①"."""
    return _ONE.search(mark) is not None


def marked(mark: str, number: int, text: str) -> str:
    """A line behind its mark; ``number`` (from 1) is its place, which a mark that counts shows."""
    one = _ONE.search(mark)
    if one is None:
        return mark + text
    shown = str(number)
    if one[0] == "①":
        shown = chr(ord("①") + number - 1) if number <= 20 else f"({number})"
    elif one[0] == "１":
        shown = shown.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    gap = " " if one.end() == len(mark) and text[:1].isdecimal() else ""
    return mark[: one.start()] + shown + mark[one.end() :] + gap + text


def without_mark(text: str, mark: str) -> str | None:
    """Given a normalised line and a mark, return what stands behind the mark, None where the line does not bear it."""
    found = _mark_pattern(mark).match(text)
    return text[found.end() :].strip() if found else None


def mark_of(section: ReportSection, report: ReportSettings) -> str:
    """The mark of a section's lines: its own, none in running text, else the report's."""
    if section.bullet is not None:
        return section.bullet
    return report.bullet if section.layout == "lines" else ""


def only_plans(section: ReportSection) -> bool:
    """Whether a section's title already says that its lines are plans."""
    return section.take == ("plan",) and bool(section.title)


def keeps_plans(report: ReportSettings) -> bool:
    """Whether plans have a place in the report at all."""
    return bool(report.closing) or any("plan" in section.take for section in report.sections)


def header_lines(report: ReportSettings, day: date | None) -> list[str]:
    """The header of a day's report; without a day, the lines that show none."""
    if day is None:
        return [line for line in report.header if not _TOKEN.search(line)]
    year = day.year - FIRST_OF_REIWA + 1
    values = {
        "YYYY": f"{day:%Y}",
        "MM": f"{day:%m}",
        "M": str(day.month),
        "DD": f"{day:%d}",
        "D": str(day.day),
        "ddd": WEEKDAYS[day.weekday()],
        "R": "元" if year == 1 else str(year),
        "_": "",
    }
    return [_TOKEN.sub(lambda token: values[token[1]], line).rstrip() for line in report.header]


def is_header(text: str, header: Iterable[str]) -> bool:
    """Whether a normalised line is one of a form's header lines, of any day."""
    return any(_header_pattern(line).fullmatch(text) for line in header)


def read_sections(text: str, report: ReportSettings) -> Iterator[FormLine]:
    """Given a normalised report and a form with sections, return its lines that are not empty, with what each is.

    Kinds beside those of every report: "heading" a section's title, "fixed" header lines and fixed texts, "own" what a
    person wrote into a part that is left for the person; "closing" a plan.
    """
    no_study, lead = normalise(report.no_study).strip(), normalise(report.lead).strip()
    at = 0 if report.sections and not report.sections[0].title else None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line:
            continue
        opened = _opened(line, at, report)
        if line == no_study:
            yield FormLine(number, "no-study", line, at)
        elif lead and line == lead:
            yield FormLine(number, "lead", line, at)
        elif opened is not None:
            at, rest = opened
            kind, told = _told(rest, report.sections[at], report) if rest else ("heading", line)
            yield FormLine(number, kind, told, at, _in_front(raw, told), True)
        elif is_header(line, report.header):
            yield FormLine(number, "fixed", line, at)
        else:
            later = next((i for i in range((at or 0), len(report.sections)) if _is_untitled(line, report, i)), None)
            at = later if later is not None else at
            kind, told = ("text", line) if at is None else _told(line, report.sections[at], report)
            yield FormLine(number, kind, told, at, _in_front(raw, told))


def _in_front(raw: str, told: str) -> int:
    """How many characters of a line stand in front of what it tells: its title or mark."""
    return len(raw.rstrip()) - len(told)


def _is_untitled(line: str, report: ReportSettings, at: int) -> bool:
    section = report.sections[at]
    return not section.title and bool(section.text) and line in _lines(section.text)


def _opened(line: str, at: int | None, report: ReportSettings) -> tuple[int, str] | None:
    """The section whose title a line is, with what stands behind the title; a later section before an earlier one."""
    count = len(report.sections)
    order = range(count) if at is None else [*range(at + 1, count), *range(at + 1)]
    for index in order:
        section = report.sections[index]
        title = normalise(section.title).strip()
        if title and (line == title or (section.layout == "inline" and line.startswith(title))):
            return index, line[len(title) :].strip()
    return None


def _told(line: str, section: ReportSection, report: ReportSettings) -> tuple[str, str]:
    """Kind and text of a line within a section."""
    if line in _lines(section.text) or (section.take and line in _lines(section.empty)):
        return "fixed", line
    if not section.take:
        return "own", line
    mark = mark_of(section, report)
    bare = without_mark(line, mark) if mark else line
    if bare is None:
        general = GENERAL_MARK.match(line)
        bare = line[general.end() :] if general else line
        if not general and not line.endswith("。"):
            return "text", line
    closing = normalise(report.closing).strip()
    planned = only_plans(section) or (closing and bare.startswith(closing))
    return "closing" if planned else "bullet", bare


def _lines(text: str) -> list[str]:
    return [line.strip() for line in normalise(text).split("\n") if line.strip()]


@lru_cache(maxsize=64)
def _mark_pattern(mark: str) -> re.Pattern[str]:
    plain = normalise(mark).strip()
    one = _ONE.search(plain)
    if one is None:
        return re.compile(re.escape(plain) + r"[ \t]*")
    before, behind = re.escape(plain[: one.start()]), re.escape(plain[one.end() :])
    return re.compile(f"{before}{_NUMBER}{behind or '(?=[^0-9])'}[ \\t]*")


@lru_cache(maxsize=64)
def _header_pattern(line: str) -> re.Pattern[str]:
    parts = _TOKEN.split(line)
    shown = [re.escape(normalise(part)) if at % 2 == 0 else _SHAPES.get(part, _NUMBER) for at, part in enumerate(parts)]
    return re.compile("".join(shown).replace("\\ .*", "(?: .*)?").strip())
