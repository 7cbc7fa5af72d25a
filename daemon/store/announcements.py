"""The table of changes to the vault that were announced and are not yet recorded."""

from __future__ import annotations

import sqlite3
from datetime import date

from daemon.store.rows import Announcement


class Announcements:
    """A view of an open database; each change is durable when it returns, unless it is part of a batch."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, one: Announcement) -> None:
        values = tuple(vars(one).values())
        self._database.execute("INSERT INTO announcements VALUES (?, ?, ?, ?, ?, ?)", values)

    def remove(self, temporary: str) -> None:
        """Nothing is written where it is not there."""
        if self._database.execute("SELECT 1 FROM announcements WHERE temporary = ?", (temporary,)).fetchone():
            self._database.execute("DELETE FROM announcements WHERE temporary = ?", (temporary,))

    def all(self, day: date | str | None = None) -> list[Announcement]:
        """Those of a day, or every one."""
        wanted = None if day is None else str(day)
        rows = self._database.execute(
            "SELECT * FROM announcements WHERE ? IS NULL OR day = ? ORDER BY temporary", (wanted, wanted)
        )
        return [Announcement(*row) for row in rows]
