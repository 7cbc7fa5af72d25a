"""The names that moment.js writes into dates, in all of its languages, and how names of files are folded before they
are compared: NFC, lower case, digits of any script as ASCII, no-break spaces as spaces (Obsidian does the last).

The table ``moment_names.json`` is moment's own (MIT), written by ``dev/moment_names.cjs``.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("moment_names.json")
_PLAIN = {ord("\u00a0"): " ", ord("\u202f"): " ", ord("،"): ","}  # moment writes the Arabic comma for its own


@dataclass(frozen=True)
class DateNames:
    """Folded name → months (1-12), folded name → weekdays (0 is Sunday); ``meridiems`` such as am, 午前; ordinals as
    (what stands before the number, what stands behind it). A name that means one month here and another there
    (listopad) has both, first that of this machine's language, else that of most languages."""

    months: dict[str, tuple[int, ...]]
    weekdays: dict[str, tuple[int, ...]]
    meridiems: tuple[str, ...]
    ordinals: tuple[tuple[str, str], ...]


def fold(text: str) -> str:
    """A name or a part of one as it is compared."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFC", text).translate(_PLAIN)
    plain = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)
    return unicodedata.normalize("NFC", plain.casefold())


@cache
def date_names() -> DateNames:
    """The table, read once and only for formats that hold names."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    ordinals = {tuple(fold(one).split("#")) for one in table["ordinals"]}
    months = _folded(table["months"], 3)
    here = next((os.environ[name] for name in ("LC_ALL", "LC_TIME", "LANG") if os.environ.get(name)), "")[:2].lower()
    for name, meanings in table["ambiguous"].items():
        months[fold(name)] = tuple(month for month, _ in sorted(meanings, key=lambda one: here not in one[1]))
    return DateNames(
        months=months,
        weekdays=_folded(table["weekdays"], 0),
        meridiems=tuple(dict.fromkeys(fold(one) for one in table["meridiems"])),
        ordinals=tuple((before, behind) for before, behind in sorted(ordinals)),
    )


def any_of(names: Iterable[str]) -> str:
    """A pattern for any of these names, the longest first."""
    return "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))


def _folded(table: dict[str, list[int]], shortest: int) -> dict[str, tuple[int, ...]]:
    """Fold the names, and let every one also stand with a dot or without its own: people shorten as they like."""
    found: dict[str, tuple[int, ...]] = {}
    for name, meanings in table.items():
        found[fold(name)] = tuple(sorted({*found.get(fold(name), ()), *meanings}))
    for name in [*found]:
        other = name[:-1] if name.endswith(".") else f"{name}."
        if len(name) > shortest and not name[-1].isdigit():
            found.setdefault(other, found[name])
    return found
