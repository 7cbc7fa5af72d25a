"""The blocks of a note's Markdown, by line: headings, quotes, list items, code. Pure.

Structure is CommonMark's, read by markdown-it-py; Obsidian renders the same headings, quotes, lists and code. A fence
that is never closed is taken for a mistake: what follows it is read as text, so that a heading in it still counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

NESTING = 60
"""Quotes and lists deeper than this are not looked into; Python's stack bears several times more."""

_HTML_HEADING = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
_LOOSE = re.compile(r"[ \t\u3000]*(#{1,6}(?=[ \t\u3000])|#{2,6})[ \t\u3000]*([^#\s].*)$")
"""A heading as people mistype it, which Obsidian shows as text: no space or a full-width one behind the marks; and one
that is indented, or inside of HTML, which only the editor shows as a heading."""

HeadingForm = Literal["atx", "=", "-", "html", "loose"]


@dataclass
class Block:
    """A container: the note itself, a quote (callouts too), a list or one of its items. ``last`` is the line behind it;
    ``lead`` the lines of the paragraph that it begins with."""

    kind: Literal["note", "quote", "list", "item"]
    first: int
    last: int
    parent: Block | None = None
    lead: tuple[str, ...] = ()
    inner: list[Block] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    parts: int = 0


@dataclass(frozen=True)
class Heading:
    """A heading of one container: its level, its source without marks, its lines (``last`` behind it). A setext heading
    begins at the line above its underline: what stands before that in the paragraph was meant as text. ``alone``: a
    blank line or nothing stands above."""

    level: int
    source: str
    first: int
    last: int
    form: HeadingForm
    alone: bool = True


@dataclass(frozen=True)
class Blocks:
    """``note`` holds all. ``fences``: lines of code fences that are closed; ``runs``: lines of each stretch of running
    text, which no code span leaves. Line spans count from 0, the second number is behind the last."""

    note: Block
    fences: tuple[tuple[int, int], ...]
    runs: tuple[tuple[int, int], ...]


def read_blocks(body: str) -> Blocks:
    """Given a note's text without its frontmatter, return its blocks."""
    return _read(body)


@lru_cache(maxsize=4)
def _read(body: str) -> Blocks:
    lines = body.split("\n")
    tokens = _parser().parse(body)
    while (open_fence := _unclosed(tokens, lines)) is not None:
        lines[open_fence] = ""
        tokens = _parser().parse("\n".join(lines))
    fences = tuple(_lines(token) for token in tokens if token.type == "fence")
    runs = tuple(_lines(token) for token in tokens if token.type in ("inline", "html_block"))
    return Blocks(_containers(tokens, lines), fences, runs)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": NESTING})
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _lines(token: Token) -> tuple[int, int]:
    return (token.map[0], token.map[1]) if token.map else (0, 0)


def _unclosed(tokens: list[Token], lines: list[str]) -> int | None:
    """The line of a fence of the note itself that is never closed."""
    for token in tokens:
        if token.type == "fence" and token.level == 0:
            first, last = _lines(token)
            closing = lines[last - 1].strip() if last - first > 1 else ""
            if len(closing) < len(token.markup) or closing.strip(token.markup[0]):
                return first
    return None


_KINDS: dict[str, Literal["quote", "list", "item"]] = {
    "blockquote_open": "quote",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
}


def _containers(tokens: list[Token], lines: list[str]) -> Block:
    note = here = Block("note", 0, len(lines))
    for at, token in enumerate(tokens):
        if token.type in _KINDS:
            here.parts += 1
            inside = Block(_KINDS[token.type], *_lines(token), parent=here)
            here.inner.append(inside)
            here = inside
        elif token.type in ("blockquote_close", "bullet_list_close", "ordered_list_close", "list_item_close"):
            here = here.parent or note
        elif token.type == "heading_open":
            here.headings.append(_heading(token, tokens[at + 1].content, lines))
            here.parts += 1
        elif token.type == "html_block":
            here.headings += _html_heading(token)
            here.headings += _loose_headings(token.content.split("\n"), _lines(token)[0])
            here.parts += 1
        elif token.type == "paragraph_open":
            text = tokens[at + 1].content.split("\n")
            here.lead = here.lead or (tuple(text) if not here.parts else ())
            here.headings += _loose_headings(text, _lines(token)[0])
            here.parts += 1
        elif token.type in ("fence", "code_block", "hr"):
            if token.type == "code_block":
                here.headings += _loose_headings(token.content.split("\n"), _lines(token)[0])
            here.parts += 1
    return note


def _heading(token: Token, content: str, lines: list[str]) -> Heading:
    first, last = _lines(token)
    level = int(token.tag[1])
    if token.markup.startswith("#"):
        return Heading(level, content, first, last, "atx")
    text = content.split("\n")
    form: HeadingForm = "=" if token.markup == "=" else "-"
    alone = len(text) == 1 and (first == 0 or not lines[first - 1].strip(" \t>"))
    return Heading(level, text[-1], last - 2, last, form, alone)


def _html_heading(token: Token) -> Iterator[Heading]:
    found = _HTML_HEADING.match(token.content)
    if found:
        first = _lines(token)[0]
        yield Heading(int(found[1]), found[2], first, first + found[0].count("\n") + 1, "html")


def _loose_headings(text: list[str], first: int) -> Iterator[Heading]:
    for number, line in enumerate(text, start=first):
        if found := _LOOSE.match(line):
            yield Heading(len(found[1]), found[2], number, number + 1, "loose")
