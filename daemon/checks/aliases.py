"""Different names of one thing, and loanwords that a formal report may bring in by itself.

A report may use any form of a group of ``alias_table.ALIASES`` whose other form stands in the diary. ``GENERIC`` words
say nothing about what was done (エラー, ファイル, チーム): a formal rewrite introduces them, so they need no evidence.
Both were calibrated on the corpus' reference reports.
"""

from __future__ import annotations

import re
from functools import lru_cache

from daemon.checks import alias_table

_KNOWN: frozenset[str] = frozenset(alias_table.TECHNICAL.split())

GENERIC: frozenset[str] = frozenset(alias_table.GENERIC.split())


GENERIC_LATIN: frozenset[str] = frozenset(["it", "web", "url", "pc", "os", "ai"])
"""Latin terms, lower case, that need no evidence either."""


@lru_cache(maxsize=1)
def phrases() -> re.Pattern[str]:
    """The forms of the table that are several Latin words, as one pattern for normalised text."""
    forms = {
        form
        for line in alias_table.ALIASES.strip().splitlines()
        for form in line.split("|")
        if re.fullmatch(r"[A-Za-z]+(?: [A-Za-z]+)+", form)
    }
    ordered = sorted(forms, key=len, reverse=True)
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, ordered))})(?![A-Za-z])", re.I)


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for line in alias_table.ALIASES.strip().splitlines():
        forms = line.split("|")
        for form in forms:
            table.setdefault(_key(form), []).extend(other for other in forms if other != form and len(other) >= 2)
    return {key: tuple(dict.fromkeys(others)) for key, others in table.items()}


def _key(term: str) -> str:
    return term.lower().rstrip("ー")


def groups_of(term: str) -> tuple[str, ...]:
    """Given a term, return the other forms of its group, or nothing."""
    return _table().get(_key(term), ())


def is_known_term(term: str) -> bool:
    """Whether a word is one of the technical or general report words of these tables."""
    return term in GENERIC or term in _KNOWN or _key(term) in _table()
