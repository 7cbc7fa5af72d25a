"""What ``nippo doctor`` says about one day's private parts: what is cut from it before a model sees it, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from daemon.config import Config
from daemon.errors import NippoError
from daemon.setup.doctor_system import DoctorLine
from daemon.vault.diary import Prepared, prepare
from daemon.vault.layout import read_layout
from daemon.vault.near_headings import near_headings
from daemon.vault.note_text import decode
from daemon.vault.scan import DiaryNote, find_diaries, read_note
from daemon.words import place_in_words, tr


def private_lines(config: Config, day: date | None) -> Iterator[DoctorLine]:
    """The private parts of the diary of ``day``, or of the newest one; nothing without a note that can be read, which
    other lines tell. For the terminal alone: it names the headings that were cut."""
    try:
        layout = read_layout(config)
        notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote) and day in (None, note.day)]
        if not notes:
            if day:
                yield DoctorLine(
                    "private", "warn", tr("{day}: there is no diary of that day", day=day), tr("Name another day.")
                )
            return
        note = max(notes, key=lambda one: one.day)
        data = read_note(layout, note.path, config.watch.max_note_kilobytes)
        if data is None:
            return
        seen = prepare(decode(data, note.path), config.privacy)
    except NippoError:
        return
    yield DoctorLine("private", "ok", f"{note.path}: {in_words(seen)}")
    for line, what in near_headings(seen, config.privacy):
        remedy = tr("Write it as a heading with just these words, or see what is sent: `nippo check DATE --sent`.")
        yield DoctorLine(
            "private",
            "warn",
            tr("{path}: line {line} {what}: the model sees it", path=note.path, line=line, what=what),
            remedy,
        )


def in_words(seen: Prepared) -> str:
    """What was cut from a diary, in a sentence."""
    if seen.private:
        return tr("private as a whole ({private}), no report is written", private=seen.private)
    if not seen.cuts:
        return tr("nothing is cut, the model sees the whole diary")
    pieces = []
    for cut in sorted(seen.cuts, key=lambda one: (one.line, one.last_line)):
        pieces.append(f"{place_in_words(cut.line, cut.last_line)} ({cut.why})")
    return tr(
        "cut before a model sees it: {pieces}; `nippo check DATE --show` shows the words", pieces=", ".join(pieces)
    )
