"""Bodies of reports that a new one has taken the place of: copies of the whole note, in a hidden folder beside it.

``.history`` is hidden from Obsidian, its search and Obsidian Sync, and nothing of it is handed in or learned; a sync of
files (Syncthing, git) takes it along. A copy is never changed; its person may delete it.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import date

from daemon.vault.layout import EVIDENCE_FOLDER, Layout, nfc
from daemon.vault.report_note import read
from daemon.vault.writer import digest, report_digest, write_report

FOLDER = ".history"


@dataclass(frozen=True)
class KeptBody:
    """One copy: its number among those of its day, its path in the vault, its body, whether it was accepted."""

    number: int
    path: str
    body: str
    accepted: bool


def history_folder(layout: Layout) -> str:
    """Where the copies lie in the vault."""
    return f"{layout.report_folder}/{FOLDER}" if layout.report_folder else FOLDER


def kept_bodies(layout: Layout, day: date) -> list[KeptBody]:
    """The copies of a day, the oldest first."""
    folder = layout.file(history_folder(layout))
    name = re.compile(rf"{day.isoformat()}-(\d+)\.md")
    found = []
    with contextlib.suppress(OSError):
        for file in folder.iterdir():
            match = name.fullmatch(file.name)
            with contextlib.suppress(OSError):
                if match and file.is_file() and not file.is_symlink():
                    note = read(file.read_bytes())
                    path = f"{history_folder(layout)}/{file.name}"
                    found.append(KeptBody(int(match[1]), path, note.body, note.accepted))
    return sorted(found, key=lambda one: one.number)


def evidence_copies(layout: Layout, day: date) -> list[str]:
    """The paths of the copies of a day's evidence notes that a person had edited, the oldest first."""
    name = re.compile(rf"{day.isoformat()}-{EVIDENCE_FOLDER}-(\d+)\.md")
    found = []
    with contextlib.suppress(OSError):
        for file in layout.file(history_folder(layout)).iterdir():
            if match := name.fullmatch(nfc(file.name)):
                found.append((int(match[1]), f"{history_folder(layout)}/{file.name}"))
    return [path for _, path in sorted(found)]


def keep_evidence(layout: Layout, day: date, data: bytes) -> None:
    """Copy an evidence note, given its bytes, before another takes its place; not one that is kept already. Raises
    ``ReportBlocked`` when the copy cannot be written."""
    before = evidence_copies(layout, day)
    if not data.strip() or any(report_digest(layout.file(path)) == digest(data) for path in before):
        return
    number = len(before) + 1
    while f"{history_folder(layout)}/{day.isoformat()}-{EVIDENCE_FOLDER}-{number}.md" in before:
        number += 1
    path = f"{history_folder(layout)}/{day.isoformat()}-{EVIDENCE_FOLDER}-{number}.md"
    write_report(layout.root, layout.file(path), data, None, lambda: True)


def keep_body(layout: Layout, day: date, data: bytes) -> str:
    """Copy a report note, given its bytes, before another body takes the place of its own; return the copy's path, ""
    where its body is empty or kept already. Raises ``ReportBlocked`` when it cannot be written."""
    body = read(data).body
    before = kept_bodies(layout, day)
    if not body or any(one.body == body for one in before):
        return ""
    number = before[-1].number + 1 if before else 1
    path = f"{history_folder(layout)}/{day.isoformat()}-{number}.md"
    write_report(layout.root, layout.file(path), data, None, lambda: True)
    return path
