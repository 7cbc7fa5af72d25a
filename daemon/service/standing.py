"""Whose the report of a day is: nobody's yet, the daemon's, a person's, or deleted by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from daemon.learning.announcement import settle
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
    """Look at the report of a day; a write that was cut off after the file was in place is recorded first. Raises
    ``ReportBlocked`` for a folder or link in its place."""
    settle(layout, store, day)
    row = store.report(day)
    found = report_digest(layout.file(place_of(layout, store, day)))
    if row is None or not row.report_sha:
        return Standing(Owner.NOBODY if found is None else Owner.PERSON, found, row)
    if found is None:
        return Standing(Owner.DELETED, found, row)
    return Standing(Owner.DAEMON if found == row.report_sha else Owner.PERSON, found, row)


def may_write(now: Standing, job: Job) -> bool:
    """Whether a job may put its report there: a person's report is never overwritten, a deleted one comes back only
    when a person asks for it; who ticked `redo` and deleted the note then did not."""
    return now.owner in (Owner.NOBODY, Owner.DAEMON) or (now.owner is Owner.DELETED and job.source == "report")


def leave_to_person(store: Store, path: str) -> None:
    """The report that the job of this diary note wants to replace is a person's: the job ends. Where they had asked for
    it and then went on with the note, what they had given away with that is theirs again."""
    job = store.job(path)
    with store.batch():
        store.drop(path)
        if job is not None and job.asked:
            store.leave_report(job.day)
