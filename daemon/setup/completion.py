"""What a shell offers for a date when the Tab key is pressed."""

from __future__ import annotations

from daemon.config import load
from daemon.errors import NippoError
from daemon.vault.layout import read_layout
from daemon.vault.scan import DiaryNote, find_diaries

MOST = 60


def days(incomplete: str) -> list[str]:
    """The days with a diary that begin so, the newest first; nothing where there are no settings or no vault, because a
    shell that completes shows no message."""
    try:
        notes = [note for note in find_diaries(read_layout(load())) if isinstance(note, DiaryNote)]
    except NippoError:
        return []
    found = sorted({note.day.isoformat() for note in notes}, reverse=True)
    return [day for day in ["today", *found] if day.startswith(incomplete)][:MOST]
