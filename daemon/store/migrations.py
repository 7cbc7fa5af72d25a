"""The database's schema as numbered steps. ``PRAGMA user_version`` counts those taken; a step is never changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from daemon.errors import UsageError
from daemon.words import tr

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE notes (            -- every diary file that was dealt with, as it was then
        path TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE jobs (             -- a row lives until its report is on disk
        path TEXT PRIMARY KEY,      -- of the diary note, inside the vault
        day TEXT NOT NULL,          -- ISO date, "" where the name has none
        sha TEXT NOT NULL,          -- of the diary's bytes
        state TEXT NOT NULL CHECK (state IN ('waiting', 'failed', 'skipped')),
        source TEXT NOT NULL CHECK (source IN ('watch', 'backfill', 'report', 'redo')),
        attempts INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT '',
        next_step TEXT NOT NULL DEFAULT '',
        queued_at TEXT NOT NULL
    );
    CREATE INDEX jobs_by_state ON jobs (state, queued_at);
    CREATE TABLE reports (          -- what the daemon last wrote, to know its own bytes again
        day TEXT PRIMARY KEY,
        diary_path TEXT NOT NULL,
        diary_sha TEXT NOT NULL,
        report_path TEXT NOT NULL,
        report_sha TEXT NOT NULL,   -- of the bytes on disk; "" before the first write
        pending_sha TEXT NOT NULL,  -- of the bytes about to replace them; "" outside a write
        pending_diary_sha TEXT NOT NULL,
        draft TEXT NOT NULL,        -- the body as it was drawn
        model TEXT NOT NULL,
        status TEXT NOT NULL,
        written_at TEXT NOT NULL
    );
    CREATE TABLE pairs (            -- accepted reports
        id TEXT PRIMARY KEY,
        day TEXT NOT NULL,
        diary TEXT NOT NULL,
        diary_sha TEXT NOT NULL,
        report TEXT NOT NULL,
        draft TEXT NOT NULL,
        accepted_at TEXT NOT NULL,
        withdrawn INTEGER NOT NULL DEFAULT 0,
        source TEXT NOT NULL
    );
    CREATE INDEX pairs_by_day ON pairs (day);
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    -- what was asked and answered about each sentence of the draft; with a pair, as it stood when it was accepted
    ALTER TABLE reports ADD COLUMN record TEXT NOT NULL DEFAULT '';
    ALTER TABLE pairs ADD COLUMN record TEXT NOT NULL DEFAULT '';
    """,
    """
    CREATE TABLE essences (         -- what counts of a diary that a draft was made from (daemon.vault.essence)
        diary_sha TEXT PRIMARY KEY,
        essence TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE pairs ADD COLUMN missing_since TEXT NOT NULL DEFAULT '';  -- "" while its note is there
    ALTER TABLE pairs ADD COLUMN withdrawn_by TEXT NOT NULL DEFAULT '';   -- "unticked", "rejected", "missing"
    ALTER TABLE pairs ADD COLUMN question TEXT NOT NULL DEFAULT '';       -- what its person is asked
    CREATE TABLE places (           -- where the report of a day was last seen, which may be anywhere in the vault
        day TEXT PRIMARY KEY,
        path TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE announcements (    -- changes of the vault that were announced and are not yet recorded
        temporary TEXT PRIMARY KEY, -- of the bytes to come, inside the vault; the change uses this file up
        path TEXT NOT NULL,         -- of the file that changes, inside the vault
        sha TEXT NOT NULL,          -- of the bytes to come
        day TEXT NOT NULL,
        kind TEXT NOT NULL,
        record TEXT NOT NULL        -- JSON: what to record once it has happened
    ) WITHOUT ROWID;
    -- what a write cut off by an upgrade wanted is forgotten: if its report is there, it counts as its person's
    CREATE TABLE reports_without_pending (
        day TEXT PRIMARY KEY,
        diary_path TEXT NOT NULL,
        diary_sha TEXT NOT NULL,
        report_path TEXT NOT NULL,
        report_sha TEXT NOT NULL,   -- of the bytes on disk; "" before the first write
        draft TEXT NOT NULL,        -- the body as it was drawn
        model TEXT NOT NULL,
        status TEXT NOT NULL,
        written_at TEXT NOT NULL,
        record TEXT NOT NULL DEFAULT ''
    );
    INSERT INTO reports_without_pending
        SELECT day, diary_path, diary_sha, report_path, report_sha, draft, model, status, written_at, record
        FROM reports;
    DROP TABLE reports;
    ALTER TABLE reports_without_pending RENAME TO reports;
    """,
)


def migrate(database: sqlite3.Connection, file: Path) -> None:
    """Bring a database to the newest schema, each step in a transaction of its own.

    Raises ``UsageError`` for a database of a newer nippo, without touching it.
    """
    check_version(database, file)
    for number in range(version(database) + 1, len(MIGRATIONS) + 1):
        database.executescript(f"BEGIN IMMEDIATE;\n{MIGRATIONS[number - 1]}\nPRAGMA user_version = {number};\nCOMMIT;")


def check_version(database: sqlite3.Connection, file: Path) -> None:
    """Raise ``UsageError`` when a newer nippo has written the database."""
    if version(database) > len(MIGRATIONS):
        raise UsageError(
            tr(
                "{file} was written by a newer nippo (schema {version}, this one knows {count}).",
                file=file,
                version=version(database),
                count=len(MIGRATIONS),
            ),
            tr("Install that version again; the file was left as it is."),
        )


def version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
