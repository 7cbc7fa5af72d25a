"""The bytes of a note become text, or are refused."""

from __future__ import annotations

import pytest

from daemon.errors import NoteUnreadable
from daemon.vault.note_text import decode

TEXT = "今日はJavaの授業。\nねむい😴"


@pytest.mark.parametrize(
    "data",
    [TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("utf-16"), b"\xfe\xff" + TEXT.encode("utf-16-be")],
)
def test_utf8_and_marked_utf16_are_read(data: bytes) -> None:
    assert decode(data, "a.md") == TEXT


def test_shift_jis_is_recognised_where_it_is_certain() -> None:
    assert decode("今日はJavaの授業をうけた。ﾈﾑｲ".encode("cp932"), "a.md").startswith("今日は")


def test_line_ends_become_line_feeds() -> None:
    assert decode("一\r\n二\r三\n".encode(), "a.md") == "一\n二\n三\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03",
        b"ab\x00cd",
        bytes(range(256)),
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\xff\xfe\x00",
        b"caf\xe9 \xe0 la",
    ],
)
def test_anything_else_is_refused_with_a_remedy(data: bytes) -> None:
    with pytest.raises(NoteUnreadable) as problem:
        decode(data, "diary/2026-01-07.md")
    assert "diary/2026-01-07.md" in problem.value.what and problem.value.next_step
