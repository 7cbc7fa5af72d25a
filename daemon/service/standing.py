"""Whose the report of a day is: nobody's yet, the daemon's, a person's, or deleted by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from daemon.learning.announcement import settle, unknown_report
from daemon.learning.first_versions import FirstVersion, imprint, known, remember
from daemon.learning.places import place_of
from daemon.store.store import Job, ReportRow, Store
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout
from daemon.vault.writer import LARGEST, digest, report_digest


class Owner(Enum):
    """Whose the report of a day is."""

    NOBODY = "none was written yet"
    DAEMON = "untouched since the daemon wrote it"
    PERSON = "changed, or written by a person"
    DELETED = "deleted by a person"


@dataclass(frozen=True)
class Standing:
    """How the report of a day stands: whose it is, the hash of its bytes on disk (None: absent), what is remembered.
    ``begun``: what is, or was, there is a first version (``daemon.learning.first_versions``) and no report yet."""

    owner: Owner
    on_disk: str | None
    row: ReportRow | None
    begun: bool = False


def standing(layout: Layout, store: Store, day: date) -> Standing:
    """Look at the report of a day; a write that was cut off after the file was in place is recorded first. Raises
    ``ReportBlocked`` for a folder or link in its place."""
    settle(layout, store, day)
    row, first = store.report(day), known(store, day)
    file = layout.file(place_of(layout, store, day))
    found = report_digest(file)
    if first is not None and (found is not None or not first.leaving):
        return Standing(_of_first(file, found, first), found, row, begun=True)
    if row is None or not row.report_sha:
        return Standing(Owner.NOBODY if found is None else Owner.PERSON, found, row)
    if found is None:
        return Standing(Owner.DELETED, found, row)
    return Standing(Owner.DAEMON if found == row.report_sha else Owner.PERSON, found, row)


def _of_first(file: Path, found: str | None, first: FirstVersion) -> Owner:
    """Whose the first version of a report is: nobody's while it says what it said, else its person's."""
    if found is None:
        return Owner.DELETED
    try:
        data = read_plain(file, LARGEST)
    except OSError:
        return Owner.PERSON
    return Owner.NOBODY if digest(data) == found and imprint(data) == first.imprint else Owner.PERSON


def may_write(now: Standing, job: Job) -> bool:
    """Whether a job may put its report there: a person's report is never overwritten, a deleted one comes back only
    when a person asks for it; who ticked `redo`, or was shown the first version, and deleted the note then did not."""
    return now.owner in (Owner.NOBODY, Owner.DAEMON) or (
        now.owner is Owner.DELETED and job.source == "report" and not now.begun
    )


def leave_to_person(store: Store, layout: Layout, path: str) -> None:
    """The report that the job of this diary note wants to replace is a person's: the job ends. Where they had asked for
    it and then went on with the note, what they had given away with that is theirs again."""
    job = store.job(path)
    with store.batch():
        store.drop(path)
        if job is not None and job.asked:
            store.leave_report(job.day)
        if job is not None and job.day:
            leave_day(store, layout, date.fromisoformat(job.day))


def leave_day(store: Store, layout: Layout, day: date) -> None:
    """What a person has made of the first version of a day's report is theirs, and what they have deleted stays so."""
    with store.batch():
        if known(store, day) is None:
            return
        if store.report(day) is None:
            store.put_report(unknown_report(day.isoformat(), "", layout.report_path(day)))
        store.leave_report(day)
        remember(store, day, None)
