"""A heading by its words, whatever is written around them: marks, links, tags, block ids, emoji, width, case. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from daemon.checks.text import fold, normalise

# Wider than Obsidian itself: a private tag must not be missed.
TAG = re.compile(r"(?<![A-Za-z0-9&/#＃])(?<!\[\[)(?<!\]\()[#＃]([^\s#＃()、。,\[\]]+)")
_BLOCK_ID = re.compile(r"[ \t]\^[A-Za-z0-9-]+[ \t]*$", re.MULTILINE)
_HTML = re.compile(r"</?[A-Za-z][^<>\n]*>")
_NOTE_LINK = re.compile(r"!?\[\[([^\]\n|#]*)(?:#\^?([^\]\n|]*))?(?:\|([^\]\n]*))?\]\]")
_LINK = re.compile(r"!?\[([^\]\n]*)\](?:\([^()\n]*\)|\[[^\]\n]*\])")
_BESIDE = re.compile(
    r"\[\^[^\]\s]+\]|\^\[[^\]\n]*\]"  # footnotes
    r"|[\[(][^\[\]()\n]*::[^\[\]()\n]*[\])]"  # fields of the Dataview plugin
    r"|(?<![A-Za-z0-9]):[A-Za-z][\w+-]*:|\{[^{}\n]*\}[ \t]*$"  # short names of emoji and icons, attributes
)
_EMBED = re.compile(r"!\[\[[^\]\n]*\]\]|!\[[^\]\n]*\]\([^()\n]*\)")
_APART = re.compile(r"[\W_]+")
_TIME = re.compile(r"(?:\d+(?:st|nd|rd|th|am|pm|時|分|月|日|年|回)?|am|pm|午前|午後|[月火水木金土日]曜?日?)+")
_SIGN = re.compile(r"[^\w\s!-/:-@\[-`{-~、。・「」『』【】()（）…ー〜～]")


LONGEST = 500
"""A line of more characters is no heading of few words; patterns are not tried on it."""


@dataclass(frozen=True)
class Wanted:
    """What a person has declared: headings by their words, or by their emoji where they have no words."""

    words: frozenset[str]
    signs: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.words or self.signs)

    def matches(self, source: str) -> bool:
        """Whether the source of a heading, without its marks, is one of them."""
        if not self.words.isdisjoint(_keys(source)):
            return True
        return bool(self.signs) and any(sign in normalise(source) for sign in self.signs)


def wanted(headings: Iterable[str]) -> Wanted:
    """Given the headings of the settings, return what to look for."""
    words: set[str] = set()
    signs: set[str] = set()
    for heading in headings:
        keys = set(_keys(heading))
        words |= keys
        if not keys:
            signs.update(sign for sign in ["".join(_SIGN.findall(normalise(heading)))] if sign)
    return Wanted(frozenset(words), frozenset(signs))


def words_key(text: str) -> str:
    """The letters and digits of a text, folded."""
    return _APART.sub("", fold(normalise(text)))


def tag_key(tag: str) -> str:
    """The key of a tag, with or without its mark."""
    return words_key(tag)


def tag_keys(text: str) -> Iterator[tuple[int, str]]:
    """Each tag of a text as (position, key); a nested one (#private/love) with its parents too."""
    for found in TAG.finditer(text):
        parts = found[1].split("/")
        yield from ((found.start(), tag_key("/".join(parts[:count]))) for count in range(1, len(parts) + 1))


def _keys(source: str) -> Iterator[str]:
    """Every way to read the words of a heading: with the shown or the true name of a link, with or without tags and
    pictures, with or without a number or time at either end. Katakana counts as hiragana."""
    source = " ".join(source.split())
    if len(source) > LONGEST:
        return
    plain = _BESIDE.sub("", _BLOCK_ID.sub("", _HTML.sub("", html.unescape(source))))
    for text in dict.fromkeys(_linked(plain) if "]" in plain else [plain]):
        for words in (TAG.sub("", text), text):
            pieces = [piece for piece in _APART.split(fold(normalise(words))) if piece]
            yield from filter(None, ("".join(pieces), "".join(_without_times(pieces))))


def _linked(plain: str) -> list[str]:
    """The readings of a text with links in it: as shown, by the note's name, by the heading that is linked to, without
    pictures."""
    shown = _NOTE_LINK.sub(lambda link: link[3] or link[2] or _stem(link[1]), plain)
    named = _NOTE_LINK.sub(lambda link: _stem(link[1]) or link[2] or "", plain)
    below = _NOTE_LINK.sub(lambda link: link[2] or _stem(link[1]), plain)
    bare = _EMBED.sub("", plain)
    return [_LINK.sub(r"\1", reading) for reading in (shown, named, below, bare)]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md")


def _without_times(pieces: list[str]) -> list[str]:
    first, last = 0, len(pieces)
    while first < last and _TIME.fullmatch(pieces[first]):
        first += 1
    while first < last and _TIME.fullmatch(pieces[last - 1]):
        last -= 1
    return pieces[first:last]
