"""Whose the report of a day is: nobody's yet, the daemon's, a person's, or deleted by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from daemon.learning.places import place_of
from daemon.store.store import Job, ReportRow, Store
from daemon.vault.layout import Layout
from daemon.vault.writer import report_digest


class Owner(Enum):
    """Whose the report of a day is."""

    NOBODY = "none was written yet"
    DAEMON = "untouched since the daemon wrote it"
    PERSON = "changed, or written by a person"
    DELETED = "deleted by a person"


@dataclass(frozen=True)
class Standing:
    """How the report of a day stands: whose it is, the hash of its bytes on disk (None: absent), what is remembered."""

    owner: Owner
    on_disk: str | None
    row: ReportRow | None


def standing(layout: Layout, store: Store, day: date) -> Standing:
    """Look at the report of a day. A write that a crash cut off after the file was in place is completed here, except
    for its job. Raises ``ReportBlocked`` for a folder or link in its place."""
    row = store.report(day)
    found = report_digest(layout.file(place_of(layout, store, day)))
    if row is not None and found is not None and row.pending_sha == found:
        store.finish_report(row, "")
        row = store.report(day)
    if row is None or not row.report_sha:
        return Standing(Owner.NOBODY if found is None else Owner.PERSON, found, row)
    if found is None:
        return Standing(Owner.DELETED, found, row)
    return Standing(Owner.DAEMON if found == row.report_sha else Owner.PERSON, found, row)


def may_write(now: Standing, job: Job) -> bool:
    """Whether a job may put its report there: a person's report is never overwritten, a deleted one comes back only
    when a person asks for it."""
    return now.owner in (Owner.NOBODY, Owner.DAEMON) or (now.owner is Owner.DELETED and job.asked)
