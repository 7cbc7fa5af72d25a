"""What each moment.js token may look like in a name. Pure; the tokeniser follows moment 2.29 (Obsidian's own)."""

from __future__ import annotations

import re
from functools import cache

from daemon.vault.date_names import any_of, date_names

TOKENS = re.compile(
    r"(\[[^\[]*\])|(\\)?(LTS|LT|LL?L?L?|l{1,4}|[Hh]mm(?:ss)?|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|w[o|w]?|W[o|W]?|Qo?"
    r"|N{1,5}|YYYYYY|YYYYY|YYYY|YY|y{2,4}|yo?|gg(?:ggg?)?|GG(?:GGG?)?|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?"
    r"|.)",
    re.DOTALL,
)
"""[literal text], or a token with a backslash that makes it literal, or any other character."""
WORD = r"[^\W\d_]{1,40}\.?"
"""A name that no language of moment's knows; of a month only where its number stands elsewhere in the name."""
TWO = r"\d{2}"
ONE_OR_TWO = r"\d{1,2}"
LANGUAGE = re.compile(r"LTS|LT|L{1,4}|l{1,4}")
"""Tokens that each language writes out in an order of its own."""

FIELDS: dict[str, tuple[str, str]] = {
    "YYYY": ("year", r"\d{4}"),
    "YYYYY": ("year", r"\d{5}"),
    "YYYYYY": ("year", r"\+\d{6}"),
    "YY": ("short_year", TWO),
    "Y": ("year", r"\d{4}"),
    **{"y" * digits: ("era_year", rf"\d{{{digits},4}}") for digits in range(1, 5)},
    "M": ("month", ONE_OR_TWO),
    "MM": ("month", TWO),
    "D": ("day", ONE_OR_TWO),
    "DD": ("day", TWO),
    "DDD": ("day_of_year", r"\d{1,3}"),
    "DDDD": ("day_of_year", r"\d{3}"),
    "GGGG": ("iso_year", r"\d{4}"),
    "W": ("iso_week", ONE_OR_TWO),
    "WW": ("iso_week", TWO),
    "E": ("iso_weekday", "[1-7]"),
}
"""Token → the field of a date that it tells, and its form. ``_wordy_fields`` has those with names and ordinals."""
PASSED = {
    **dict.fromkeys(("d", "e"), "[0-7]"),
    **dict.fromkeys(("w", "H", "h", "k", "m", "s"), ONE_OR_TWO),
    **dict.fromkeys(("ww", "HH", "hh", "kk", "mm", "ss", "gg", "GG"), TWO),
    "gggg": r"\d{4}",
    "Q": "[1-4]",
    **dict.fromkeys(("Hmm", "hmm"), r"\d{3,4}"),
    **dict.fromkeys(("Hmmss", "hmmss"), r"\d{5,6}"),
    "X": r"\d+",
    "x": r"\d+",
    **dict.fromkeys(("z", "zz"), ""),  # a local time has no abbreviation
    "Z": r"[+-]\d\d:\d\d",
    "ZZ": r"[+-]\d{4}",
    **{"S" * digits: rf"\d{{{digits}}}" for digits in range(1, 10)},
    **{"N" * times: WORD for times in range(1, 6)},
}
"""Tokens that may stand in a name but do not tell the day."""


def form_of(token: str, numbered: bool) -> tuple[str, str] | None:
    """The field that a token tells ("" for one that tells none) and the pattern of its folded form; None for what is
    no token. ``numbered``: the month's number stands elsewhere in the format, so its name may be any word."""
    if token in FIELDS:
        return FIELDS[token]
    if token in PASSED:
        return "", PASSED[token]
    if token in ("MMM", "MMMM"):
        return "month_name", rf"{_months()}|{WORD}" if numbered else _months()
    if token in ("dd", "ddd", "dddd"):
        return "weekday", rf"{_weekdays()}|{WORD}"
    if token in ("a", "A"):
        return "", any_of(date_names().meridiems)
    ordinals = {"Mo": ("month", ONE_OR_TWO), "Do": ("day", ONE_OR_TWO), "DDDo": ("day_of_year", r"\d{1,3}")}
    ordinals |= {"Wo": ("iso_week", ONE_OR_TWO), "wo": ("", ONE_OR_TWO), "Qo": ("", "[1-4]"), "do": ("", "[0-6]")}
    ordinals |= {"yo": ("era_year", r"\d{1,4}")}
    if token in ordinals:
        field, digits = ordinals[token]
        return field, _ordinal(digits)
    return None


@cache
def _months() -> str:
    return any_of(date_names().months)


@cache
def _weekdays() -> str:
    return any_of(date_names().weekdays)


@cache
def _ordinal(digits: str) -> str:
    ordinals = date_names().ordinals
    before = any_of({one for one, _ in ordinals if one})
    behind = any_of({one for _, one in ordinals if one} | {"号", "年"})
    return rf"(?:{before})?{digits}(?:{behind})?"
