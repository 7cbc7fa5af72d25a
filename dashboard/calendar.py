"""The calendar of all days as HTML: a column for each week, a square for each day, coloured by its state. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dashboard.days import STATES
from dashboard.markup import escape

KINDS = {"日記なし": "none", **{words: state for state, words in STATES.items()}}
"""The states as ``days.squares`` names them, with the style sheet's names."""


def calendar(squares: Sequence[Mapping[str, object]]) -> str:
    """Given ``days.squares``, which begin on a Monday, return the picture; resting on a square tells day and state."""
    parts: list[str] = []
    month = 0
    for square in squares:
        day, state = date.fromisoformat(str(square["day"])), str(square["state"])
        if day.weekday() == 0:
            begins = day.month != month and day.day <= 7  # names of two neighbours would lie over each other
            parts.append(f"<span>{f'{day.month}月' if begins else ''}</span>")
            month = day.month if begins else month
        parts.append(f'<i class="{KINDS[state]}" title="{escape(f"{day} {state}")}"></i>')
    return f'<div class="np-days" role="img" aria-label="日ごとの状態のカレンダー">{"".join(parts)}</div>'


def calendar_key(squares: Sequence[Mapping[str, object]]) -> list[tuple[str, str]]:
    """The states that occur, each with its kind."""
    used = {square["state"] for square in squares}
    return [(state, kind) for state, kind in KINDS.items() if state in used]
