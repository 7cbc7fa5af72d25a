"""A report note as the page holds it: read once, changed only while it is still what was read.

All writes go through ``daemon.vault.writer``. Nothing here writes a file by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from daemon.drafting.result import DraftResult
from daemon.errors import NoteUnreadable, ReportBlocked
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout, link_name
from daemon.vault.note_text import decode
from daemon.vault.own_lines import with_body
from daemon.vault.report_note import ReadReport, ReportNote, is_begun, quoted, read, redraw, set_key, with_evidence
from daemon.vault.scan import read_note
from daemon.vault.writer import LARGEST, Announced, change_key, digest, replace_file, write_report


@dataclass(frozen=True)
class OpenNote:
    """A report note as it was when it was read; ``sha`` is the hash of its bytes."""

    file: Path
    data: bytes
    sha: str
    report: ReadReport


def open_note(layout: Layout, day: date, place: str = "") -> OpenNote | None:
    """The report of a day as it is now, None without one. ``place`` is its path where it does not lie under its usual
    name. Raises ``ReportBlocked`` when it cannot be read."""
    file = layout.file(place or layout.report_path(day))
    try:
        data = read_plain(file, LARGEST)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ReportBlocked(f"{file.name}: 読めません({problem.strerror})。", "権限を確かめてください。") from None
    return OpenNote(file, data, digest(data), read(data))


def open_report(layout: Layout, day: date, place: str = "") -> OpenNote | None:
    """The same, but None while the note only says that its report is being written."""
    note = open_note(layout, day, place)
    return None if note is None or is_begun(note.report) else note


def diary_of(layout: Layout, path: str, kilobytes: int) -> str | None:
    """The text of a diary note, None when it is gone. Raises ``NoteUnreadable``."""
    data = read_note(layout, path, kilobytes)
    return None if data is None else decode(data, path)


def as_saved(text: str) -> str:
    """A text as it is read back after it was saved as a body, to compare what is typed with what is on disk. Pure."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def save_body(note: OpenNote, body: str, accept: bool = False) -> str:
    """Write another body into a report note, with ``accept`` ticked in the same step; return the new hash.

    Raises ``ReportTouched`` when the note on disk is no longer the one that was opened (nothing is
    written then) and ``ReportBlocked`` when it cannot be written or has no ``accepted`` line to tick.
    """
    data = with_body(note.data, body) if body != note.report.body else note.data
    if accept:
        data = _ticked(data, note.file.name, "accepted", "true")
    if data != note.data:
        replace_file(note.file, data, note.sha, lambda: True)
    return digest(data)


def tick(note: OpenNote, key: str, value: bool) -> str:
    """Set one checkbox of a report note and keep every other byte; errors as in ``save_body``."""
    return change_key(note.file, key, "true" if value else "false", note.sha)


def save_draft(
    layout: Layout,
    day: date,
    body: str,
    result: DraftResult,
    link: str,
    before: OpenNote | None,
    now: datetime,
    evidence: str = "",
    change: Announced | None = None,
) -> str:
    """Put a draft of the page into the vault as the report of a day; return the hash of the bytes written.

    ``link`` is the diary's path. ``before`` is the report that the person saw and chose to replace, None when there was
    none: a report that has come or changed since then is left alone (``ReportTouched``). A replaced note keeps its
    other lines. ``evidence`` is the link of the draft's evidence. ``change`` is told before.
    """
    data = _drafted(day, body, result, link, before, now, evidence)
    file = before.file if before else layout.file(layout.report_path(day))
    write_report(layout.root, file, data, before.sha if before else None, lambda: True, change)
    return digest(data)


def drawn_sha(
    day: date, result: DraftResult, link: str, before: OpenNote | None, now: datetime, evidence: str = ""
) -> str:
    """The hash of the bytes that ``save_draft`` would write were the draft left as it is: such a report is the
    daemon's to renew, an edited one a person's."""
    return digest(_drafted(day, result.body, result, link, before, now, evidence))


def _drafted(
    day: date, body: str, result: DraftResult, link: str, before: OpenNote | None, now: datetime, evidence: str
) -> bytes:
    if before is None or not before.report.whole or is_begun(before.report):
        note = ReportNote(
            day=day,
            diary=link_name(link),
            body=body,
            status=result.status,
            model=result.version,
            generated=now,
            warnings=tuple(result.warnings),
            evidence=evidence,
        )
        return redraw(before.data if before else b"", note)
    data = with_body(before.data, body)
    stamp = now.isoformat(timespec="seconds")
    values = {"status": result.status, "model": quoted(result.version), "generated": stamp}
    if before.report.redo:  # this is the new draft
        values["redo"] = "false"
    for key, value in values.items():
        data = _ticked(data, before.file.name, key, value)
    return with_evidence(data, evidence)


def _ticked(data: bytes, name: str, key: str, value: str) -> bytes:
    try:
        return set_key(data, key, value)
    except KeyError:
        raise ReportBlocked(
            f"{name}: プロパティに `{key}` の行がありません。",
            "Obsidianでその行を戻すか、ノートを消してから作り直してください。",
        ) from None


__all__ = [
    "NoteUnreadable",
    "OpenNote",
    "as_saved",
    "diary_of",
    "open_note",
    "open_report",
    "save_body",
    "save_draft",
    "tick",
    "with_body",
]
