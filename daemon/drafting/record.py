"""What was asked and answered about the sentences of one day: evidence for a reader, labels for the training, and
what a later draft need not ask again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

REACH = 2
"""An answer may be used again while so many sentences before and behind its own stand as they stood."""


@dataclass(frozen=True)
class LineRecord:
    """A line that the model wrote for a sentence. ``confidence``: the probability that it may stand as it is (0-1).
    ``kept``: it is in the report. ``doubts``: Japanese, what a check or the model itself held against it."""

    text: str
    confidence: float
    kept: bool
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class SentenceRecord:
    """A sentence of the prepared diary with its place, and what became of it. ``nothing`` is the probability that it
    gives the report no line, None where the engine cannot tell. ``failed``: it was asked and got no answer."""

    text: str
    line: int
    first: int
    last: int
    nothing: float | None
    lines: tuple[LineRecord, ...] = ()
    failed: bool = False

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SentenceRecord:
        lines = tuple(LineRecord(**{**line, "doubts": tuple(line["doubts"])}) for line in values["lines"])
        return cls(**{**values, "lines": lines})


@dataclass(frozen=True)
class DayRecord:
    """All sentences of a day. ``made_by`` names what the answers depend on beside the diary: version, prompt,
    settings."""

    made_by: str = ""
    sentences: tuple[SentenceRecord, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> DayRecord:
        """The record of ``to_json``; an empty one of None or of values in another form, since it can be made anew."""
        try:
            found = tuple(SentenceRecord.from_json(one) for one in (values or {})["sentences"])
            return cls(str((values or {})["made_by"]), found)
        except (KeyError, TypeError):
            return cls()

    @classmethod
    def from_text(cls, text: str) -> DayRecord:
        """The record of a JSON text as the database keeps it; an empty one of anything else."""
        try:
            return cls.from_json(json.loads(text))
        except ValueError:
            return cls()


def reusable(earlier: DayRecord, made_by: str, sentences: Sequence[str]) -> dict[int, SentenceRecord]:
    """Given the record of an earlier draft and the sentences of the diary as it is now, return the answers that may be
    used again, by the index of their sentence.

    The model reads the whole diary, but what a sentence gives depends on itself and its neighbours: an answer holds
    while the ``REACH`` sentences before and behind its own are the same, the day's first and last sentence counting as
    neighbours of nothing.
    """
    if not made_by or earlier.made_by != made_by:
        return {}
    before = [one.text for one in earlier.sentences]

    def surroundings(texts: Sequence[str], at: int) -> tuple[str | None, ...]:
        return tuple(texts[i] if 0 <= i < len(texts) else None for i in range(at - REACH, at + REACH + 1))

    known: dict[tuple[str | None, ...], SentenceRecord] = {}
    for at, one in enumerate(earlier.sentences):
        known.setdefault(surroundings(before, at), one)
    found = {at: known.get(surroundings(sentences, at)) for at in range(len(sentences))}
    return {at: one for at, one in found.items() if one is not None and not one.failed}
