"""Git's conflict marks in a note: two versions of it stand there, and only its person knows which one holds. Pure."""

from __future__ import annotations

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_OURS = re.compile(r"<{7}(?: .*)?")
_MIDDLE = re.compile(r"={7}|\|{7}(?: .*)?")
_THEIRS = re.compile(r">{7}(?: .*)?")


def has_conflict(text: str) -> bool:
    """Whether a text holds conflict marks at the beginning of lines: the first one, or the middle and the last one of a
    conflict that is half resolved. Those inside a block of code are an example in somebody's notes on git."""
    fence = ""
    middle = False
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and (not fence or (line.strip().startswith(fence) and not line.strip().strip(fence[0]))):
            fence = "" if fence else mark[1]
        elif fence:
            continue
        elif _OURS.fullmatch(line) or (middle and _THEIRS.fullmatch(line)):
            return True
        elif _MIDDLE.fullmatch(line):
            middle = True
    return False
