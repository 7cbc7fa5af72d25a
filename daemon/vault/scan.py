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

from daemon.errors import ImpossibleDate, NoteUnreadable
from daemon.system.plain_files import is_plain, read_plain
from daemon.vault.layout import Layout, as_on_disk, is_leftover, nfc, real, require_vault, shown
from daemon.words import tr


@dataclass(frozen=True)
class DiaryNote:
    """One diary file: its path in the vault as it stands on disk, its day, and what ``stat`` said; of the time what 64
    bits hold (``stamp``)."""

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
        return _impossible(path) if is_plain(layout.file(path)) else None
    if not _is_text(path):
        return _unnameable(path) if _looks_like_a_note(path) and is_plain(layout.file(path)) else None
    return None if day is None else _what_is(layout, path, day)


def read_note(layout: Layout, path: str, max_kilobytes: int) -> bytes | None:
    """The bytes of a diary note; None when it is gone. Raises ``NoteUnreadable`` when too large or not readable."""
    file = layout.file(path)
    try:
        if not layout.stays_inside(path):
            odd = _outside(path)
            raise NoteUnreadable(odd.what, odd.next_step)
        data = read_plain(file, max_kilobytes * 1024)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise NoteUnreadable(
            tr("{path}: cannot be read ({why}).", path=path, why=problem.strerror), tr("Check the file's permissions.")
        ) from None
    if len(data) > max_kilobytes * 1024:
        raise NoteUnreadable(
            tr(
                "{path}: larger than {max_kilobytes} KB, so it is no ordinary diary note.",
                path=path,
                max_kilobytes=max_kilobytes,
            ),
            tr("Split the note, or raise max_note_kilobytes in [watch] of config.toml."),
        )
    return data


def _walk(layout: Layout, folder: str, depth: int, seen: set[str]) -> Iterator[DiaryNote | Oddity]:
    """Depth first, by name, as deep as the format goes. A linked folder is entered once and only inside the vault."""
    here = real(layout.root / folder)
    if str(here) in seen or not here.is_relative_to(layout.root):
        return
    seen.add(str(here))
    try:
        with os.scandir(layout.root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except PermissionError:
        yield Oddity(
            folder,
            tr("{folder}: the folder may not be read.", folder=folder or "."),
            tr("Give nippo the right to read it."),
        )
        return
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if _is_folder(entry):
            if depth and _is_text(path) and not entry.name.startswith(".") and nfc(path) != layout.report_folder:
                yield from _walk(layout, path, depth - 1, seen)
            continue
        try:
            day = layout.diary_date(path)
        except ImpossibleDate:
            yield _impossible(path)
            continue
        if not _is_text(path):
            if _looks_like_a_note(path):
                yield _unnameable(path)
            continue
        one = None if day is None else _what_is(layout, path, day)
        if one is not None:
            yield one


def _what_is(layout: Layout, path: str, day: date) -> DiaryNote | Oddity | None:
    """What lies under the name of a diary note: the note, something else, or None for a folder and for what is gone."""
    file, link = layout.file(path), False
    try:
        status = file.lstat()
        if link := stat.S_ISLNK(status.st_mode):
            if not layout.stays_inside(path):
                return _outside(path)
            status = file.stat()
    except OSError:
        nowhere = Oddity(
            path, tr("{path}: is a link that leads to no file.", path=path), tr("Put the note itself in its place.")
        )
        return nowhere if link else None
    if stat.S_ISREG(status.st_mode):
        return DiaryNote(path, day, status.st_size, stamp(status))
    return (
        None
        if stat.S_ISDIR(status.st_mode)
        else Oddity(path, tr("{path}: is no file with text.", path=path), tr("Remove it."))
    )


def stamp(status: os.stat_result) -> int:
    """When a file was changed, in nanoseconds, folded to the 64 bits that the database holds: years before 1678 and
    after 2261 differ from one another as well."""
    return (status.st_mtime_ns + 2**63) % 2**64 - 2**63


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads back to itself
        return False


def _is_text(path: str) -> bool:
    return path.isascii() or shown(path) == path


def _looks_like_a_note(path: str) -> bool:
    return path.lower().endswith(".md") and not is_leftover(path)


def _impossible(path: str) -> Oddity:
    return Oddity(
        path, tr("{path}: the calendar has no such day.", path=path), tr("Rename the note to the day it belongs to.")
    )


def _outside(path: str) -> Oddity:
    return Oddity(
        path, tr("{path}: is a link that leaves the vault.", path=path), tr("Put the note itself into the vault.")
    )


def _unnameable(path: str) -> Oddity:
    name = shown(path)
    return Oddity(name, tr("{name}: its name is not written in UTF-8.", name=name), tr("Rename the note in Obsidian."))
