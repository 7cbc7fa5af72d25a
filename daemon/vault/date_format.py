"""moment.js date formats, as Obsidian's daily notes use them: a name → its day.

Pure. Reads what moment writes with the tokens that name a day (year, month, day, day of year, ISO week and weekday),
names of months and weekdays in all of moment's languages, ``[literal]`` text, and lets clock tokens pass. Where tokens
run together (``DMMMMYYYY``) and a name can be read in several ways, the first way that the calendar and the name's
weekday allow is taken; the ways come in moment's own order, which takes as many digits as it can. A format whose order
depends on the language (``L``, ``LL`` …) is refused. Slashes at the ends and doubled ones count as Obsidian's
``normalizePath`` counts them: not at all. ``tests/daemon/vault/test_moment.py`` holds all this against moment itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice

from daemon.errors import ImpossibleDate, UsageError
from daemon.vault.date_names import date_names, fold
from daemon.vault.date_tokens import LANGUAGE, TOKENS, form_of
from daemon.words import tr

SAME_AS = {"month_name": "month", "short_year": "year", "era_year": "year"}
ONE_DAY = ({"year", "month", "day"}, {"year", "day_of_year"}, {"iso_year", "iso_week", "iso_weekday"})
REIWA = 2018
"""令和元年 is 2019; moment counts the years of eras in Japanese alone."""
MOST_READINGS = 1000
"""Ways of cutting up one name that are looked at."""
ENDING = ".md"


@dataclass(frozen=True)
class FormatPart:
    """A piece of a format: the pattern of its folded form, and the field that it tells ("" for none)."""

    pattern: str
    field: str = ""


@dataclass(frozen=True)
class MomentFormat:
    """A compiled format. ``text`` is the format as the user wrote it, ``depth`` the number of folders in it."""

    text: str
    parts: tuple[FormatPart, ...] = field(repr=False)
    pattern: re.Pattern[str] = field(repr=False)
    depth: int

    def read(self, text: str) -> date | None:
        """Given a name without its extension, return the day or None when it has another form.

        Raises ``ImpossibleDate`` when the form fits and the day does not exist.
        """
        folded = fold(text)
        match = self.pattern.fullmatch(folded)
        if match is None:
            return None
        fields = [part.field for part in self.parts if part.field]
        plain = _readings(fields, match.groups())
        if plain and plain[0].day and plain[0].agrees:
            return plain[0].day
        found = [one for values in islice(self._cuts(folded), MOST_READINGS) for one in _readings(fields, values)]
        days = [one for one in found if one.day]
        if days:
            return next((one.day for one in days if one.agrees), days[0].day)
        if found:
            raise ImpossibleDate(
                tr("{text}: the calendar has no such day.", text=text), tr("Rename the note to the day it belongs to.")
            )
        return None

    def _cuts(self, text: str, number: int = 0, start: int = 0) -> Iterator[tuple[str, ...]]:
        """Every way to cut a name into the parts from ``number`` on, the longest pieces first: the fields' texts."""
        if number == len(self.parts):
            if start == len(text):
                yield ()
            return
        part = self.parts[number]
        form = re.compile(part.pattern)
        for end in range(len(text), start - 1, -1):
            if form.fullmatch(text, start, end):
                for rest in self._cuts(text, number + 1, end):
                    yield (text[start:end], *rest) if part.field else rest


@dataclass(frozen=True)
class _Reading:
    """One meaning of a name: its day (None: the calendar has none), and whether the name's weekday is that day's."""

    day: date | None
    agrees: bool


@lru_cache(maxsize=16)
def compile_format(text: str) -> MomentFormat:
    """Given a moment.js format, return it compiled. Raises ``UsageError`` when it does not name a day."""
    parts, depth = _parts(text)
    fields = [part.field for part in parts if part.field]
    known = {SAME_AS.get(one, one) for one in fields}
    if not any(known >= needed for needed in ONE_DAY):
        raise UsageError(
            tr('The daily-note format "{text}" does not name one day.', text=text),
            tr('Set diary_format in [vault] of config.toml, for example "YYYY-MM-DD".'),
        )
    pattern = "".join(f"({part.pattern})" if part.field else f"(?:{part.pattern})" for part in parts)
    return MomentFormat(text, tuple(parts), re.compile(pattern, re.DOTALL), depth)


