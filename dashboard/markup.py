"""Foreign text on its way to the browser: always shown as text, whatever it holds. Pure.

Everything that comes from a vault, a model or a log goes through ``escape`` (into HTML) or ``plain`` (into a label that
Streamlit reads as Markdown). Streamlit's own sanitiser is the second line, not the first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

STYLE = """
.stMainBlockContainer{padding-top:4rem;padding-bottom:3rem;max-width:76rem}
.np-h{font-size:1.1rem;font-weight:600;margin:.8rem 0 0;border-bottom:1px solid #e3e8ec;padding-bottom:.2rem}
.np-key span{display:inline-block;margin-right:.9rem;font-size:.8rem;color:#5b6670}
.np-key i{display:inline-block;width:.75rem;height:.75rem;border-radius:.15rem;margin-right:.25rem}
.np-text{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.75;font-size:.95rem}
.np-card{border:1px solid #d9dfe5;border-radius:.5rem;padding:.7rem .9rem;background:#fff}
.np-note{border-left:.3rem solid #3b6ea5;background:#eef4fa;border-radius:.3rem;padding:.5rem .8rem;margin:.2rem 0}
.np-note.warn{border-color:#c77700;background:#fff6e5}
.np-note.bad{border-color:#b3261e;background:#fdecea}
.np-note.good{border-color:#2e7d4f;background:#eaf6ee}
.np-note b{display:block;font-weight:600}
.np-page h4{font-size:1rem;font-weight:600;margin:.6rem 0 .1rem;padding:0}
.np-page table{border-collapse:collapse;margin:.4rem 0;font-size:.85rem}
.np-page td,.np-page th{border:1px solid #d9dfe5;padding:.15rem .5rem;text-align:left}
.np-quote{border-left:3px solid #d9dfe5;padding-left:.6rem;color:#47525c}
.np-figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.5rem,1fr));gap:.6rem}
.np-figures div{border:1px solid #e3e8ec;border-radius:.5rem;padding:.4rem .7rem}
.np-figures span{display:block;font-size:.8rem;color:#5b6670}
.np-figures b{font-size:1.35rem;font-weight:600}
.np-small{color:#5b6670;font-size:.85rem;overflow-wrap:anywhere}
.np-two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1rem;align-items:start}
.np-two h4{margin:0 0 .3rem;padding:0;font-size:.95rem}
.np-scroll{max-height:34rem;overflow:auto}
.np-line{display:grid;grid-template-columns:2.2rem minmax(0,1fr);border-radius:.2rem}
.np-line>i{color:#8a949e;font-style:normal;font-size:.75rem;user-select:none;padding-top:.15rem}
.np-line>span,.np-row{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.7}
.np-row{display:block;border-radius:.2rem;padding:0 .25rem;min-height:.6rem}
.np-row[tabindex]{cursor:pointer}
.np-doubt{border-left:3px solid #d97706;background:#fef3e2}
.np-row[tabindex]:hover,.np-row[tabindex]:focus{background:#fff0b8;outline:2px solid #e0a800}
mark.np-private{background:#f9d5d2;color:#7a1610;border-bottom:2px solid #b3261e;border-radius:.15rem;padding:0 .1rem}
.np-diff del{background:#fbdcd9;color:#7a1610;text-decoration:line-through}
.np-diff ins{background:#d3f0dc;color:#14532d;text-decoration:none}
.np-chip{display:inline-block;border-radius:1rem;padding:.05rem .6rem;font-size:.8rem}
.np-chip{background:#e6ebf0;margin-right:.3rem}
.np-chip.accepted{background:#d3f0dc}.np-chip.needs-review{background:#ffe2b3}.np-chip.draft{background:#d9e8f7}
.np-chip.failed{background:#fbdcd9}.np-chip.waiting{background:#e4daf5}
@media (max-width:640px){.np-two{grid-template-columns:minmax(0,1fr)}.np-scroll{max-height:22rem}}
"""
"""The page's own rules; no address in them, so they fetch nothing."""

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


def key(colours: Iterable[tuple[str, str]]) -> str:
    """The legend of a chart: (name, colour) pairs; the colours are the program's own."""
    inner = "".join(f'<span><i style="background:{escape(tone)}"></i>{escape(name)}</span>' for name, tone in colours)
    return f'<div class="np-key">{inner}</div>'


def figures(values: Iterable[tuple[str, object]]) -> str:
    """Named figures side by side, as many to a row as fit."""
    inner = "".join(f"<div><span>{escape(name)}</span><b>{escape(str(value))}</b></div>" for name, value in values)
    return f'<div class="np-figures">{inner}</div>'


def small(text: str) -> str:
    return f'<div class="np-small">{escape(text)}</div>'
