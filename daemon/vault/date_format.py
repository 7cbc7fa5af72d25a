"""moment.js date formats, as Obsidian's daily notes use them: text → date.

Pure. Covers the tokens that name a day (year, month, day, day of year, ISO week and weekday), month names in English
and Japanese, ``[literal]`` text, and lets weekday names of any language and clock tokens pass. A format whose meaning
depends on the locale (``L``, ``LL`` …) is refused. The tokeniser follows moment 2.30's ``formattingTokens``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from daemon.errors import ImpossibleDate, UsageError

TOKENS = re.compile(
    r"\[[^\[]*\]|\\.|LTS|LT|LL?L?L?|l{1,4}|[Hh]mm(?:ss)?|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|w[ow]?|W[oW]?|Qo?|N{1,5}"
    r"|YYYYYY|YYYYY|YYYY|YY|y{1,4}|gg(?:ggg?)?|GG(?:GGG?)?|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|.",
    re.DOTALL,
)
MONTHS = (
    "january february march april may june july august september october november december".split(),  # noqa: SIM905
    [f"{number}月" for number in range(1, 13)],
)
WORD = r"[^\W\d_]+\.?"
ORDINAL = r"(?:st|nd|rd|th|日|号|\.|º|er|e)?"
TWO = r"\d{2}"
ONE_OR_TWO = r"\d{1,2}"
MONTH_NAME = rf"(?:1[0-2]|[1-9])月|{WORD}"

PATTERNS: dict[str, tuple[str, str]] = {
    "YYYY": ("year", r"\d{4}"),
    "YY": ("short_year", TWO),
    "Y": ("year", r"\d{4}"),
    "M": ("month", ONE_OR_TWO),
    "MM": ("month", TWO),
    "Mo": ("month", rf"{ONE_OR_TWO}(?:st|nd|rd|th|月|\.)?"),
    "MMM": ("month_name", MONTH_NAME),
    "MMMM": ("month_name", MONTH_NAME),
    "D": ("day", ONE_OR_TWO),
    "DD": ("day", TWO),
    "Do": ("day", rf"{ONE_OR_TWO}{ORDINAL}"),
    "DDD": ("day_of_year", r"\d{1,3}"),
    "DDDo": ("day_of_year", rf"\d{{1,3}}{ORDINAL}"),
    "DDDD": ("day_of_year", r"\d{3}"),
    "GGGG": ("iso_year", r"\d{4}"),
    "W": ("iso_week", ONE_OR_TWO),
    "WW": ("iso_week", TWO),
    "E": ("iso_weekday", "[1-7]"),
}
PASSED = {
    **dict.fromkeys(("dd", "ddd", "dddd"), WORD),
    **dict.fromkeys(("d", "e"), "[0-7]"),
    "do": rf"[0-6]{ORDINAL}",
    **dict.fromkeys(("w", "H", "h", "k", "m", "s"), ONE_OR_TWO),
    **dict.fromkeys(("ww", "HH", "hh", "kk", "mm", "ss", "gg", "GG"), TWO),
    **dict.fromkeys(("wo", "Wo"), rf"{ONE_OR_TWO}\w{{0,2}}"),
    "gggg": r"\d{4}",
    "Q": "[1-4]",
    "Qo": rf"[1-4]{ORDINAL}",
    **dict.fromkeys(("A", "a"), r"am|pm|午前|午後"),
    **dict.fromkeys(("Hmm", "hmm"), r"\d{3,4}"),
    **dict.fromkeys(("Hmmss", "hmmss"), r"\d{5,6}"),
    "X": r"\d+",
    "x": r"\d+",
    **{"S" * digits: rf"\d{{{digits}}}" for digits in range(1, 10)},
}
"""Tokens that may stand in a name but do not name the day."""

SAME_AS = {"month_name": "month", "short_year": "year"}
ONE_DAY = ({"year", "month", "day"}, {"year", "day_of_year"}, {"iso_year", "iso_week", "iso_weekday"})


@dataclass(frozen=True)
class MomentFormat:
    """A compiled format. ``text`` is the format as the user wrote it."""

    text: str
    pattern: re.Pattern[str]
    fields: tuple[str, ...]

    def read(self, text: str) -> date | None:
        """Given a name without its extension, return the day or None when it has another form.

        Raises ``ImpossibleDate`` when the form fits and the day does not exist.
        """
        match = self.pattern.fullmatch(unicodedata.normalize("NFC", text))
        if match is None:
            return None
        values: dict[str, int] = {}
        for field, found in zip(self.fields, match.groups(), strict=True):
            number = _month_number(found) if field == "month_name" else int(re.sub(r"\D.*", "", found))
            if number is None:
                continue
            name = SAME_AS.get(field, field)
            if field == "short_year":
                number += 2000 if number <= 68 else 1900  # moment's own pivot
            if values.setdefault(name, number) != number:
                return None
        return _day(values, text)


def compile_format(text: str) -> MomentFormat:
    """Given a moment.js format, return it compiled. Raises ``UsageError`` when it does not name a day."""
    parts: list[str] = []
    fields: list[str] = []
    for token in TOKENS.findall(unicodedata.normalize("NFC", text)):
        if token.startswith("[") and token.endswith("]") and len(token) > 1:
            parts.append(re.escape(token[1:-1]))
        elif token.startswith("\\"):
            parts.append(re.escape(token[1:]))
        elif token in PATTERNS:
            field, pattern = PATTERNS[token]
            fields.append(field)
            parts.append(f"({pattern})")
        elif token in PASSED:
            parts.append(f"(?:{PASSED[token]})")
        elif re.fullmatch(r"LTS|LT|L{1,4}|l{1,4}|zz?|ZZ?|N{1,5}|y{1,4}|Y{5,6}|g+|G+", token):
            raise UsageError(
                f'The daily-note format "{text}" uses "{token}", which depends on the language of Obsidian.',
                "Write the format out in config.toml: diary_format in [vault]; plain words stand in [square brackets].",
            )
        else:
            parts.append(re.escape(token))
    known = {SAME_AS.get(field, field) for field in fields}
    if not any(known >= needed for needed in ONE_DAY):
        raise UsageError(
            f'The daily-note format "{text}" does not name one day.',
            'Set diary_format in [vault] of config.toml, for example "YYYY-MM-DD".',
        )
    return MomentFormat(text, re.compile("".join(parts), re.IGNORECASE), tuple(fields))


def _month_number(name: str) -> int | None:
    """The month of an English or Japanese name, abbreviated or not; None for a name of another language."""
    plain = name.casefold().rstrip(".")
    for names in MONTHS:
        for number, full in enumerate(names, start=1):
            if plain == full or (len(plain) >= 3 and full.isascii() and full.startswith(plain)):
                return number
    return None


def _day(values: dict[str, int], text: str) -> date | None:
    makers: tuple[tuple[tuple[str, ...], Callable[..., date]], ...] = (
        (("year", "month", "day"), date),
        (("year", "day_of_year"), _of_year),
        (("iso_year", "iso_week", "iso_weekday"), date.fromisocalendar),
    )
    for needed, make in makers:
        if all(name in values for name in needed):
            try:
                return make(*(values[name] for name in needed))
            except ValueError:
                what = f"{text}: the calendar has no such day."
                raise ImpossibleDate(what, "Rename the note to the day it belongs to.") from None
    return None


def _of_year(year: int, day_of_year: int) -> date:
    day = date(year, 1, 1) + timedelta(days=day_of_year - 1)
    if day.year != year:
        raise ValueError(day_of_year)
    return day
