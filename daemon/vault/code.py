"""Where a note holds code: fences, code spans, the loop variables of a batch file. Pure.

A mark inside of code is no mark: ``%%x`` of a batch loop begins no comment, ``#private`` of a class is no tag. Indented
text is not counted as code here: people indent what they write, and a secret is worth more than a sign in code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from daemon.vault.blocks import read_blocks

_TICKS = re.compile(r"(?<![\\`])`+")
_LOOP = re.compile(r"\bfor[ \t]+(?:/[a-z]\b[^%\n]*)?%%([a-z#])[ \t]+in\b", re.IGNORECASE)
_COMMAND = re.compile(
    r"^[ \t>@(]*(?:[-*+][ \t]+)?[@(]*(?:echo|set|call|x?copy|move|ren|del|if|type|start|do|goto|rem|md|mkdir|rd)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_VARIABLE = re.compile(r"%%(?:~[a-z$:]*?)?([a-z#])(?![a-z0-9_])", re.IGNORECASE)


class Spans:
    """Stretches of a text, joined where they touch."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        joined: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            elif start < end:
                joined.append((start, end))
        self._spans = joined
        self._starts = [start for start, _ in joined]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._spans)

    def around(self, position: int) -> tuple[int, int] | None:
        """The stretch that a position lies in."""
        at = bisect_right(self._starts, position) - 1
        return self._spans[at] if at >= 0 and position < self._spans[at][1] else None


class Code:
    """The code of a note's text (without its frontmatter)."""

    def __init__(self, body: str) -> None:
        blocks = read_blocks(body)
        starts = [0, *(match.end() for match in re.finditer("\n", body))]

        def offset(line: int) -> int:
            return starts[line] if line < len(starts) else len(body)

        self._body = body
        self.fences = Spans((offset(first), offset(last)) for first, last in blocks.fences)
        self._loops = Spans(_loop_variables(body))
        self._runs = Spans((offset(first), offset(last)) for first, last in blocks.runs)

    def block_end(self, position: int) -> int | None:
        """Where the fence or the loop variable ends that a position lies in, None outside of such."""
        found = self.fences.around(position) or self._loops.around(position)
        return found[1] if found else None

    def span_end(self, start: int, size: int) -> int | None:
        """Where the code span ends that so many backticks at a position begin; None if they begin none."""
        run = self._runs.around(start)
        end = run[1] if run else len(self._body)
        closing = re.compile(f"(?<!`)`{{{size}}}(?!`)").search(self._body, start + size, end)
        return closing.end() if closing else None

    def all(self) -> Spans:
        """Fences and code spans."""
        found: list[tuple[int, int]] = []
        position = 0
        while ticks := _TICKS.search(self._body, position):
            position = self.block_end(ticks.start()) or ticks.end()
            if position == ticks.end() and (end := self.span_end(ticks.start(), len(ticks[0]))):
                found.append((ticks.start(), end))
                position = end
        return Spans([*self.fences, *found])


def _loop_variables(body: str) -> Iterator[tuple[int, int]]:
    """``%%x`` where a loop of a batch file declares it, in the rest of that line, and in lines of commands."""
    declared: set[str] = set()
    for loop in _LOOP.finditer(body):
        declared.add(loop[1].lower())
        end = body.find("\n", loop.end())
        yield from _uses(body, loop.start(), end if end >= 0 else len(body), loop[1].lower())
    if declared:
        for command in _COMMAND.finditer(body):
            yield from _uses(body, *command.span(), "".join(declared))


def _uses(body: str, start: int, end: int, declared: str) -> Iterator[tuple[int, int]]:
    return (use.span() for use in _VARIABLE.finditer(body, start, end) if use[1].lower() in declared)
