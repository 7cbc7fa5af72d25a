"""A connection to SQLite whose troubles are nippo's own errors: a full disk is ``NoRoom``, what else the disk or
another process does to it ``StorageError``. What is wrong with a single value stays SQLite's own error.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daemon.errors import NoRoom, StorageError
from daemon.system.files import private
from daemon.system.room import lack_of
from daemon.system.steps import step
from daemon.words import tr

LOOKING = ("SELECT", "PRAGMA", "BEGIN", "ROLLBACK")
"""How statements begin that write nothing; before each other one stands a step (``daemon.system.steps``)."""
OF_VALUES = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InternalError,
    sqlite3.NotSupportedError,
)


class Database(sqlite3.Connection):
    """Given to ``sqlite3.connect`` as its ``factory``."""

    def __init__(self, file: Any, *arguments: Any, **named: Any) -> None:
        self._file = Path(file)
        super().__init__(file, *arguments, **named)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        with explained(self._file):
            if not sql.startswith(LOOKING):
                step(f"database: {sql[:30]}")
            return super().execute(sql, *parameters)

    def executescript(self, script: str) -> sqlite3.Cursor:
        with explained(self._file):
            return super().executescript(script)


@contextlib.contextmanager
def explained(file: Path) -> Iterator[None]:
    """What SQLite says of its file in here becomes ``StorageError``; ``NoRoom`` when its disk takes nothing."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        if isinstance(problem, OF_VALUES):
            raise
        raise _in_words(problem, file) from None


def _in_words(problem: sqlite3.DatabaseError, file: Path) -> StorageError:
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    lack = lack_of(file.parent)
    full = code == sqlite3.SQLITE_FULL or lack == "full"
    if full and code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return NoRoom(
            tr("{file}: the disk is full.", file=file), tr("Free some space; nippo waits and goes on by itself.")
        )
    if lack == "read-only" and code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return NoRoom(
            tr("{file}: the disk is read-only.", file=file), tr("Make it writable; nippo waits and goes on by itself.")
        )
    return StorageError(
        tr("{file}: the database cannot be used ({problem}).", file=file, problem=problem),
        tr(
            "Check free space and permissions of the data folder. If the file is damaged, move "
            "it away: nippo makes a new one, and your notes and reports are all in the vault."
        ),
    )


def made_anew(file: Path) -> bool:
    """Make an empty database that is this user's alone where there is none; its journals take its rights."""
    try:
        os.close(private(str(file), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


@contextlib.contextmanager
def opening(file: Path) -> Iterator[None]:
    """The database's own troubles and those of its folder, in words."""
    try:
        with explained(file):
            yield
    except OSError as problem:
        if full := NoRoom.of(problem, file.parent):
            raise full from None
        raise StorageError(
            tr("{parent}: the data folder cannot be used ({why}).", parent=file.parent, why=problem.strerror),
            tr("Check its permissions, or set folder in [data] of config.toml."),
        ) from None
