"""The text of a note's bytes: UTF-8, UTF-16 with a mark, or certain Shift_JIS (cp932); anything else is refused with a
remedy, never guessed. Pure.
"""

from __future__ import annotations

import codecs

from daemon.errors import NoteUnreadable
from daemon.vault.conflict import has_conflict
from daemon.words import tr


def decode(data: bytes, name: str) -> str:
    """Given a note's bytes and its name (for messages), return its text with line feeds as line ends.

    UTF-8 with or without mark, UTF-16 with a mark; cp932 when the bytes are nothing else and give Japanese text. Raises
    ``NoteUnreadable`` for binary data, for any other encoding, and for a text with git's conflict marks.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _strict(data, "utf-16")
    else:
        text = _strict(data, "utf-8-sig")
        if text is None and b"\x00" not in data:
            text = _shift_jis(data)
    if text is None:
        raise NoteUnreadable(
            tr("{name}: the encoding is not UTF-8", name=name),
            tr("Save the note as UTF-8 (in Obsidian every note is)."),
        )
    if "\x00" in text:
        raise NoteUnreadable(
            tr("{name}: holds NUL bytes, it is not a text", name=name),
            tr("Restore the note from a backup or File recovery."),
        )
    if has_conflict(text):
        raise NoteUnreadable(
            tr("{name}: holds git's conflict marks (<<<<<<<), so two versions of it", name=name),
            tr("Keep one side and remove the marks."),
        )
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _shift_jis(data: bytes) -> str | None:
    """The text in cp932 if it is certain: no control or private-use characters, and kana make up a tenth and more."""
    text = _strict(data, "cp932")
    if text is None:
        return None
    visible = [character for character in text if not character.isspace()]
    kana = sum("\u3041" <= character <= "\u30ff" for character in visible)
    narrow = sum("\uff61" <= character <= "\uff9f" for character in visible)  # Latin-1 letters read as cp932
    odd = sum(character < " " or "\ue000" <= character <= "\uf8ff" for character in visible)
    certain = kana >= 0.1 * len(visible) and narrow <= 0.5 * kana and odd == 0
    return text if visible and certain else None
