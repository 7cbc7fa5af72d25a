"""What counts of the diaries that drafts were made from (``daemon.vault.essence``), by the hash of their bytes."""

from __future__ import annotations

import sqlite3
from datetime import date


class Essences:
    """The table of essences in an open database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def of(self, diary_sha: str) -> str:
        """What counted of a diary, "" where it is not known."""
        row = self._database.execute("SELECT essence FROM essences WHERE diary_sha = ?", (diary_sha,)).fetchone()
        return str(row[0]) if row else ""

    def remember(self, diary_sha: str, essence: str) -> None:
        """Remember what counts of a diary; what no report and no job is made from any more is forgotten."""
        self._database.execute("INSERT OR REPLACE INTO essences VALUES (?, ?)", (diary_sha, essence))
        self._database.execute(
            "DELETE FROM essences WHERE diary_sha != ? AND diary_sha NOT IN"
            " (SELECT diary_sha FROM reports UNION ALL SELECT sha FROM jobs)",
            (diary_sha,),
        )

    def follow(self, day: date, diary_sha: str, essence: str) -> None:
        """The diary of a day's report has other bytes and says the same. Cut off between the two steps, the next look
        does both again."""
        self.remember(diary_sha, essence)
        self._database.execute("UPDATE reports SET diary_sha = ? WHERE day = ?", (diary_sha, day.isoformat()))
