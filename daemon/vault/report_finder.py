"""Report notes known by their mark, wherever in the vault they lie and whatever their name is. Only reads.

A note is read once and again only after a change, so that looking through a vault of 10,000 notes costs one look at
each folder entry.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import date

from daemon.errors import ImpossibleDate
from daemon.vault import frontmatter
from daemon.vault.layout import Layout, is_leftover, nfc
from daemon.vault.report_note import ReadReport, day_of, read

HEAD = 4096
"""Bytes in which the frontmatter of a report ends, as a rule."""


def day_of_report(layout: Layout, path: str, note: ReadReport) -> date | None:
    """The day of a report note: as its name says, if it lies where reports are written, else as its mark does. A note
    whose name says another day than both its date and its diary was renamed. None for a note that is no report."""
    named, marked = layout.report_date(path), day_of(note)
    if named is None or marked is None or named == marked:
        return named or marked
    try:
        return marked if layout.diary_date(f"{note.diary}.md") == marked else named
    except ImpossibleDate:
        return named


class ReportFinder:
    """Remembers what it has read; for one process and one thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int, date | None]] = {}

    def find(self, layout: Layout) -> dict[date, list[str]]:
        """Every report that does not lie under the name of its day: day → paths in the vault, in order."""
        found: dict[date, list[str]] = {}
        known: dict[str, tuple[int, int, date | None]] = {}
        for path, status in sorted(_notes(layout)):
            entry = self._known.get(path)
            if entry is None or entry[:2] != (status.st_size, status.st_mtime_ns):
                entry = (status.st_size, status.st_mtime_ns, _day(layout, path))
            known[path] = entry
            if entry[2] and layout.report_path(entry[2]) != path:
                found.setdefault(entry[2], []).append(path)
        self._known = known
        return found


def _day(layout: Layout, path: str) -> date | None:
    try:
        with layout.file(path).open("rb") as stream:
            data = stream.read(HEAD)
            if not data.startswith((b"---", frontmatter.MARK)):
                return None
            if frontmatter.find(data) is None:
                data += stream.read(HEAD * 16)
    except OSError:
        return None
    return day_of_report(layout, path, read(data)) if b"accepted" in data else None


def _notes(layout: Layout, folder: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """The Markdown files of a vault that are no diary notes; links are not followed, hidden folders not entered."""
    try:
        with os.scandir(layout.root / folder) as found:
            entries = list(found)
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        try:
            if is_leftover(entry.name) or not path.isprintable():
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _notes(layout, path)
            elif entry.name.lower().endswith(".md") and layout.diary_date(path) is None:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield nfc(path), status
        except (OSError, ImpossibleDate, ValueError):
            continue
