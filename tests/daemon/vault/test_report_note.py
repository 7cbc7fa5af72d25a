"""The report note: exactly what DESIGN 3 shows, and whatever a person makes of it is read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from daemon.vault.report_note import ReportNote, day_of, quoted, read, redraw, render, set_key

BODY = """\
本日は、以下の学習と課題を完了しました:

* Javaのインターフェースについて、defaultメソッドとstaticメソッドの違いを整理しました。

今後は、サブネット計算の理解を深めたいと考えています。"""
JST = timezone(timedelta(hours=9))
NOTE = ReportNote(
    day=date(2026, 1, 7),
    diary="diary/2026-01-07",
    body=BODY,
    status="draft",
    model="starter-1",
    generated=datetime(2026, 1, 7, 22, 10, 5, tzinfo=JST),
)
TEXT = f"""\
---
date: 2026-01-07
diary: "[[diary/2026-01-07]]"
accepted: false
redo: false
status: draft
model: starter-1
generated: 2026-01-07T22:10:05+09:00
warnings: []
---
{BODY}
"""


def test_the_note_is_as_designed() -> None:
    assert render(NOTE) == TEXT


def test_what_was_rendered_is_read_back() -> None:
    found = read(render(NOTE).encode())
    assert (found.body, found.diary, found.status, found.model) == (BODY, NOTE.diary, "draft", "starter-1")
    assert (found.accepted, found.redo, found.warnings, found.whole) == (False, False, (), True)
    assert found.generated == "2026-01-07T22:10:05+09:00"


@given(
    st.text(max_size=60).filter(lambda text: text.isprintable()), st.text("\x85\u2028\u2029\n\t\"'#: あ", max_size=20)
)
def test_any_warning_and_model_name_survive(model: str, warning: str) -> None:
    text = render(ReportNote(**{**vars(NOTE), "model": model or "m", "warnings": (warning,)}))
    values = yaml.safe_load(text.split("---\n")[1])
    assert values["warnings"] == [warning]
    assert str(values["model"]) == (model or "m")
    assert read(text.encode()).warnings == (warning,)


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("accepted: true", True),
        ("accepted: True", True),
        ("accepted: yes", True),
        ("accepted:   on   # handed in", True),
        ('accepted: "true"', True),
        ("accepted: 'Yes'", True),
        ('"accepted": true', True),
        ("accepted: x", True),
        ("accepted: はい", True),
        ("accepted: false", False),
        ("accepted: no", False),
        ("accepted:", False),
        ("accepted: # true", False),
        ("#accepted: true", False),
        ("  accepted: true", False),
        ("unaccepted: true", False),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_tick_is_understood_however_it_is_typed(line: str, accepted: bool, ends: str) -> None:
    assert read(TEXT.replace("accepted: false", line).replace("\n", ends).encode()).accepted is accepted


def test_keys_may_be_moved_and_others_added() -> None:
    text = TEXT.replace("accepted: false\n", "").replace(
        "warnings: []", "tags: [日報]\nwarnings:\n- 一つ\naccepted: true"
    )
    found = read(("\ufeff" + text).encode())
    assert found.accepted and found.warnings == ("一つ",)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("warnings:\n  - 3行目: 省いた", ("3行目: 省いた",)),
        ("warnings: [一つ, 2, [二つ]]\nmine: 2026-13-45", ("一つ", "2", "")),
        ("warnings: 一つ", ()),
        ("warnings: &a [*a]", ()),
        (f"warnings: {'[' * 3000}", ()),
    ],
)
def test_warnings_that_a_person_has_rewritten_are_text_or_nothing(lines: str, found: tuple[str, ...]) -> None:
    assert read(TEXT.replace("warnings: []", lines).encode()).warnings == found


def test_broken_yaml_still_gives_the_boxes() -> None:
    found = read(TEXT.replace("accepted: false", "accepted: true\nmine: [1, {").encode())
    assert found.accepted and found.body == BODY and found.warnings == ()


def test_a_note_without_frontmatter_is_all_body() -> None:
    found = read("本文だけ\n".encode())
    assert (found.whole, found.body, found.accepted) == (False, "本文だけ", False)


def test_an_unclosed_frontmatter_is_no_frontmatter() -> None:
    assert not read(b"---\naccepted: true\n").whole


def test_a_line_of_dashes_in_the_body_ends_nothing() -> None:
    assert read((TEXT + "---\naccepted: true\n").encode()).accepted is False


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_setting_a_key_keeps_every_other_byte(ends: str) -> None:
    mine = TEXT.replace("redo: false", "redo:  'yes'   # もう一度").replace("status", "tags: [あ] # 私の\nstatus")
    data = b"\xef\xbb\xbf" + mine.replace("\n", ends).encode() + b"\xff trailing"
    changed = set_key(data, "redo", "false")
    assert changed == data.replace(b"'yes'", b"false")
    assert set_key(changed, "redo", "'yes'") == data


def test_an_empty_value_is_filled() -> None:
    assert set_key(b"---\nredo:\n---\n", "redo", "true") == b"---\nredo: true\n---\n"


def test_a_key_that_is_missing_or_not_ours_is_refused() -> None:
    with pytest.raises(KeyError):
        set_key(b"---\na: 1\n---\nredo: true\n", "redo", "false")
    with pytest.raises(ValueError, match="tags"):
        set_key(TEXT.encode(), "tags", "[]")


@given(st.binary(max_size=300))
def test_reading_never_raises(data: bytes) -> None:
    read(data)
    read(b"---\n" + data + b"\n---\n" + data)


def test_quoting_leaves_japanese_readable() -> None:
    assert quoted("3行目を除きました") == '"3行目を除きました"'


def test_a_new_draft_keeps_the_lines_that_a_person_added() -> None:
    """Tags, nested properties and comments stay; our own keys, lists below them included, are written anew."""
    mine = "tags:\n  - 日報\n  - java\n# 先生に聞く\nmood: よい"
    text = TEXT.replace("warnings: []\n", f"warnings:\n  - 古い警告\n- 古い警告2\n{mine}\n").replace("\n", "\r\n")
    again = redraw(text.encode(), replace(NOTE, body="新しい文")).decode()
    assert mine.replace("\n", "\r\n") in again and "古い警告" not in again
    assert yaml.safe_load(again.split("---")[1])["tags"] == ["日報", "java"]
    assert again.endswith("\r\n---\r\n新しい文\r\n")


def test_a_note_without_frontmatter_is_rendered_anew() -> None:
    assert redraw(b"no frontmatter", NOTE) == redraw(b"", NOTE) == TEXT.encode()


def test_a_report_is_known_by_its_mark_whatever_its_name() -> None:
    assert day_of(read(TEXT.encode())) == date(2026, 1, 7)
    mine = "---\ndate: 2026-01-07\naccepted: true\n---\n私のノート\n"
    assert day_of(read(mine.encode())) is None
    assert day_of(read(TEXT.replace("2026-01-07\n", "きのう\n", 1).encode())) is None
