"""Foreign text on its way to the browser: always shown as text, whatever it holds. Pure.

Everything that comes from a vault, a model or a log goes through ``escape`` (into HTML) or ``plain`` (into a label that
Streamlit reads as Markdown). Streamlit's own sanitiser is the second line, not the first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_UNSEEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing and so make a text look like another."""


def escape(text: str) -> str:
    """Given any text, return HTML that shows it letter by letter."""
    return html.escape(_UNSEEN.sub("\ufffd", text), quote=True)


def plain(text: str) -> str:
    """Given any text, return Markdown that shows it letter by letter on one line: every ASCII sign is escaped."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(_UNSEEN.sub("\ufffd", text).split()))


def text_block(text: str, card: bool = True) -> str:
    """A text with its line breaks, as HTML."""
    return f'<div class="np-text{" np-card" if card else ""}">{escape(text)}</div>'


def notice(title: str, text: str = "", kind: str = "") -> str:
    """A coloured notice; ``kind`` is "", "warn", "bad" or "good"."""
    body = escape(text).replace("\n", "<br>")
    role = "alert" if kind == "bad" else "status"
    return f'<div class="np-note {escape(kind)}" role="{role}"><b>{escape(title)}</b>{body}</div>'


def notices(texts: Iterable[str], title: str = "確認してください") -> str:
    """Warnings of a report as one notice; "" without any."""
    found = list(texts)
    return notice(title, "\n".join(f"・{text}" for text in found), "warn") if found else ""


def chip(text: str, kind: str = "") -> str:
    return f'<span class="np-chip {escape(kind)}">{escape(text)}</span>'


def heading(text: str) -> str:
    return f'<h3 class="np-h">{escape(text)}</h3>'


def title(text: str, chips: str = "") -> str:
    """The head of a page: what it is about, and its state as ``chip`` gives it."""
    return f'<div class="np-title"><b>{escape(text)}</b><span class="np-chips">{chips}</span></div>'


def key(kinds: Iterable[tuple[str, str]]) -> str:
    """The legend of a picture: (name, kind) pairs; the kinds are the style sheet's."""
    inner = "".join(f'<span><i class="{escape(kind)}"></i>{escape(name)}</span>' for name, kind in kinds)
    return f'<div class="np-key">{inner}</div>'


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows with equal keys as a table, the keys as its head; None is an empty cell."""
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    lines = (
        "".join(f"<td>{escape('' if value is None else str(value))}</td>" for value in row.values()) for row in rows
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="np-tables"><table class="np-table"><tr>{head}</tr>{body}</table></div>'


def figures(values: Iterable[tuple[str, object]]) -> str:
    """Named figures side by side, as many to a row as fit."""
    inner = "".join(f"<div><span>{escape(name)}</span><b>{escape(str(value))}</b></div>" for name, value in values)
    return f'<div class="np-figures">{inner}</div>'


def label(text: str) -> str:
    """What stands above a text, as Streamlit writes it above a field."""
    return f'<div class="np-label">{escape(text)}</div>'


def small(text: str) -> str:
    return f'<div class="np-small">{escape(text)}</div>'
