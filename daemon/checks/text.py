"""Text as the checks compare it: NFKC, one kind of line end, folded keys, with a way back to the given characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from daemon.checks.kanji_variants import COMMON, READ_AS

_LINE_ENDS = re.compile(r"\r\n?")
_VOICED_MARKS = "ﾞﾟ゛゜"
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_KEYS: dict[int, int | str] = {**COMMON, **_TO_HIRAGANA, ord("ς"): "σ"}
_READ: dict[int, str] = {**READ_AS, ord("♯"): "#"}
KANJI = "々一-鿿㐀-䶿豈-\ufaff\U00020000-\U0003ffff"
"""Kanji of all planes, as the inside of a character class."""

# Default_Ignorable_Code_Point of Unicode 16, controls without a width, and annotation marks.
_UNSEEN = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_OVER = "\u0334-\u0338\u20d0-\u20f0"  # strokes through a character and rings around it
_IGNORED = re.compile(f"[{_UNSEEN}]+")
_MARKS = re.compile(f"[{_OVER}]+")
_JOINED = re.compile(f"[{_UNSEEN}{_OVER}]")
_OTHER = re.compile(f"[\r{_UNSEEN}{_OVER}{''.join(map(chr, _READ))}]")


@dataclass(frozen=True)
class Normal:
    """A normalised text. ``text[i]`` came from the given characters ``starts[i]:ends[i]``."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Given a span of ``text`` (not empty), return the span of the given characters."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> str:
    """A text as it is read: NFKC with line feeds as line ends, without characters that have no shape of their own
    (variation selectors, zero-width and soft marks, strokes laid over others), rare shapes of kanji as the common ones.
    Applying it twice changes nothing."""
    plain = unicodedata.normalize("NFKC", text)
    if not _OTHER.search(plain):
        return plain
    plain = unicodedata.normalize("NFKC", _IGNORED.sub("", _LINE_ENDS.sub("\n", plain)))
    if _MARKS.search(plain):
        plain = unicodedata.normalize("NFKC", _MARKS.sub("", plain))
    return plain.translate(_READ)


@lru_cache(maxsize=16)
def normal(text: str) -> Normal:
    """Given any text, return it normalised together with the way back. Linear in its length."""
    if _is_normal(text):
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
        elif _is_normal(line):
            characters.append(line)
            starts.extend(range(position, end))
            ends.extend(range(position + 1, end + 1))
        else:
            clusters = _clusters(line)
            whole = normalise(line)
            pieces = [normalise(line[start:stop]) for start, stop in clusters]
            if "".join(pieces) == whole:
                for (start, stop), piece in zip(clusters, pieces, strict=True):
                    take(piece, position + start, position + stop)
            else:  # rare scripts compose across clusters: then the line is the smallest unit
                take(whole, position, end)
        position = end
    return Normal("".join(characters), tuple(starts), tuple(ends))


def _is_normal(text: str) -> bool:
    return not _OTHER.search(text) and unicodedata.is_normalized("NFKC", text)


def _clusters(line: str) -> list[tuple[int, int]]:
    """Spans of one character with the marks that follow it."""
    bounds = [
        index
        for index, character in enumerate(line)
        if index == 0
        or not (unicodedata.combining(character) or character in _VOICED_MARKS or _JOINED.match(character))
    ]
    return list(zip(bounds, [*bounds[1:], len(line)], strict=True))


def fold(text: str) -> str:
    """The key of a normalised text: lower case, katakana as hiragana, old and rare forms of kanji as the common ones.
    Same length, same positions."""
    lowered = text.lower()
    if len(lowered) != len(text):  # İ alone becomes two characters
        lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    return lowered.translate(_KEYS)


def katakana(text: str) -> str:
    """Given a text, return it with hiragana as katakana."""
    return text.translate(_TO_KATAKANA)


def words_of(text: str) -> frozenset[str]:
    """A word list written as one text: its words between spaces."""
    return frozenset(text.split())


def script(character: str) -> str:
    """Given one character, return "kanji", "katakana", "hiragana", "latin", "digit" or "other"."""
    code = ord(character)
    if 0x4E00 <= code <= 0x9FFF or character in "々〆":
        return "kanji"
    if 0x30A1 <= code <= 0x30FA or character == "ー":
        return "katakana"
    if 0x3041 <= code <= 0x309F:
        return "hiragana"
    if 0x3400 <= code <= 0x4DBF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF:
        return "kanji"
    if character.isdigit():
        return "digit"
    if character.isalpha() and code < 0x250:
        return "latin"
    return "other"
