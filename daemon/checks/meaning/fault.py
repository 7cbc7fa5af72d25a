"""What a check of meaning hands out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One doubt about a line. ``decides``: sure enough to turn the line down; else the line is marked. ``message`` is
    Japanese, for a person, and holds no text of the diary."""

    check: str
    decides: bool
    message: str
