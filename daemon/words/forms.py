"""Sentences that a library says in English with values inside, known by their form and said in the language of the
person. Those that are not known stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from daemon.words import language, marked, tr

OF_PYDANTIC = (
    marked("Input should be a valid integer, unable to parse string as an integer"),
    marked("Input should be a valid integer, got a number with a fractional part"),
    marked("Input should be a valid integer"),
    marked("Input should be a valid number, unable to parse string as a number"),
    marked("Input should be a valid number"),
    marked("Input should be a valid string"),
    marked("Input should be a valid boolean, unable to interpret input"),
    marked("Input should be a valid boolean"),
    marked("Input should be a valid tuple"),
    marked("Input should be a valid dictionary or instance of {name}"),
    marked("Input should be a valid dictionary"),
    marked("Input should be greater than or equal to {least}"),
    marked("Input should be greater than {least}"),
    marked("Input should be less than or equal to {most}"),
    marked("Input should be less than {most}"),
    marked("Input should be a finite number"),
    marked("Input should be {values}"),
    marked("Tuple should have at least {least} item after validation, not {number}"),
    marked("Field required"),
    marked("{first} or {last}"),
)
"""What pydantic says of a value in the settings; ``{values}`` is a list such as "'week' or 'month'"."""


def said(sentence: str, known: Sequence[str]) -> str:
    """A sentence of a library in the language of the person."""
    if language() == "en":
        return sentence
    for one in known:
        found = _form(one).fullmatch(sentence)
        if found:
            return tr(one, **{name: said(value, known) for name, value in found.groupdict().items()})
    return sentence


@cache
def _form(sentence: str) -> re.Pattern[str]:
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(sentence))
    return re.compile(pattern, re.DOTALL)
