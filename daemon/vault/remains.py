"""A text that is cut piece by piece, and what was cut, by its place in the text as given. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class CutPiece:
    """A piece that was taken out: its kind, why in words for a person, its first and last line (from 1) and its words.
    For the terminal of the person alone: it holds what is private."""

    kind: str
    why: str
    line: int
    last_line: int
    text: str


class Remains:
    """What is left of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.cuts: list[CutPiece] = []
        self._given = text
        self._line_starts = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]
        self._origins = array("L", range(len(text)))

    def cut(self, spans: Iterable[tuple[int, int, str, str]], mark: str = "") -> bool:
        """Given (start, end, kind, why) of pieces of ``text``, take them out, ``mark`` in the place of each; whether
        there was any. Of pieces that overlap, the first takes all."""
        kept: list[str] = []
        origins = array("L")
        position = 0
        for start, end, kind, why in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start >= end or end <= position:
                continue
            start = max(start, position)
            self._remember(start, end, kind, why)
            kept += [self.text[position:start], mark]
            origins += self._origins[position:start]
            origins.extend([self._origins[start]] * len(mark))
            position = end
        if not position:
            return False
        self.text = "".join([*kept, self.text[position:]])
        self._origins = origins + self._origins[position:]
        return True

    def lines(self) -> tuple[int, ...]:
        """For each line of what is left, the line (from 1) of the given text that it began in."""
        found, position = [], 0
        for line in self.text.split("\n"):
            behind = position >= len(self._origins)
            found.append(len(self._line_starts) if behind else self._line_of(self._origins[position]))
            position += len(line) + 1
        return tuple(found)

    def _remember(self, start: int, end: int, kind: str, why: str) -> None:
        first, last = self._origins[start], self._origins[end - 1]
        text = self._given[first : last + 1]
        ended = last - 1 if text.endswith("\n") and last > first else last
        self.cuts.append(CutPiece(kind, why, self._line_of(first), self._line_of(ended), text))

    def _line_of(self, position: int) -> int:
        return bisect_right(self._line_starts, position)
