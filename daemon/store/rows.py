"""The rows of the database as frozen values; field order is column order (``daemon.store.migrations``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JobState = Literal["waiting", "failed", "skipped"]
JobSource = Literal["watch", "backfill", "report", "redo"]
WithdrawnBy = Literal["", "unticked", "rejected", "missing", "leak"]
PairQuestion = Literal["", "diary", "body", "redo"]
AnnouncementKind = Literal["report", "first", "verdict"]


@dataclass(frozen=True)
class Job:
    """A diary note that wants a report, or was set aside ("failed") or passed over ("skipped") with a reason.

    ``sha`` is the diary's hash when it was queued, ``queued_at`` an ISO time.
    """

    path: str
    day: str
    sha: str
    state: JobState
    source: JobSource
    attempts: int
    error: str
    next_step: str
    queued_at: str

    @property
    def asked(self) -> bool:
        """Whether a person asked for this report by name."""
        return self.source in ("report", "redo")


@dataclass(frozen=True)
class ReportRow:
    """What the daemon knows of the report of a day. ``report_sha`` "" means that none was written yet. ``record``: what
    was asked and answered about each sentence (``daemon.drafting.record.DayRecord`` as JSON), "" where nothing was."""

    day: str
    diary_path: str
    diary_sha: str
    report_path: str
    report_sha: str
    draft: str
    model: str
    status: str
    written_at: str
    record: str = ""


@dataclass(frozen=True)
class Announcement:
    """A change of a file in the vault that was announced before it was made. ``temporary`` holds the bytes to come,
    until the change uses it up; ``sha`` is their hash; both paths are inside the vault. ``record``: as JSON, what is to
    be recorded once it has happened, by ``kind``."""

    temporary: str
    path: str
    sha: str
    day: str
    kind: AnnouncementKind
    record: str


@dataclass(frozen=True)
class Pair:
    """An accepted report beside its diary. ``record``: the draft's ``DayRecord`` as JSON, "" where none is known.
    ``id`` of a vault's own pair is its date; ``accepted_at`` is an ISO time, as is ``missing_since``, from when on its
    note is gone ("" while it is there).

    ``withdrawn_by``: the box unticked, ``nippo reject`` while the note was gone, the note gone for good, or
    something private seems to stand in it: it is held back until its person says otherwise ("leak").
    ``question``: the diary has lost most of its text since ("diary"), the body has become empty ("body"), a new draft
    has taken the place of the body ("redo"): the pair stays as it was accepted until its person says otherwise.
    """

    id: str
    day: str
    diary: str
    diary_sha: str
    report: str
    draft: str
    accepted_at: str
    withdrawn: bool
    source: str
    record: str = ""
    missing_since: str = ""
    withdrawn_by: WithdrawnBy = ""
    question: PairQuestion = ""
