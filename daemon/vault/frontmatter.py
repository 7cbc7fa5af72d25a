"""The frontmatter of a note, read: where it ends, and what stands in it. Pure.

Whatever a person has made of it, reading never raises. It is never written from here: ``daemon.vault.report_note``
changes single lines of it.

Values are read by python-frontmatter's YAML handler, every one as the text that stands there. Where the block ends is
found here: python-frontmatter's own ``parse`` (1.3.0, tried) also takes blank lines before the first mark and marks of
four dashes and more, so that what stands between two rules of a report would be lost; it strips the full-width space
that begins a Japanese paragraph, and raises for broken YAML. Of a key that stands twice it gives the last, while
setting a box changes the first: the keys that are also written are read line by line, by ``report_note``.
"""

from __future__ import annotations

import re
from typing import Any

FENCE = re.compile(rb"---[ \t]*(?:\r\n|\r|\n|$)")
FENCE_OR_DOTS = re.compile(rb"(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|$)")
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")
MARK = b"\xef\xbb\xbf"


def find(data: bytes, dots: bool = False) -> tuple[int, int, int] | None:
    """Where the frontmatter's lines begin and end, and where the body begins; None without a closed frontmatter.

    ``dots``: YAML's other closing mark counts too, which Obsidian does not know.
    """
    first = FENCE.match(data, len(MARK) if data.startswith(MARK) else 0)
    if first is None:
        return None
    last = FENCE_OR_DOTS if dots else FENCE
    at = begin = first.end()
    while at < len(data):
        closing = last.match(data, at)
        if closing:
            return begin, at, closing.end()
        line = LINE.match(data, at)
        at = line.end() if line else len(data)
    return None


def split(text: str, dots: bool = False) -> tuple[str, str]:
    """Given a note's text, return its frontmatter with both marks ("" without one) and its body; together they are the
    text. ``dots`` as in ``find``."""
    data = text.encode("utf-8", "surrogatepass")
    span = find(data, dots)
    start = span[2] if span else 0
    return data[:start].decode("utf-8", "surrogatepass"), data[start:].decode("utf-8", "surrogatepass")


def values(lines: str) -> dict[str, Any]:
    """Given the lines between the marks, return what they say: texts, lists and mappings of texts. {} for lines that
    are no YAML, or no mapping."""
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    try:
        found = YAMLHandler().load(lines, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
