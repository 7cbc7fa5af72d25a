"""What becomes of a diary note that has settled: a job, a reason why not, or nothing because all is done."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from daemon.errors import NoteError, ReportBlocked
from daemon.service.follow import follows
from daemon.service.standing import Owner, leave_day, leave_to_person, standing
from daemon.store.store import JobSource, Store
from daemon.system.plain_files import is_plain
from daemon.vault.diary import declared_private, private_note
from daemon.vault.essence import essence
from daemon.vault.habits import Habits
from daemon.vault.layout import Layout, nfc
from daemon.vault.note_text import decode
from daemon.vault.scan import DiaryNote, Oddity
from daemon.vault.writer import digest
from daemon.words import tr


def is_wanted(day: date, first_day: date, today: date) -> bool:
    """Whether a note is taken by itself: dated from the day of the first run on.

    A clock that was ahead at the first run and has been set back leaves ``first_day`` in the future; then the notes of
    the present day are taken, and a clock that has fallen back to its factory setting takes no old ones.
    """
    return day >= first_day or (today < first_day and today <= day <= today + timedelta(days=1))


def take_in(
    layout: Layout,
    store: Store,
    note: DiaryNote,
    data: bytes,
    source: JobSource,
    now: datetime,
    habits: Habits | None = None,
) -> bool:
    """Given a settled diary note and its bytes, queue it where its report is to be made; True when it was queued.

    ``habits`` tells whether the note says anything yet and anything new; None for what a person asks for by name.
    """
    sha = digest(data)
    try:
        text = decode(data, note.path)
        other = rival(layout, store, note)
        if other:
            raise NoteError(
                tr("{path}: {day} already has the diary note {other}.", path=note.path, day=note.day, other=other),
                tr("Merge the two notes or rename one of them; a day has one report."),
            )
        found = standing(layout, store, note.day)
    except ReportBlocked as problem:
        store.put_aside(note.path, note.day, sha, "failed", problem, now)
        return False
    except NoteError as problem:
        store.put_aside(note.path, note.day, sha, "skipped" if type(problem) is NoteError else "failed", problem, now)
        return False
    before = store.job(note.path)
    if before is not None and before.state == "waiting" and before.asked:
        source = before.source
    asked = source in ("report", "redo")
    same = follows(store, found, sha, essence(text, habits.privacy) if habits else "")
    if found.owner is Owner.PERSON or (found.owner is Owner.DELETED and source != "report"):
        leave_to_person(store, layout, note.path)
        return False
    if found.owner is Owner.DELETED:
        leave_day(store, layout, note.day)  # asked for anew
    if found.owner is Owner.DAEMON and same and not asked:
        store.drop(note.path)
        return False
    if not asked and habits and (reason := waits(note, text, habits, now)):
        store.put_aside(note.path, note.day, sha, "skipped", reason, now)
        return False
    store.queue(note.path, note.day, sha, source, now)
    return True


def waits(note: DiaryNote, text: str, habits: Habits, now: datetime) -> NoteError | None:
    """Why a note is not drafted yet, None where it is: it is private, its day has not come, or nobody has written
    anything."""
    if declared_private(text, habits.privacy):
        return private_note(note.path)
    if note.day > now.date():
        today = f"{now:%Y-%m-%d %H:%M}, {now.tzname() or 'UTC'}"
        return NoteError(
            tr("{path}: waits for its day.", path=note.path),
            tr("Its report is written from {day} on; now it is {today}.", day=note.day, today=today),
        )
    if reason := habits.nothing_own(note.path, note.day, text):
        remedy = tr("Its report is written once there is text; `nippo report {day}` writes one now.", day=note.day)
        return NoteError(tr("{path}: {reason}.", path=note.path, reason=reason), remedy)
    return None


def set_aside(store: Store, odd: Oddity, now: datetime) -> None:
    """Keep a file that looks like a diary note where ``nippo status`` shows it."""
    store.put_aside(odd.path, None, "", "skipped", NoteError(odd.what, odd.next_step), now)


def rival(layout: Layout, store: Store, note: DiaryNote) -> str:
    """The path of another diary note that holds the day already, "" without one."""
    row = store.report(note.day)
    claims = [row.diary_path] if row else []
    claims += store.waiting_paths(note.day)
    for path in claims:
        if nfc(path) != nfc(note.path) and is_plain(layout.file(path)) and layout.diary_date(path) == note.day:
            return path
        if path != note.path and nfc(path) == nfc(note.path) and is_plain(layout.root / path):
            return path
    return ""
