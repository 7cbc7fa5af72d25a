"""What a person changed in a draft: the coloured difference, the number of edits, the weekly curve. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from difflib import SequenceMatcher, unified_diff
from statistics import median

from daemon.learning.edit_distance import edit_distance
from dashboard.markup import escape


def difference(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Given two texts, yield (kind, text): "same", "gone" or "new". Lines are matched first, letters inside changed
    ones. The "same" and "gone" parts joined give ``before``, "same" and "new" give ``after``."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        left, right = "".join(old[a1:a2]), "".join(new[b1:b2])
        if tag == "equal":
            yield "same", left
            continue
        for letter_tag, c1, c2, d1, d2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if letter_tag == "equal":
                yield "same", left[c1:c2]
                continue
            if c2 > c1:
                yield "gone", left[c1:c2]
            if d2 > d1:
                yield "new", right[d1:d2]


def difference_html(before: str, after: str) -> str:
    """The difference as HTML: removed letters struck out, added ones coloured."""
    tags = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}
    inner = "".join(tags[kind].format(escape(text)) for kind, text in difference(before, after))
    return f'<div class="np-text np-card np-diff">{inner}</div>'


def changed_lines_html(before: str, after: str) -> str:
    """The lines that differ between two files, as HTML: the old one struck out above the new one."""
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    parts = []
    for line in list(lines)[2:]:
        if line[:1] in "+-":
            tag = "ins" if line[0] == "+" else "del"
            parts.append(f"<{tag}>{escape(line[1:])}</{tag}>")
    return f'<div class="np-text np-card np-diff np-code">{chr(10).join(parts)}</div>'


def edited_share(draft: str, accepted: str) -> float:
    """How much of a draft had to be changed: edits per character of the longer text, 0 to 1."""
    return edit_distance(draft, accepted) / max(len(draft), len(accepted), 1)


def weekly(shares: Iterable[tuple[date, float]]) -> list[tuple[date, float, int]]:
    """Given (day, share) of accepted reports, return (Monday, median share, reports) for each week that has some."""
    weeks: dict[date, list[float]] = defaultdict(list)
    for day, share in shares:
        weeks[day - timedelta(days=day.weekday())].append(share)
    return [(monday, median(values), len(values)) for monday, values in sorted(weeks.items())]
