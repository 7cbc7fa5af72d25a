"""The Markdown of our own verdict notes as HTML: headings, lists, quotes, tables. Everything is escaped. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboard.markup import escape

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*)")
_RULE = re.compile(r"\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?")


def page_html(text: str) -> str:
    """Given a note's text, return HTML; what is no heading, list, quote or table stays a line of text."""
    parts: list[str] = []
    table: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.lstrip().startswith("|"):
            table.append(line)
            continue
        if table:
            parts.append(_table(table))
            table = []
        parts.append(_line(line))
    return f'<div class="np-text np-page">{"".join(parts)}</div>'


def _line(line: str) -> str:
    heading = _HEADING.fullmatch(line.strip())
    if heading:
        return f"<h4>{escape(heading[2])}</h4>"
    if line.startswith(("* ", "- ")):
        return f'<div class="np-item">・{escape(line[2:])}</div>'
    if line.startswith(">"):
        return f'<div class="np-quote">{escape(line[1:].strip())}</div>'
    return f"<div>{escape(line)}</div>" if line.strip() else ""


def _table(lines: Sequence[str]) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if not _is_rule(line)]
    ruled = len(lines) > 1 and _is_rule(lines[1])
    html = []
    for number, row in enumerate(rows):
        tag = "th" if ruled and number == 0 else "td"
        html.append(f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in row)}</tr>")
    return f"<table>{''.join(html)}</table>"


def _is_rule(line: str) -> bool:
    return _RULE.fullmatch(line.strip()) is not None
