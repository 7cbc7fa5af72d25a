"""The connection to the database; every change is a step that a test can stand before (``daemon.system.steps``)."""

from __future__ import annotations

import sqlite3
from typing import Any

from daemon.system.steps import step

LOOKING = ("SELECT", "PRAGMA", "BEGIN", "ROLLBACK")


class Connection(sqlite3.Connection):
    """For ``sqlite3.connect(factory=…)``."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if not sql.startswith(LOOKING):
            step(f"database: {sql[:30]}")
        return super().execute(sql, *parameters)
