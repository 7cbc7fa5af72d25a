"""The sentences of a prepared diary, each with its place. Pure.

A diary is cut at line ends and behind 。！？!? (not inside closing brackets); a piece of fewer than five letters
joins the one before, because it says nothing by itself. The labels of ``data/starter/corpus.jsonl`` are of exactly
these sentences."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from daemon.checks.text import normalise
from daemon.vault import frontmatter
from daemon.vault.template import comparable

SHORTEST = 5
"""Letters and digits that a sentence of its own has."""
_END = re.compile(r"(?<=[。！？!?])(?![」』）)])|(?<=[。！？!?][」』）)])(?=[^」』）)。、のとって])")
_NO_LETTER = re.compile(r"[\s\W_]+")


@dataclass(frozen=True)
class Sentence:
    """A sentence, the line of the prepared diary that it begins in (from 1), and its first character and the one behind
    its last, counted from 0 in the prepared diary."""

    text: str
    line: int
    first: int
    last: int


def letters(text: str) -> str:
    """The letters and digits of a text, folded as the checks compare."""
    return _NO_LETTER.sub("", normalise(text).lower())


def split(prepared: str) -> list[Sentence]:
    """Given a prepared diary, return its sentences in order."""
    found: list[Sentence] = []
    for piece in _pieces(prepared):
        if found and len(letters(piece.text)) < SHORTEST:
            before = found[-1]
            found[-1] = Sentence(before.text + piece.text, before.line, before.first, piece.last)
        else:
            found.append(piece)
    return found


def asked(sentences: Sequence[Sentence], prepared: str) -> list[int]:
    """The indices of the sentences that are worth a question: outside the frontmatter, and not of signs alone."""
    end = len(frontmatter.split(prepared, dots=True)[0])
    return [index for index, one in enumerate(sentences) if one.first >= end and len(letters(one.text)) > 1]


def made_by_template(sentence: Sentence, prepared: str, made: Collection[str]) -> bool:
    """Whether all lines that a sentence lies in are of those that the diary's template wrote."""
    last = sentence.line + prepared.count("\n", sentence.first, sentence.last)
    lines = [comparable(line) for line in prepared.split("\n")[sentence.line - 1 : last]] if made else []
    return bool(lines) and all(line in made or not line for line in lines)


def _pieces(prepared: str) -> Iterator[Sentence]:
    start = 0
    for number, line in enumerate(prepared.split("\n"), start=1):
        position = start
        for part in _END.split(line):
            text = part.strip()
            if text:
                first = position + part.index(text)
                yield Sentence(text, number, first, first + len(text))
            position += len(part)
        start += len(line) + 1
