"""What lies in the diary folder and is not taken, with the reason, for a person who misses a report. Only reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from daemon.errors import ImpossibleDate
from daemon.vault.date_names import fold
from daemon.vault.layout import Layout, as_on_disk, is_leftover, nfc
from daemon.vault.scan import DiaryNote
from daemon.words import tr

DATED = re.compile(r"(?<!\d)(?:19|20)\d{2}\D{0,2}[01]?\d\D{0,2}[0-3]?\d(?!\d)|(?<!\d)[01]?\d月[0-3]?\d日")


@dataclass(frozen=True)
class Stray:
    """A file or folder that is not taken, and why; ``dated``: its name looks like that of a day, so that it may be
    missed; ``folder``: it is a folder, and the names of its notes do."""

    path: str
    reason: str
    dated: bool
    folder: bool = False


def find_strays(layout: Layout, taken: list[DiaryNote]) -> Iterator[Stray]:
    """Given the notes that are taken, yield everything else in the diary folder. Hidden files, our own reports and
    what ``daemon.vault.scan`` calls an oddity are left out. Where the diary folder is the whole vault, only names that
    look like a day's are strays: the others are the person's other notes."""
    for path, other in rivals(taken):
        yield Stray(path, tr("the day already has the note {other}", other=other), True)
    known = {note.path for note in taken}
    for stray in _walk(layout, as_on_disk(layout.root, layout.diary_folder), layout.depth, known):
        if stray.dated or layout.diary_folder:
            yield stray


def rivals(notes: list[DiaryNote]) -> Iterator[tuple[str, str]]:
    """Notes of a day that another note has already, each with that other one."""
    first: dict[date, str] = {}
    for note in notes:
        if first.setdefault(note.day, note.path) != note.path:
            yield note.path, first[note.day]


def _walk(layout: Layout, folder: str, depth: int, known: set[str]) -> Iterator[Stray]:
    try:
        with os.scandir(layout.root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.name.startswith(".") or path in known or layout.report_date(path) or nfc(path) == layout.report_folder:
            continue
        if not entry.is_dir(follow_symlinks=False):
            stray = _file(layout, path, depth)
            if stray:
                yield stray
        elif depth:
            yield from _walk(layout, path, depth - 1, known)
        else:
            notes = sorted(file.name for file in Path(entry.path).glob("*.md"))
            if notes:
                dated = any(DATED.search(fold(name)) for name in notes)
                yield Stray(
                    path, tr("{count} notes lie deeper than the format says", count=len(notes)), dated, folder=True
                )


def _file(layout: Layout, path: str, depth: int) -> Stray | None:
    """Why a file is not taken; None for an oddity, which is told elsewhere."""
    name = PurePosixPath(fold(path))
    dated = bool(DATED.search(name.stem))
    if is_leftover(path):
        return Stray(path, tr("a leftover of syncing or of an editor"), False)
    if name.suffix != ".md":
        return Stray(path, tr("no Markdown note"), False)
    try:
        if layout.diary_date(path) is not None:
            return Stray(path, tr("no ordinary file"), dated)
    except ImpossibleDate:
        return None
    if depth:
        return Stray(path, tr("lies outside of the folders that the format names"), dated)
    inside = fold(path.removeprefix(f"{as_on_disk(layout.root, layout.diary_folder)}/"))[: -len(".md")]
    pattern = layout.diary_format.pattern
    if pattern.fullmatch(inside):
        return Stray(path, tr("its folders and its name tell different days"), True)
    if (found := pattern.match(inside)) and found.end():
        return Stray(path, tr('"{inside}" stands behind the date', inside=inside[found.end() :]), True)
    if found := pattern.search(inside, inside.rfind("/") + 1):
        return Stray(
            path, tr('"{inside}" stands before the date', inside=inside[inside.rfind("/") + 1 : found.start()]), True
        )
    return Stray(path, tr("its name has another form"), dated)