def _parts(text: str) -> tuple[list[FormatPart], int]:
    """The pieces of a format, and how many folders they name."""
    pieces = _pieces(text)
    tokens = {token for token, _ in pieces}
    numbered = bool(tokens & {"M", "MM", "Mo", "DDD", "DDDD", "DDDo"}) or {"W", "WW", "Wo"} & tokens != set()
    parts: list[FormatPart] = []
    depth = 0
    for token, literal in _without_ending(_without_spare_slashes(pieces)):
        form = form_of(token, numbered)
        if token == ENDING:
            parts.append(FormatPart(r"(?:\.\d{1,2}[0-6])?"))
        elif LANGUAGE.fullmatch(token):
            raise UsageError(
                tr(
                    'The daily-note format "{text}" uses "{token}", which depends on the language of Obsidian.',
                    text=text,
                    token=token,
                ),
                tr(
                    "Write the format out in config.toml: diary_format in [vault]; plain words stand in "
                    "[square brackets]."
                ),
            )
        elif form:
            parts.append(FormatPart(form[1], form[0]))
        else:
            depth += literal.count("/")
            parts.append(FormatPart(re.escape(fold(literal or token))))
    return parts, depth


def _pieces(text: str) -> list[tuple[str, str]]:
    """(token, "") or ("", literal character) in order, as moment's own tokeniser cuts them."""
    found: list[tuple[str, str]] = []
    for bracketed, backslash, token in TOKENS.findall(text):
        literal = bracketed[1:-1] if bracketed else token if backslash else ""
        known = not literal and not bracketed and (LANGUAGE.fullmatch(token) or form_of(token, True))
        found += [(token, "")] if known else [("", one) for one in literal or ("" if bracketed else token)]
    return found


def _without_spare_slashes(pieces: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for piece in pieces:
        if piece != ("", "/") or (found and found[-1] != ("", "/")):
            found.append(piece)
    return found[:-1] if found and found[-1] == ("", "/") else found


def _without_ending(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pieces without an extension of their own. Outside of brackets ``.md`` are moment's tokens for minute and
    weekday: a name has those, or nothing where the extension was left out."""
    if "".join(literal or "\0" for _, literal in pieces[-len(ENDING) :]).lower() == ENDING:
        return pieces[: -len(ENDING)]
    if pieces[-len(ENDING) :] == [("", "."), ("m", ""), ("d", "")]:
        return [*pieces[: -len(ENDING)], (ENDING, "")]
    return pieces


def _readings(fields: Sequence[str], texts: Sequence[str]) -> list[_Reading]:
    """The meanings of a name that was cut into these fields; several where a month's name has several."""
    values: dict[str, tuple[int, ...]] = {}
    weekdays: tuple[int, ...] = ()
    for told, text in zip(fields, texts, strict=True):
        if told == "weekday":
            weekdays = date_names().weekdays.get(text, ())
        elif numbers := _numbers(told, text):
            name = SAME_AS.get(told, told)
            values[name] = tuple(one for one in values.get(name, numbers) if one in numbers)
    if not all(values.values()):
        return []
    found: list[_Reading] = []
    for month in values.get("month", (0,)):
        day = _day({name: numbers[0] for name, numbers in values.items()} | {"month": month})
        found.append(_Reading(day, day is not None and (not weekdays or day.isoweekday() % 7 in weekdays)))
    return found


def _numbers(told: str, text: str) -> tuple[int, ...]:
    """The numbers that a field's text may stand for; none for a month in an unknown language."""
    if told == "month_name":
        return date_names().months.get(text, ())
    digits = re.search(r"\d+", text)
    number = int(digits[0]) if digits else 1  # 令和元年
    if told == "short_year":
        number += 2000 if number <= 68 else 1900  # moment's own pivot
    elif told == "era_year" and number < 1000:
        number += REIWA
    return (number,)


def _day(values: dict[str, int]) -> date | None:
    """The day, None where the calendar has no such one."""
    makers: tuple[tuple[tuple[str, ...], Callable[..., date]], ...] = (
        (("year", "month", "day"), date),
        (("year", "day_of_year"), _of_year),
        (("iso_year", "iso_week", "iso_weekday"), date.fromisocalendar),
    )
    for needed, make in makers:
        if all(name in values for name in needed):
            try:
                return make(*(values[name] for name in needed))
            except (ValueError, OverflowError):
                return None
    return None


def _of_year(year: int, day_of_year: int) -> date:
    day = date(year, 1, 1) + timedelta(days=day_of_year - 1)
    if day.year != year:
        raise ValueError(day_of_year)
    return day
