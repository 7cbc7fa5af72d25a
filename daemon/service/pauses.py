"""How often a note is tried, and how long is waited between: seconds, the last for ever."""

from __future__ import annotations

ATTEMPTS = 3
RETRY_SECONDS = (5.0, 30.0)
HOLD_SECONDS = (30.0, 120.0, 600.0)
"""Pauses of the whole queue while the model cannot run."""
AWAY_SECONDS = (5.0, 10.0, 30.0, 60.0)
"""Pauses of the whole queue while a server does not answer: a look costs nothing, and a start takes a minute."""
ROOM_SECONDS = (1.0, 2.0, 5.0)
"""Pauses of the whole queue while a disk that drafting needs takes nothing."""
