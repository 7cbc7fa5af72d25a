"""What the notes of a vault are made with: the templates that its settings name, and the lines that most notes hold.

Reads the vault, and only when a note is in question; what was read holds for ``FRESH_SECONDS``.
"""

from __future__ import annotations

import contextlib
import time
from datetime import date
from heapq import nsmallest

from daemon.config import PrivacySettings
from daemon.errors import NippoError, NoteError
from daemon.vault.diary import is_blank, prepare
from daemon.vault.layout import Layout
from daemon.vault.note_text import decode
from daemon.vault.obsidian import templates
from daemon.vault.scan import DiaryNote, find_diaries, read_note
from daemon.vault.template import Template, common_lines, comparable, own_lines, read_template
from daemon.words import tr

FRESH_SECONDS = 600.0
LOOKED_AT = 40
"""Notes that are compared to learn what most of them hold: the nearest in time."""
MOST_KILOBYTES = 256


class Habits:
    """Given a vault and the [privacy] settings, says of a note whether anything in it is its person's own."""

    def __init__(self, layout: Layout, privacy: PrivacySettings) -> None:
        self._layout = layout
        self.privacy = privacy
        self._templates: list[Template] = []
        self._read_at = float("-inf")
        self._notes: list[DiaryNote] = []
        self._found_at = float("-inf")
        self._lines: dict[str, tuple[tuple[int, int], list[str]]] = {}

    def nothing_own(self, path: str, day: date, text: str) -> str:
        """Why a note has nothing to report yet, "" where it has: a sentence without a subject.

        A note whose person wrote private things alone is no such note as long as nothing else is left for a model.
        """
        prepared = prepare(text, self.privacy).text
        left = own_lines(prepared, self._known())
        if is_blank(prepared) and own_lines(prepare(text, PrivacySettings()).text, self._known()):
            return ""
        if not left:
            return tr("is still empty") if is_blank(text) else tr("holds nothing but its template")
        common = common_lines(self._others(path, day))
        return (
            "" if any(not common.holds(line) for line in left) else tr("holds only lines that most of your notes have")
        )

    def made(self, text: str) -> tuple[str, ...]:
        """The lines of a note that a template of the vault's settings wrote, as they are compared."""
        lines = dict.fromkeys(comparable(line) for line in prepare(text, self.privacy).text.split("\n"))
        return tuple(line for line in lines if line and any(one.holds(line) for one in self._known()))

    def _known(self) -> list[Template]:
        moment = time.monotonic()
        if moment - self._read_at >= FRESH_SECONDS:
            self._templates, self._read_at = [], moment
            for file in templates(self._layout.root, self._layout.diary_folder):
                with contextlib.suppress(OSError, ValueError, NippoError):
                    path = file.relative_to(self._layout.root).as_posix()
                    data = read_note(self._layout, path, MOST_KILOBYTES)
                    if data is not None:
                        self._templates.append(read_template(decode(data, path)))
        return self._templates

    def _others(self, path: str, day: date) -> list[list[str]]:
        """The own lines of the notes nearest in time, each read again only when it has changed."""
        if time.monotonic() - self._found_at >= FRESH_SECONDS:
            self._notes = [note for note in find_diaries(self._layout) if isinstance(note, DiaryNote)]
            self._found_at = time.monotonic()
        others = (note for note in self._notes if note.path != path)
        nearest = nsmallest(LOOKED_AT, others, key=lambda note: (abs((note.day - day).days), note.day))
        found = {note.path: ((note.size, note.mtime_ns), self._lines_of(note)) for note in nearest}
        self._lines = found
        return [lines for _, lines in found.values()]

    def _lines_of(self, note: DiaryNote) -> list[str]:
        before = self._lines.get(note.path)
        if before and before[0] == (note.size, note.mtime_ns):
            return before[1]
        try:
            data = read_note(self._layout, note.path, MOST_KILOBYTES)
            text = "" if data is None else decode(data, note.path)
        except NoteError:
            return []
        return own_lines(prepare(text, self.privacy).text, self._known())
