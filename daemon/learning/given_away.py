"""Reports that their persons have given away: `redo` is ticked, and until the new draft is there the tick stays.

What was given away is the note as it was then. Who takes the tick back has it as before; who goes on writing under the
tick has changed their mind: the words stay, the box is cleared, and no draft takes their place.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from daemon.learning.day_memory import DayMemory
from daemon.learning.first_versions import remember
from daemon.store.rows import ReportRow
from daemon.store.store import Store
from daemon.vault.writer import digest

MEMORY = DayMemory("given_away")
"""A ``Given`` for each day that was given away."""


@dataclass(frozen=True)
class Given:
    """``body``: the hash of the body that was given away; ``before``: of the bytes that were the daemon's until the box
    was ticked, "" where none were; ``diary``: the path of the diary note."""

    body: str
    before: str
    diary: str


def given(store: Store, day: date) -> Given | None:
    """What the person of a day's report has given away, None where nothing."""
    found = MEMORY.of(store, day)
    return Given(**found) if found else None


def went_on(what: Given | None, body: str) -> bool:
    """Given what was given away and the body as it is now, whether their person has written on since. Pure."""
    return what is not None and what.body != digest(body.encode())


def give_away(store: Store, row: ReportRow, body: str, sha: str, diary_sha: str, now: datetime) -> None:
    """The note with these bytes (``sha``) and this body is the daemon's to replace, and a draft is queued, in one.
    ``row``: what is known of the report, with the path of the diary note, which has ``diary_sha`` now."""
    day = date.fromisoformat(row.day)
    with store.batch():
        known = given(store, day)
        remember(store, day, None)
        if store.report(day) is None:
            store.put_report(row)
        store.adopt_report(day, sha)
        store.queue(row.diary_path, day, diary_sha, "redo", now)
        before = known.before if known else row.report_sha
        MEMORY.put(store, day, asdict(Given(digest(body.encode()), before, row.diary_path)))


def take_back(store: Store, day: date, sha: str, now: datetime) -> None:
    """The tick is gone before a draft came. Where the note (``sha``) is as it was before the tick, it is whose it was;
    else it is its person's."""
    what = given(store, day)
    if what is None:
        return
    with store.batch():
        job = store.job(what.diary)
        asked = job is not None and job.source == "redo"
        if asked:
            store.drop(what.diary)
        if what.before == sha:
            store.adopt_report(day, sha)
            if job is not None and asked:  # the diary may have grown meanwhile
                store.queue(what.diary, day, job.sha, "watch", now)
        else:
            store.leave_report(day)
        forget_given(store, day)


def forget_given(store: Store, day: date) -> None:
    """The draft is there, or nobody waits for one any more."""
    MEMORY.put(store, day, None)
