"""Two versions of a note in one file are told from notes about git."""

from __future__ import annotations

import pytest

from daemon.errors import NoteUnreadable
from daemon.vault.conflict import has_conflict
from daemon.vault.note_text import decode

TWO = "朝。\n<<<<<<< HEAD\nJava\n=======\nSQL\n>>>>>>> 1a2b3c (phone)\n夜。\n"


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        TWO.replace("\n", "\r\n"),
        TWO.replace("=======", "||||||| base\n古い\n======="),
        TWO.replace("<<<<<<< HEAD\n", ""),
        TWO.replace(">>>>>>> 1a2b3c (phone)\n", ""),
        "<<<<<<<\na\n=======\nb\n>>>>>>>",
        "```java\na\n```\n" + TWO,
        TWO.replace("Java", "```java\nJava").replace("SQL", "SQL\n```"),
        "---\n<<<<<<< HEAD\nmood: 1\n=======\nmood: 2\n>>>>>>> x\n---\n本文",
    ],
)
def test_conflict_marks_are_seen(text: str) -> None:
    assert has_conflict(text)
    with pytest.raises(NoteUnreadable, match="holds git's conflict marks"):
        decode(text.encode(), "x.md")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "題\n=======\n本文\n",
        f"gitを学んだ。\n```\n{TWO}```\n",
        f"~~~~\n{TWO}~~~~\n",
        "    <<<<<<< HEAD\n",
        "`<<<<<<< HEAD` という印が出た。",
        ">>>>>>> 深い引用",
        "<<<<<<<< 8つ",
        "a <<<<<<< b",
    ],
)
def test_notes_about_git_are_notes(text: str) -> None:
    assert not has_conflict(text)
