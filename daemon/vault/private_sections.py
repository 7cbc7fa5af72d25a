"""The sections of a note under a private heading, in every form that Obsidian shows as a heading or folds. Pure.

Headings: ``#`` marks, underlined ones, ``<h2>``, in a quote, a callout or a list item too. Folded: callouts by title or
type, list items with what is indented under them, ``<details>`` by their summary. A heading that carries a private tag
counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from daemon.vault.blocks import Block, Heading, read_blocks
from daemon.vault.code import Code
from daemon.vault.heading_words import Wanted, tag_keys
from daemon.words import tr

_CALLOUT = re.compile(r"\[!([^\]|]*)[^\]]*\][+-]?[ \t]*(.*)$")
_TASK = re.compile(r"\[.\][ \t]+")
_SUMMARY = re.compile(r"<details\b[^>]*>\s*<summary\b[^>]*>(.{0,400}?)</summary\s*>", re.DOTALL | re.IGNORECASE)
_DETAILS = re.compile(r"<(/?)details\b[^>]*>", re.IGNORECASE)


_LOWEST = Heading(6, "", 0, 0, "atx")


@dataclass(frozen=True)
class PrivateSection:
    """A private stretch of a text, and why it is one, in words for a person."""

    start: int
    end: int
    why: str


def private_sections(body: str, headings: Wanted, tags: frozenset[str]) -> list[PrivateSection]:
    """Given a note's text without frontmatter and comments, the private headings and the keys of the private tags,
    return its private sections; they may hold one another."""
    if not headings and not tags:
        return []
    starts = [0, *(match.end() for match in re.finditer("\n", body)), len(body)]

    def private(source: str) -> str:
        if headings.matches(source):
            return f"「{source.strip()}」"
        return tr("with a private tag") if any(key in tags for _, key in tag_keys(source)) else ""

    found = [
        PrivateSection(starts[first], starts[min(last, len(starts) - 1)], why)
        for first, last, why in _by_line(read_blocks(body).note, private)
    ]
    return found + list(_folded_html(body, headings))


def _by_line(block: Block, private: Callable[[str], str]) -> Iterator[tuple[int, int, str]]:
    """Given a container and what says how a heading is private, yield (first line, line behind the last, why) of each
    private section in it."""
    callout = _CALLOUT.match(block.lead[0]) if block.kind == "quote" and block.lead else None
    if callout and (why := private(callout[2]) or private(callout[1])):
        alone = block.parts == 1 and len(block.lead) == 1
        yield block.first, _behind(block, _LOWEST) if alone else block.last, tr("callout {why}", why=why)
        return
    if block.kind == "item" and block.lead and (why := private(_TASK.sub("", block.lead[0], count=1))):
        yield block.first, block.last, tr("list item {why}", why=why)
        return
    for place, heading in enumerate(block.headings):
        if why := private(heading.source):
            yield heading.first, _end(place, block), tr("heading {why}", why=why)
    for inside in block.inner:
        yield from _by_line(inside, private)


def _end(place: int, block: Block) -> int:
    """The line at which a section ends: at the next heading of its container and of the same or a higher level, or with
    the container. What stands alone in its list item or quote heads what follows: the other items, else the text."""
    heading = block.headings[place]
    for other in islice(block.headings, place + 1, None):
        if other.level <= heading.level and _ends(heading, other):
            return other.first
    if block.parts > 1 or block.parent is None:
        return block.last
    if block.kind != "item":
        return _behind(block, heading)
    others = [item for item in block.parent.inner if item.first > block.first]
    ending = (item.first for item in others if item.headings and item.headings[0].level <= heading.level)
    return next(ending, block.parent.last) if others else _behind(block.parent, heading)


def _behind(block: Block, heading: Heading) -> int:
    """The line at which a section ends that goes on behind its container."""
    around = block.parent
    if around is None:
        return block.last
    for other in around.headings:
        if other.first >= block.last and other.level <= heading.level and _ends(heading, other):
            return other.first
    return around.last


def _ends(heading: Heading, other: Heading) -> bool:
    """Whether a heading of a fitting level ends the section of another. A line of text above ``---`` is a heading to
    Obsidian and mostly a line that was to be ruled off: it ends only what began in the same way, and only where it
    stands alone. A mistyped heading ends only what a mistyped one began."""
    if other.form == "-":
        return heading.form in ("-", "=") and other.alone
    return other.form != "loose" or heading.form == "loose"


def _folded_html(body: str, headings: Wanted) -> Iterator[PrivateSection]:
    if "<" not in body or not headings:
        return
    fences = Code(body).fences
    for summary in _SUMMARY.finditer(body):
        if fences.around(summary.start()) or not headings.matches(summary[1]):
            continue
        depth, end = 0, len(body)
        for mark in _DETAILS.finditer(body, summary.start()):
            depth += -1 if mark[1] else 1
            if depth == 0:
                end = mark.end()
                break
        yield PrivateSection(summary.start(), end, tr("folded block 「{summary}」", summary=summary[1].strip()))
