"""What lies in a vault: the diary notes and reports that are there, and what one path is now.

Only reads. Files that vanish meanwhile are passed over; what looks like a diary note and cannot be taken is an oddity.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from daemon.errors import ImpossibleDate, NoteUnreadable
from daemon.vault.layout import Layout, as_on_disk, nfc, require_vault


@dataclass(frozen=True)
class DiaryNote:
    """One diary file: its path in the vault as it stands on disk, its day, and what ``stat`` said."""

    path: str
    day: date
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Oddity:
    """A file that looks like a diary note and cannot be taken, with the words for a person."""

    path: str
    what: str
    next_step: str


def find_diaries(layout: Layout) -> Iterator[DiaryNote | Oddity]:
    """Look through the diary folder. Yields notes and oddities; files that vanish meanwhile are passed over.

    Raises ``VaultUnavailable`` when the vault itself is gone.
    """
    require_vault(layout.root)
    yield from _walk(layout, as_on_disk(layout.root, layout.diary_folder), layout.depth, set())


def find_reports(layout: Layout) -> dict[str, tuple[int, int]]:
    """Our own report notes: path → (size, mtime_ns)."""
    found: dict[str, tuple[int, int]] = {}
    with contextlib.suppress(OSError), os.scandir(layout.file(layout.report_folder)) as entries:
        for entry in entries:
            path = f"{layout.report_folder}/{entry.name}" if layout.report_folder else entry.name
            if layout.report_date(path):
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    found[path] = (status.st_size, status.st_mtime_ns)
    return found


def look_at(layout: Layout, path: str) -> DiaryNote | Oddity | None:
    """Given one path of an event, return what it is now; None when it is no diary note or is gone."""
    try:
        day = layout.diary_date(path)
    except ImpossibleDate:
        return _impossible(path) if layout.file(path).is_file() else None
    if day is None:
        return None
    try:
        if not layout.stays_inside(path):
            return _outside(path)
        status = layout.file(path).stat()
    except OSError:
        return None
    return DiaryNote(path, day, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def read_note(layout: Layout, path: str, max_kilobytes: int) -> bytes | None:
    """The bytes of a diary note; None when it is gone. Raises ``NoteUnreadable`` when too large or not readable."""
    file = layout.file(path)
    try:
        if not layout.stays_inside(path):
            odd = _outside(path)
            raise NoteUnreadable(odd.what, odd.next_step)
        with file.open("rb") as stream:
            data = stream.read(max_kilobytes * 1024 + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise NoteUnreadable(f"{path}: cannot be read ({problem.strerror}).", "Check the file's permissions.") from None
    if len(data) > max_kilobytes * 1024:
        raise NoteUnreadable(
            f"{path}: larger than {max_kilobytes} KB, so it is no ordinary diary note.",
            "Split the note, or raise max_note_kilobytes in [watch] of config.toml.",
        )
    return data


def _walk(layout: Layout, folder: str, depth: int, seen: set[str]) -> Iterator[DiaryNote | Oddity]:
    """Depth first, by name, as deep as the format goes. A linked folder is entered once and only inside the vault."""
    try:
        real = os.path.realpath(layout.root / folder)
        if real in seen or not Path(real).is_relative_to(layout.root):
            return
        seen.add(real)
        with os.scandir(layout.root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        try:
            if entry.is_dir():
                if depth and not entry.name.startswith(".") and nfc(path) != layout.report_folder:
                    yield from _walk(layout, path, depth - 1, seen)
                continue
            day = layout.diary_date(path)
            if day is None or not entry.is_file():
                continue
            if entry.is_symlink() and not layout.stays_inside(path):
                yield _outside(path)
                continue
            status = entry.stat()
        except ImpossibleDate:
            yield _impossible(path)
            continue
        except OSError:
            continue
        yield DiaryNote(path, day, status.st_size, status.st_mtime_ns)


def _impossible(path: str) -> Oddity:
    return Oddity(path, f"{path}: the calendar has no such day.", "Rename the note to the day it belongs to.")


def _outside(path: str) -> Oddity:
    return Oddity(path, f"{path}: is a link that leaves the vault.", "Put the note itself into the vault.")
