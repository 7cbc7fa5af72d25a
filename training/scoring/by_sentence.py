"""A report by sentence against the labels of its diary: what was chosen, what is true, where two versions differ. Pure
but for Sudachi's dictionary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.checks.text import normalise
from daemon.drafting.record import DayRecord
from daemon.learning.alignment import Likeness
from daemon.learning.edit_distance import edit_distance
from training.pairs.rows import Row
from training.scoring.gate import LineCount

LIKE = 0.45
"""Likeness to a labelled line from which a line that nobody read counts as true, where its numbers are the same. Of the
396 judged lines of dev days (65 % T) 226 would count, 77 % of them T, which is 67 % of all that are: good enough to
compare two versions on the same days, not to say how true one is."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

Spot = tuple[str, int]
"""A sentence of a diary, and how often the same words have stood before it: a diary that did not fit was shortened, so
that counting from the first sentence would not do."""


@dataclass(frozen=True)
class Difference:
    """A sentence of a day for which two versions wrote different lines, and what was accepted for it (None: that is
    not known)."""

    row: Row
    sentence: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    accepted: tuple[str, ...] | None


def kept_lines(record: DayRecord) -> dict[Spot, tuple[str, ...]]:
    """The lines of each sentence that a report kept."""
    texts = [one.text for one in record.sentences]
    kept = [tuple(line.text for line in one.lines if line.kept) for one in record.sentences]
    return dict(zip(_places(texts), kept, strict=True))


def labelled_lines(row: Row) -> dict[Spot, tuple[str, ...]]:
    """The lines that each sentence of a row gives, as far as that is known."""
    sentences = row.sentences or ()
    places = _places([text for text, _ in sentences])
    return {place: lines for place, (_, lines) in zip(places, sentences, strict=True) if lines is not None}


def own_places(row: Row) -> frozenset[Spot]:
    """Of the labelled sentences those whose label is the person's own doing. What a draft said and was let stand shows
    what the version liked that wrote it: by that every other version would seem worse."""
    texts = [text for text, _ in row.sentences or ()]
    return frozenset(
        place
        for at, place in enumerate(_places(texts))
        if place in labelled_lines(row) and (row.own is None or at in row.own)
    )


def selection_errors(record: DayRecord, row: Row) -> int | None:
    """Of the person's own sentences so many were told and give no line, or give one and were not told; None where there
    is none."""
    told, labels = kept_lines(record), labelled_lines(row)
    known = [bool(labels[place]) != bool(told[place]) for place in own_places(row) if place in told]
    return sum(known) if known else None


def left_to_change(record: DayRecord, row: Row) -> float | None:
    """The characters to change in a report until each of the person's own sentences gives what their report gives for
    it, as a share of the lines of all its sentences; None where no line is known."""
    told, labels = kept_lines(record), labelled_lines(row)
    whole = sum(len(line) for place, lines in labels.items() if place in told for line in lines)
    if not whole:
        return None
    own = [place for place in own_places(row) if place in told]
    return sum(edit_distance("\n".join(told[place]), "\n".join(labels[place])) for place in own) / whole


def missing_lines(record: DayRecord, row: Row) -> int | None:
    """So many lines fewer than the person's report has (below 0: more), whichever they are; None where that is not
    known."""
    told, labels = kept_lines(record), labelled_lines(row)
    if not told or not labels:
        return None
    return sum(map(len, labels.values())) - sum(map(len, told.values()))


def differences(row: Row, before: DayRecord, after: DayRecord) -> list[Difference]:
    """Where two versions told a sentence of one day differently, in the diary's order."""
    old, new, labels = kept_lines(before), kept_lines(after), labelled_lines(row)
    return [
        Difference(row, place[0], lines, new[place], labels.get(place))
        for place, lines in old.items()
        if place in new and lines != new[place]
    ]


def count_lines(record: DayRecord, row: Row) -> LineCount:
    """A report's lines, and how many of them are true as far as a program can tell: those that a reader has marked T,
    and of those that nobody read the ones that are like a line that the diary gives, with the same numbers.

    Any other line counts as not true, one of which nothing is known as well. That is too strict for one line (of 568
    true ones 35 % are not recognised) but tells versions apart: readers' words alone know 4 % of the untrue lines, as
    a new version hardly ever writes the very line that was read, and this way it is 67 %.
    """
    judged = {line: label for line, label, _ in row.judged}
    given = [line for lines in labelled_lines(row).values() for line in lines]
    likeness = Likeness([text for text, _ in row.sentences or ()])
    lines = [line for lines in kept_lines(record).values() for line in lines]
    true = sum(judged[line] == "T" if line in judged else like_one_of(line, given, likeness) for line in lines)
    return LineCount(true, len(lines))


def like_one_of(line: str, given: Sequence[str], likeness: Likeness) -> bool:
    """Whether a line says what one of the given lines says."""
    numbers = _numbers(line)
    return any(_numbers(other) == numbers and likeness.alike(line, other) >= LIKE for other in given)


def _numbers(line: str) -> list[str]:
    return sorted(_NUMBER.findall(normalise(line)))


def _places(texts: Sequence[str]) -> Iterator[Spot]:
    seen: Counter[str] = Counter()
    for text in texts:
        yield text, seen[text]
        seen[text] += 1
