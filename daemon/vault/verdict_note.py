"""The verdict of a training run as notes in the vault: the page and its pictures, each written once."""

from __future__ import annotations

from pathlib import Path

from daemon.vault.layout import Layout
from daemon.vault.writer import digest, report_digest, write_report

FOLDER = "_training"


def note_folder(layout: Layout) -> str:
    """Where the verdicts lie in the vault."""
    return f"{layout.report_folder}/{FOLDER}" if layout.report_folder else FOLDER


def taken_names(layout: Layout) -> set[str]:
    """The names of the verdict notes that are there."""
    folder = layout.file(note_folder(layout))
    return {file.stem for file in folder.glob("*.md")} if folder.is_dir() else set()


def write_verdict(layout: Layout, name: str, text: str, pictures: list[Path]) -> str:
    """Write the page ``name`` and the pictures that it embeds; return the page's path in the vault.

    Files that are there with the same bytes are left; others are a person's and raise ``ReportTouched``. Raises
    ``ReportBlocked`` as every write.
    """
    folder = note_folder(layout)
    for picture in pictures:
        if picture.is_file():
            _put(layout, f"{folder}/{name}-{picture.name}", picture.read_bytes())
    path = f"{folder}/{name}.md"
    _put(layout, path, text.encode())
    return path


def _put(layout: Layout, path: str, data: bytes) -> None:
    file = layout.file(path)
    if file.is_file() and report_digest(file) == digest(data):
        return
    write_report(layout.root, file, data, None, lambda: True)
