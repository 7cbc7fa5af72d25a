"""Comments of a note, which Obsidian hides: ``%% %%`` and ``<!-- -->``. Pure."""

from __future__ import annotations

import re

from daemon.vault.code import Code

_MARK = re.compile(r"(?<!\\)(?:%%|<!--)|(?<![\\`])`+")


def find_comments(body: str) -> list[tuple[int, int]]:
    """Given a note's text without its frontmatter, return the spans of its comments, in order.

    A mark inside of code begins none. The first closing mark ends one, but for marks in a fence inside of a comment
    whose own marks stand on lines of their own. An opening mark without a partner hides the rest of the note if it
    begins its line; within a line it is a sign like any other.
    """
    if "%%" not in body and "<!--" not in body:
        return []
    code = Code(body)
    found: list[tuple[int, int]] = []
    position = 0
    while mark := _MARK.search(body, position):
        start, sign = mark.start(), mark[0]
        position = mark.end()
        if (inside := code.block_end(start)) is not None:
            position = inside
        elif sign[0] == "`":
            position = code.span_end(start, len(sign)) or position
        elif (end := _closing(body, start, sign, code)) is not None:
            found.append((start, end))
            position = end
        elif not body[body.rfind("\n", 0, start) + 1 : start].strip(" \t>"):
            return [*found, (start, len(body))]
    return found


def without_comments(body: str) -> str:
    """A note's text without its comments."""
    kept, position = [], 0
    for start, end in find_comments(body):
        kept.append(body[position:start])
        position = end
    return "".join([*kept, body[position:]])


def _closing(body: str, start: int, sign: str, code: Code) -> int | None:
    if sign == "<!--":
        end = body.find("-->", start + len(sign))
        return end + len("-->") if end >= 0 else None
    first = end = body.find("%%", start + 2)
    while end >= 0 and _on_a_line_of_its_own(body, start) and (fence := code.fences.around(end)) and fence[0] > start:
        end = body.find("%%", fence[1])
    if end >= 0 and end != first and not _on_a_line_of_its_own(body, end):
        end = first
    return (end if end >= 0 else first) + 2 if first >= 0 else None


def _on_a_line_of_its_own(body: str, mark: int) -> bool:
    end = body.find("\n", mark)
    line = body[body.rfind("\n", 0, mark) + 1 : end if end >= 0 else len(body)]
    return line.strip(" \t>") == "%%"
