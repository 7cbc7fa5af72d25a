"""The daemon's memory: one SQLite file in the data folder.

Jobs are durable: a row leaves only after its report is on disk, in the transaction that remembers the report's hash.
What is about to happen in the vault is announced here first (``announcements``, ``daemon.learning.announcement``).
Deleted text is overwritten (``secure_delete``). A connection belongs to one thread; several processes may hold one.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from daemon.errors import NippoError
from daemon.store.announcements import Announcements
from daemon.store.database import Database, made_anew, opening
from daemon.store.essences import Essences
from daemon.store.migrations import check_version, migrate
from daemon.store.rows import Announcement, Job, JobSource, JobState, Pair, ReportRow
from daemon.system.files import private_folder

FILE_NAME = "nippo.sqlite3"
LEFT = "left to its person"
"""In place of a report's hash: that of no bytes."""

__all__ = ["Announcement", "Job", "JobSource", "JobState", "Pair", "ReportRow", "Store"]


class Store:
    """An open database. Use as a context manager or call ``close``."""

    def __init__(self, database: sqlite3.Connection, file: Path) -> None:
        self._database = database
        self.file = file
        self.announcements = Announcements(database)
        self.essences = Essences(database)

    @classmethod
    def open(cls, folder: Path, name: str = FILE_NAME) -> Store:
        """Open or make the database of a data folder; ``name``: one that was moved aside. Raises ``UsageError`` for a
        newer one, ``StorageError`` when the file is damaged or the folder cannot be written, ``NoRoom`` of these while
        its disk is full or read-only."""
        file = folder / name
        with opening(file):
            private_folder(folder)
            if not made_anew(file):
                with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as reader:
                    check_version(reader, file)
            database = sqlite3.connect(file, timeout=10.0, isolation_level=None, factory=Database)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA secure_delete = ON")
            database.execute("PRAGMA cache_size = -1024")
            migrate(database, file)
        return cls(database, file)

    @classmethod
    def open_existing(cls, folder: Path) -> Store | None:
        """Open the database when there is one, else None; for commands that only look."""
        return cls.open(folder) if (folder / FILE_NAME).exists() else None

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Make many changes one: all of them reach the disk together, at the end."""
        with self._transaction():
            yield

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._database.in_transaction:
            yield self._database
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
            self._database.execute("COMMIT")
        except BaseException:
            # A commit that found no room leaves the transaction open, and later ones would vanish inside it.
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def changes(self) -> int:
        """A number that moves whenever another connection has written."""
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    # Notes

    def known_notes(self) -> dict[str, tuple[int, int]]:
        """Path → (size, mtime_ns) of every diary file that was dealt with."""
        rows = self._database.execute("SELECT path, size, mtime_ns FROM notes")
        return {path: (size, mtime_ns) for path, size, mtime_ns in rows}

    def remember_note(self, path: str, size: int, mtime_ns: int) -> None:
        self._database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (path, size, mtime_ns))

    def forget_notes(self, paths: Iterable[str]) -> None:
        """The files are gone: forget that they were dealt with, and drop their jobs."""
        with self._transaction() as database:
            for path in paths:
                database.execute("DELETE FROM notes WHERE path = ?", (path,))
                database.execute("DELETE FROM jobs WHERE path = ?", (path,))

    # Jobs

    def queue(self, path: str, day: date, sha: str, source: JobSource, now: datetime) -> None:
        """Put a note into the queue or renew its row; what a person asked for keeps that mark."""
        self._database.execute(
            "INSERT INTO jobs VALUES (?, ?, ?, 'waiting', ?, 0, '', '', ?) ON CONFLICT (path) DO UPDATE SET"
            " day = excluded.day, sha = excluded.sha, state = 'waiting', attempts = 0, error = '', next_step = '',"
            " source = CASE WHEN jobs.state = 'waiting' AND jobs.source IN ('report', 'redo') THEN jobs.source"
            " ELSE excluded.source END",
            (path, day.isoformat(), sha, source, now.isoformat()),
        )

    def put_aside(
        self, path: str, day: date | None, sha: str, state: JobState, error: NippoError, now: datetime
    ) -> None:
        """Keep a note out of the queue with the reason that ``nippo status`` shows."""
        self._database.execute(
            "INSERT INTO jobs VALUES (?, ?, ?, ?, 'watch', 0, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
            " day = excluded.day, sha = excluded.sha, state = excluded.state, error = excluded.error,"
            " next_step = excluded.next_step",
            (path, day.isoformat() if day else "", sha, state, *_said(error), now.isoformat()),
        )

    def fail(self, path: str, error: NippoError, give_up: bool) -> None:
        """Count a failed attempt; with ``give_up`` the note leaves the queue with its error."""
        self._database.execute(
            "UPDATE jobs SET attempts = attempts + 1, error = ?, next_step = ?, state = ? WHERE path = ?",
            (*_said(error), "failed" if give_up else "waiting", path),
        )

    def retry_failed(self, day: date | None = None) -> int:
        """Give every failed note, or those of a day, a new chance; return how many."""
        again = "UPDATE jobs SET state = 'waiting', attempts = 0 WHERE state = 'failed' AND (? IS NULL OR day = ?)"
        only = day.isoformat() if day else None
        return self._database.execute(again, (only, only)).rowcount

    def drop(self, path: str) -> None:
        self._database.execute("DELETE FROM jobs WHERE path = ?", (path,))

    def end_job(self, path: str, sha: str) -> None:
        """The report of the diary with this hash is written; a job for another state of the diary stays."""
        self._database.execute("DELETE FROM jobs WHERE path = ? AND sha = ?", (path, sha))

    def job(self, path: str) -> Job | None:
        row = self._database.execute("SELECT * FROM jobs WHERE path = ?", (path,)).fetchone()
        return Job(*row) if row else None

    def jobs(self, state: JobState | None = None) -> list[Job]:
        """Jobs in the order of work: asked for by a person, fresh, older ones; each by the time it was queued."""
        rows = self._database.execute(
            "SELECT * FROM jobs WHERE ? IS NULL OR state = ? ORDER BY CASE source WHEN 'report' THEN 0"
            " WHEN 'redo' THEN 0 WHEN 'watch' THEN 1 ELSE 2 END, queued_at, day, path",
            (state, state),
        )
        return [Job(*row) for row in rows]

    def waiting_paths(self, day: date) -> list[str]:
        """The notes of a day that wait for their report."""
        rows = self._database.execute("SELECT path FROM jobs WHERE day = ? AND state = 'waiting'", (day.isoformat(),))
        return [path for (path,) in rows]

    def count_jobs(self) -> dict[str, int]:
        """State → number of jobs."""
        return dict(self._database.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())

    # Reports

    def report(self, day: date | str) -> ReportRow | None:
        row = self._database.execute("SELECT * FROM reports WHERE day = ?", (str(day),)).fetchone()
        return ReportRow(*row) if row else None

    def reports(self) -> list[ReportRow]:
        return [ReportRow(*row) for row in self._database.execute("SELECT * FROM reports ORDER BY day")]

    def written_reports(self) -> list[tuple[str, str, str, str]]:
        """Day, path, status and time of every report that nippo is known to have written, without its text."""
        query = "SELECT day, report_path, status, written_at FROM reports WHERE report_sha != '' AND written_at != ''"
        return [(day, path, status, at) for day, path, status, at in self._database.execute(query)]

    def drawn_reports(self) -> list[tuple[str, str, str]]:
        """Day, path of the diary and time of every report that was drawn from a diary that is known."""
        query = (
            "SELECT day, diary_path, written_at FROM reports"
            " WHERE report_sha != '' AND diary_sha != '' AND written_at != '' ORDER BY day"
        )
        return [(day, path, at) for day, path, at in self._database.execute(query)]

    def put_report(self, row: ReportRow) -> None:
        values = tuple(vars(row).values())
        self._database.execute(f"INSERT OR REPLACE INTO reports VALUES ({', '.join('?' * len(values))})", values)

    def adopt_report(self, day: date | str, sha: str) -> None:
        """The bytes with this hash count as the daemon's own from now on, so that it may replace them."""
        self._database.execute("UPDATE reports SET report_sha = ? WHERE day = ?", (sha, str(day)))

    def leave_report(self, day: date | str) -> None:
        """Whatever lies there belongs to its person from now on, and what was deleted stays so."""
        self._database.execute("UPDATE reports SET report_sha = ? WHERE day = ?", (LEFT, str(day)))

    def left_days(self) -> set[str]:
        """The days whose report was left to its person (``leave_report``)."""
        return {day for (day,) in self._database.execute("SELECT day FROM reports WHERE report_sha = ?", (LEFT,))}

    def forget_draft(self, day: date | str) -> None:
        self._database.execute("UPDATE reports SET diary_sha = '', draft = '', record = '' WHERE day = ?", (str(day),))

    # Places

    def places(self) -> dict[str, str]:
        """Day → where its report was last seen."""
        return dict(self._database.execute("SELECT day, path FROM places").fetchall())

    def place(self, day: date | str) -> str:
        """Where the report of a day was last seen, "" where it never was."""
        row = self._database.execute("SELECT path FROM places WHERE day = ?", (str(day),)).fetchone()
        return str(row[0]) if row else ""

    def set_place(self, day: date | str, path: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (str(day), path))

    # Pairs

    def put_pair(self, pair: Pair) -> None:
        values = tuple(vars(pair).values())
        self._database.execute(f"INSERT OR REPLACE INTO pairs VALUES ({', '.join('?' * len(values))})", values)

    def pair(self, pair_id: str) -> Pair | None:
        row = self._database.execute("SELECT * FROM pairs WHERE id = ?", (pair_id,)).fetchone()
        return _pair(row) if row else None

    def pairs(self, withdrawn: bool = False) -> list[Pair]:
        """The accepted pairs by day, with ``withdrawn`` also those that were taken back."""
        rows = self._database.execute("SELECT * FROM pairs WHERE withdrawn = 0 OR ? ORDER BY day, id", (withdrawn,))
        return [_pair(row) for row in rows]

    def delete_pair(self, pair_id: str) -> None:
        self._database.execute("DELETE FROM pairs WHERE id = ?", (pair_id,))

    def scrub(self) -> None:
        """Remove every trace of deleted text from the file and its journal."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # Meta

    def get_meta(self, key: str, default: Any = None) -> Any:
        """A small JSON value by its name."""
        row = self._database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_meta(self, key: str, value: Any) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, _text(json.dumps(value, ensure_ascii=False)))
        )


def _text(text: str) -> str:
    """A text as the database takes it: a path in it may hold bytes that are none."""
    return text.encode("utf-8", "backslashreplace").decode()


def _said(error: NippoError) -> tuple[str, str]:
    return _text(error.what), _text(error.next_step)


def _pair(row: tuple[Any, ...]) -> Pair:
    return replace(Pair(*row), withdrawn=bool(row[7]))
