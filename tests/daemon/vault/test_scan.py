# ruff: noqa: E501
"""Which files of a vault are diary notes, and what becomes of links, leftovers and impossible days."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest

from daemon.errors import NoteUnreadable
from daemon.vault.layout import read_layout
from daemon.vault.scan import DiaryNote, Oddity, find_diaries, look_at, read_note
from tests.daemon.vault.test_layout import DAY, found


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_folders_and_names_of_either_normal_form_are_one(make_vault, make_config, form: str) -> None:
    name = unicodedata.normalize(form, "プライベート日記/デイリー📓 2026-01-07.md")
    vault = make_vault(
        {
            ".obsidian/daily-notes.json": '{"folder": "プライベート日記", "format": "[デイリー📓] YYYY-MM-DD"}',
            name: "日記",
        },
        name="わたしの vault 🌸",
    )
    layout = read_layout(make_config(vault))
    assert found(layout) == {name: DAY}
    other = unicodedata.normalize("NFC" if form == "NFD" else "NFD", name)
    assert read_note(layout, other, 10) == "日記".encode()


@pytest.mark.parametrize(
    "name",
    [
        ".syncthing.2026-01-07.md.tmp", "~syncthing~2026-01-07.md.tmp", "2026-01-07.sync-conflict-20260107-221000-ABCDEFG.md",
        "2026-01-07 (Conflicted copy phone 202601072210).md", "._2026-01-07.md", ".2026-01-07.md", "2026-01-07.md~",
        "2026-01-07.txt", "2026-01-07-nippo.md", "2026-01-07 2.md", ".trash/2026-01-07.md",
    ],
)  # fmt: skip
def test_leftovers_and_neighbours_are_no_diary(make_vault, make_config, name: str) -> None:
    layout = read_layout(make_config(make_vault({f"diary/{name}": "x"})))
    assert list(find_diaries(layout)) == []
    assert look_at(layout, f"diary/{name}") is None


def test_our_own_reports_are_recognised_and_never_taken_for_a_diary(make_vault, make_config) -> None:
    vault = make_vault({"diary/2026-01-07-nippo.md": "x"})
    settings = {"diary_format": "YYYY-MM-DD[-nippo]", "report_folder": "diary"}
    layout = read_layout(make_config(vault, vault=settings))
    assert layout.report_date("diary/2026-01-07-nippo.md") == DAY
    assert layout.report_date("elsewhere/2026-01-07-nippo.md") is None
    assert layout.report_date("diary/2026-02-30-nippo.md") is None
    assert list(find_diaries(layout)) == []


def test_a_day_that_does_not_exist_is_named_with_a_remedy(make_vault, make_config) -> None:
    layout = read_layout(make_config(make_vault({"diary/2026-02-30.md": "x"})))
    odd = Oddity(
        "diary/2026-02-30.md",
        "diary/2026-02-30.md: the calendar has no such day.",
        "Rename the note to the day it belongs to.",
    )
    assert list(find_diaries(layout)) == [odd]
    assert look_at(layout, "diary/2026-02-30.md") == odd


def test_links_that_leave_the_vault_are_refused_and_links_inside_are_followed(
    make_vault, make_config, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("not yours")
    vault = make_vault({"attic/note.md": "日記"})
    (vault / "diary/2026-01-07.md").symlink_to(secret)
    (vault / "diary/2026-01-08.md").symlink_to(vault / "attic/note.md")
    layout = read_layout(make_config(vault))
    refused, taken = list(find_diaries(layout))
    assert isinstance(refused, Oddity) and "leaves the vault" in refused.what
    assert isinstance(taken, DiaryNote) and taken.day == date(2026, 1, 8)
    with pytest.raises(NoteUnreadable, match="leaves the vault"):
        read_note(layout, "diary/2026-01-07.md", 10)


def test_linked_folders_in_a_circle_end(make_vault, make_config) -> None:
    vault = make_vault(
        {
            ".obsidian/daily-notes.json": '{"folder": "diary", "format": "YYYY/MM/YYYY-MM-DD"}',
            "diary/2026/01/2026-01-07.md": "x",
        }
    )
    (vault / "diary/2026/02").symlink_to(vault / "diary")
    assert found(read_layout(make_config(vault))) == {"diary/2026/01/2026-01-07.md": DAY}


def test_a_note_that_is_too_large_or_gone(make_vault, make_config) -> None:
    layout = read_layout(make_config(make_vault({"diary/2026-01-07.md": b"x" * 2049})))
    with pytest.raises(NoteUnreadable, match="larger than 2 KB") as caught:
        read_note(layout, "diary/2026-01-07.md", 2)
    assert "max_note_kilobytes" in caught.value.next_step
    assert read_note(layout, "diary/2026-01-08.md", 2) is None
    assert look_at(layout, "diary/2026-01-08.md") is None
