"""Announced changes of the vault: said in the database, made in the vault, recorded in the database, in this order.

The bytes to come lie flushed in a temporary file before they are announced, and the change uses that file up in one
step. So wherever the process is killed, what it leaves tells how far it came:

    no announcement                     nothing happened; a temporary file that lies about is swept
    announced, temporary file there     the change was not made; the announcement is taken back
    announced, temporary file gone      it was made: it is recorded, whatever a person did with the note since

The last line keeps a report that was put in place, and then deleted by its person before the database knew of it, from
coming back. Who takes an announcement back does so before removing the file. A program that removes hidden
``.nippo-….tmp`` files within the milliseconds between the two steps of a daemon that is killed there makes a report
count as deleted; `nippo report DATE` writes it. Where the file system knows neither step that fails when a name is in
use nor links (see ``daemon.vault.writer``), the same holds for what comes between look and rename.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from daemon.learning.first_versions import FirstVersion, remember
from daemon.learning.given_away import forget_given
from daemon.learning.places import report_folders
from daemon.store.rows import AnnouncementKind
from daemon.store.store import Announcement, ReportRow, Store
from daemon.system import files
from daemon.vault.layout import Layout
from daemon.vault.verdict_note import note_folder
from daemon.vault.writer import sweep


class Change:
    """A change about to be made, for ``daemon.vault.writer``; ``record`` it once that has returned."""

    def __init__(
        self, layout: Layout, store: Store, day: date, kind: AnnouncementKind, values: Mapping[str, Any]
    ) -> None:
        self._root, self._store = layout.root, store
        self._day, self._kind, self._values = day, kind, values
        self._told: Announcement | None = None

    def announce(self, temporary: Path, file: Path, sha: str) -> None:
        record = json.dumps(self._values, ensure_ascii=False)
        inside = [path.relative_to(self._root).as_posix() for path in (temporary, file)]
        self._told = Announcement(inside[0], inside[1], sha, self._day.isoformat(), self._kind, record)
        self._store.announcements.add(self._told)

    def take_back(self) -> None:
        if self._told is not None:
            self._store.announcements.remove(self._told.temporary)

    def record(self) -> None:
        if self._told is not None:
            _record(self._store, self._told)


def report_change(layout: Layout, store: Store, row: ReportRow, job: tuple[str, str]) -> Change:
    """A report that is about to be written. ``row``: what is known of it then; a ``report_sha`` of "" stands for the
    hash of the bytes to come. ``job``: path and hash of the diary that it is written for; the job for them ends."""
    values = {"row": asdict(row), "job": list(job)}
    return Change(layout, store, date.fromisoformat(row.day), "report", values)


def first_change(layout: Layout, store: Store, day: date, first: FirstVersion) -> Change:
    """The first version of a report that is about to be written."""
    return Change(layout, store, day, "first", asdict(first))


def verdict_change(layout: Layout, store: Store, now: datetime) -> Change:
    """The page of a verdict that is about to be written."""
    return Change(layout, store, now.date(), "verdict", {})


def settle(layout: Layout, store: Store, day: date) -> None:
    """Record the changes of a day that were made, as it should have been done right after. Others are left alone: they
    may be another process's, about to be made."""
    for one in store.announcements.all(day):
        if one.kind != "verdict" and was_made(layout, one):
            _record(store, one)


def settle_all(layout: Layout, store: Store) -> None:
    """After a start, before anything else: record what was made, take back what was not, with its temporary file, and
    remove the temporary files that nobody announced. Only the holder of the vault's lock may call this."""
    for one in store.announcements.all():
        if not (layout.root / one.temporary).parent.is_dir():
            continue  # a folder that is away tells nothing
        if not was_made(layout, one):
            store.announcements.remove(one.temporary)
            files.remove(layout.root / one.temporary)
        elif one.kind != "verdict":
            _record(store, one)
    for folder in (*report_folders(layout, store), layout.file(note_folder(layout))):
        sweep(folder)


def verdict_written(layout: Layout, store: Store, path: str) -> Announcement | None:
    """The announcement of a verdict's page that was put in place already, though nothing says so yet; the page may be
    gone again. None without one."""
    announced = (one for one in store.announcements.all() if one.kind == "verdict" and one.path == path)
    return next((one for one in announced if was_made(layout, one)), None)


def was_made(layout: Layout, one: Announcement) -> bool:
    """Whether an announced change has happened: its temporary file is used up, or, where a hard link had to do, is the
    very file that lies in its place."""
    temporary = layout.root / one.temporary
    if not os.path.lexists(temporary):
        return temporary.parent.is_dir()
    try:
        return temporary.samefile(layout.file(one.path))
    except OSError:
        return False


def _record(store: Store, one: Announcement) -> None:
    """What an older nippo announced in other words is forgotten: its bytes count as a person's."""
    with store.batch():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            values = json.loads(one.record)
            if one.kind == "report":
                row, (path, sha) = ReportRow(**values["row"]), values["job"]
                store.put_report(row if row.report_sha else replace(row, report_sha=one.sha))
                store.end_job(path, sha)
                remember(store, date.fromisoformat(one.day), None)
                forget_given(store, date.fromisoformat(one.day))
            elif one.kind == "first":
                remember(store, date.fromisoformat(one.day), FirstVersion(**values))
        store.announcements.remove(one.temporary)


def unknown_report(day: str, diary: str, path: str) -> ReportRow:
    """The row of a report whose writing nobody remembers."""
    return ReportRow(day, diary, "", path, "", "", "", "", "")
