"""Text as the checks compare it: NFKC, one kind of line end, folded keys, with a way back to the given characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LINE_ENDS = re.compile(r"\r\n?")
_VOICED_MARKS = "ﾞﾟ゛゜"
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}


@dataclass(frozen=True)
class Normal:
    """A normalised text. ``text[i]`` came from the given characters ``starts[i]:ends[i]``."""

    text: str
    starts: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Given a span of ``text`` (not empty), return the span of the given characters."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> str:
    """NFKC with line feeds as line ends. Applying it twice changes nothing."""
    return unicodedata.normalize("NFKC", _LINE_ENDS.sub("\n", text))


@lru_cache(maxsize=16)
def normal(text: str) -> Normal:
    """Given any text, return it normalised together with the way back. Linear in its length."""
    if "\r" not in text and unicodedata.is_normalized("NFKC", text):
        return Normal(text, range(len(text)), range(1, len(text) + 1))
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def take(piece: str, start: int, end: int) -> None:
        characters.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))

    position = 0
    for line in re.split(r"(\r\n?|\n)", text):
        end = position + len(line)
        if line in ("\r\n", "\r", "\n"):
            take("\n", position, end)
        elif line:
            clusters = _clusters(line)
            whole = unicodedata.normalize("NFKC", line)
            pieces = [unicodedata.normalize("NFKC", line[start:stop]) for start, stop in clusters]
            if "".join(pieces) == whole:
                for (start, stop), piece in zip(clusters, pieces, strict=True):
                    take(piece, position + start, position + stop)
            else:  # rare scripts compose across clusters: then the line is the smallest unit
                take(whole, position, end)
        position = end
    return Normal("".join(characters), tuple(starts), tuple(ends))


def _clusters(line: str) -> list[tuple[int, int]]:
    """Spans of one character with the marks that follow it."""
    bounds = [
        index
        for index, character in enumerate(line)
        if index == 0 or not (unicodedata.combining(character) or character in _VOICED_MARKS)
    ]
    return list(zip(bounds, [*bounds[1:], len(line)], strict=True))


def fold(text: str) -> str:
    """The key of a normalised text: lower case, katakana as hiragana. Same length, same positions."""
    lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    return lowered.translate(_TO_HIRAGANA)


def katakana(text: str) -> str:
    """Given a text, return it with hiragana as katakana."""
    return text.translate(_TO_KATAKANA)


def words_of(text: str) -> frozenset[str]:
    """A word list written as one text: its words between spaces."""
    return frozenset(text.split())


def script(character: str) -> str:
    """Given one character, return "kanji", "katakana", "hiragana", "latin", "digit" or "other"."""
    code = ord(character)
    if 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or character in "々〆" or 0x20000 <= code <= 0x3134F:
        return "kanji"
    if 0x30A1 <= code <= 0x30FA or character == "ー":
        return "katakana"
    if 0x3041 <= code <= 0x309F:
        return "hiragana"
    if character.isdigit():
        return "digit"
    if character.isalpha() and code < 0x250:
        return "latin"
    return "other"
