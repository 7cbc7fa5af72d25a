"""The verdict of a training run as notes in the vault: the page and its pictures, each written once."""

from __future__ import annotations

from pathlib import Path

from daemon.vault.layout import Layout
from daemon.vault.writer import Announced, digest, report_digest, write_report

FOLDER = "_training"


def note_folder(layout: Layout) -> str:
    """Where the verdicts lie in the vault."""
    return f"{layout.report_folder}/{FOLDER}" if layout.report_folder else FOLDER


def taken_names(layout: Layout) -> set[str]:
    """The names of the verdict notes that are there."""
    folder = layout.file(note_folder(layout))
    return {file.stem for file in folder.glob("*.md")} if folder.is_dir() else set()


def verdict_path(layout: Layout, name: str) -> str:
    """The path in the vault of the page of that name."""
    return f"{note_folder(layout)}/{name}.md"


def write_verdict(layout: Layout, name: str, text: str, pictures: list[Path], page: Announced | None = None) -> None:
    """Write the pictures that it embeds and then the page ``name``, of which ``page`` is told before.

    Files that are there with the same bytes are left; others are a person's and raise ``ReportTouched``. Raises
    ``ReportBlocked`` as every write.
    """
    for picture in pictures:
        if picture.is_file():
            _put(layout, f"{note_folder(layout)}/{name}-{picture.name}", picture.read_bytes(), None)
    _put(layout, verdict_path(layout, name), text.encode(), page)


def _put(layout: Layout, path: str, data: bytes, announced: Announced | None) -> None:
    file = layout.file(path)
    if file.is_file() and report_digest(file) == digest(data):
        return
    write_report(layout.root, file, data, None, lambda: True, announced)
