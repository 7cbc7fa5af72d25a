"""From a finished draft to a report on disk, so that a crash between any two steps leaves exactly one report.

The bytes to come are announced, then put in place, then the row of the report is written and its job ends; what a crash
cut off ``standing`` makes up for (``daemon.learning.announcement``).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import NoteUnreadable, ReportTouched
from daemon.learning.announcement import report_change
from daemon.learning.evidence_notes import evidence_link
from daemon.learning.places import place_of
from daemon.service.standing import leave_to_person, may_write, standing
from daemon.store.store import Job, ReportRow, Store
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout, link_name
from daemon.vault.report_note import ReportNote, redraw
from daemon.vault.scan import read_note
from daemon.vault.writer import LARGEST, digest, write_report

if TYPE_CHECKING:
    from daemon.drafting.result import DraftResult


def deliver(
    layout: Layout, store: Store, job: Job, result: DraftResult, kilobytes: int, now: datetime, evidence: bool = False
) -> bool:
    """Write the report of a job; True when it is on disk, False when it was left to its person and the job ended.

    ``kilobytes`` is the size that a diary may have, ``evidence`` whether notes with evidence are wanted: the report
    links to its own (``daemon.learning.evidence_notes`` writes it, once the report is there). Raises ``NoteChanged``
    when the diary is another by now and ``ReportBlocked`` when the report cannot be written; ``StorageError`` while
    vault or database take nothing. The job stays then.
    """
    day = date.fromisoformat(job.day)
    current = store.job(job.path)
    if job.source == "redo" and current is not None and current.source != "redo":
        return False  # the tick was taken back
    job = replace(job, source=current.source) if current else job
    before = standing(layout, store, day)
    if not may_write(before, job):
        leave_to_person(store, layout, job.path)
        return False
    place = place_of(layout, store, day)
    data = redraw(
        bytes_before(layout.file(place), before.on_disk),
        ReportNote(
            day=day,
            diary=link_name(job.path),
            body=result.body,
            status=result.status,
            model=result.version,
            generated=now,
            warnings=tuple(result.warnings),
            evidence=evidence_link(layout, day, result.record) if evidence else "",
        ),
    )
    row = ReportRow(
        day=job.day,
        diary_path=job.path,
        diary_sha=job.sha,
        report_path=place,
        report_sha="",
        draft=result.body,
        record=record_text(result),
        model=result.version,
        status=result.status,
        written_at=now.isoformat(timespec="seconds"),
    )
    change = report_change(layout, store, row, (job.path, job.sha))
    try:
        write_report(
            layout.root,
            layout.file(row.report_path),
            data,
            before.on_disk,
            lambda: diary_digest(layout, job.path, kilobytes) == job.sha,
            change,
        )
    except ReportTouched:
        leave_to_person(store, layout, job.path)
        return False
    change.record()
    return True


def record_text(result: DraftResult) -> str:
    """What is remembered of the sentences that a draft was written from, "" for a whole draft."""
    return json.dumps(result.record.to_json(), ensure_ascii=False) if result.record.sentences else ""


def bytes_before(file: Path, on_disk: str | None) -> bytes:
    """The report that is about to be replaced; b"" where there is none, or it is no longer the one that was looked at,
    because then it will not be replaced."""
    try:
        data = read_plain(file, LARGEST) if on_disk else b""
    except OSError:
        return b""
    return data if digest(data) == on_disk else b""


def diary_digest(layout: Layout, path: str, kilobytes: int) -> str | None:
    """The hash of a diary note as it is now, None when it is gone or cannot be read any more."""
    try:
        data = read_note(layout, path, kilobytes)
    except NoteUnreadable:
        return None
    return None if data is None else digest(data)
