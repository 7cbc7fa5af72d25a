"""What becomes of a diary note that has settled: a job, a reason why not, or nothing because all is done."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from daemon.errors import NoteError, ReportBlocked
from daemon.service.standing import Owner, standing
from daemon.store.store import JobSource, Store
from daemon.system.plain_files import is_plain
from daemon.vault.diary import is_blank
from daemon.vault.layout import Layout, nfc
from daemon.vault.note_text import decode
from daemon.vault.scan import DiaryNote, Oddity
from daemon.vault.writer import digest


def is_wanted(day: date, first_day: date, today: date) -> bool:
    """Whether a note is taken by itself: dated from the day of the first run on.

    A clock that was ahead at the first run and has been set back leaves ``first_day`` in the future; then the notes of
    the present day are taken, and a clock that has fallen back to its factory setting takes no old ones.
    """
    return day >= first_day or (today < first_day and today <= day <= today + timedelta(days=1))


def take_in(layout: Layout, store: Store, note: DiaryNote, data: bytes, source: JobSource, now: datetime) -> bool:
    """Given a settled diary note and its bytes, queue it where its report is to be made; True when it was queued."""
    sha = digest(data)
    try:
        text = decode(data, note.path)
        other = rival(layout, store, note)
        if other:
            raise NoteError(
                f"{note.path}: {note.day} already has the diary note {other}.",
                "Merge the two notes or rename one of them; a day has one report.",
            )
        found = standing(layout, store, note.day)
    except ReportBlocked as problem:
        store.put_aside(note.path, note.day, sha, "failed", problem, now)
        return False
    except NoteError as problem:
        store.put_aside(note.path, note.day, sha, "skipped" if type(problem) is NoteError else "failed", problem, now)
        return False
    asked = source in ("report", "redo")
    if found.owner is Owner.PERSON or (found.owner is Owner.DELETED and not asked):
        store.drop(note.path)
        return False
    if found.owner is Owner.DAEMON and found.row and found.row.diary_sha == sha and not asked:
        store.drop(note.path)
        return False
    if is_blank(text) and not asked:
        empty = NoteError(f"{note.path}: is still empty.", "Its report is written once there is text.")
        store.put_aside(note.path, note.day, sha, "skipped", empty, now)
        return False
    store.queue(note.path, note.day, sha, source, now)
    return True


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
