# ruff: noqa: E501
"""Which files of a vault are diary notes, and where their reports go."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from daemon.errors import NoteUnreadable, UsageError, VaultUnavailable
from daemon.vault.layout import DiaryNote, Layout, Oddity, find_diaries, link_name, look_at, read_layout, read_note
from daemon.vault.obsidian import known_vaults

DAY = date(2026, 1, 7)


def found(layout: Layout) -> dict[str, date]:
    return {entry.path: entry.day for entry in find_diaries(layout) if isinstance(entry, DiaryNote)}


def test_a_plain_vault_keeps_reports_beside_its_diary(make_vault, make_config) -> None:
    layout = read_layout(make_config(make_vault({"diary/2026-01-07.md": "日記", "2026-01-08.md": "not in the folder"})))
    assert found(layout) == {"diary/2026-01-07.md": DAY}
    assert layout.report_path(DAY) == "nippo/2026-01-07-nippo.md"
    assert link_name("diary/2026-01-07.md") == "diary/2026-01-07"


def test_a_nested_diary_has_its_reports_next_to_it(make_vault, make_config) -> None:
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": "生活/日記/", "format": "YYYY/MM/YYYY年MM月DD日"}'})
    (vault / "生活/日記/2026/01").mkdir(parents=True)
    (vault / "生活/日記/2026/01/2026年01月07日.md").write_text("日記")
    layout = read_layout(make_config(vault))
    assert found(layout) == {"生活/日記/2026/01/2026年01月07日.md": DAY}
    assert layout.report_path(DAY) == "生活/nippo/2026-01-07-nippo.md"
    assert layout.source == ".obsidian/daily-notes.json"


def test_without_settings_the_diary_lies_in_the_root_and_other_folders_are_not_searched(
    make_vault, make_config
) -> None:
    vault = make_vault({"2026-01-07.md": "日記", "archive/2026-01-08.md": "x"})
    (vault / ".obsidian/daily-notes.json").unlink()
    layout = read_layout(make_config(vault))
    assert found(layout) == {"2026-01-07.md": DAY}
    assert layout.report_path(DAY) == "nippo/2026-01-07-nippo.md"


PERIODIC = ".obsidian/plugins/periodic-notes/data.json"


@pytest.mark.parametrize(
    "data",
    [
        {"daily": {"enabled": True, "folder": "journal", "format": "YYYY/YYYY-MM-DD"}},
        {
            "activeCalendarSet": "mine",
            "calendarSets": [
                {"id": "other"},
                {"id": "mine", "day": {"enabled": True, "folder": "journal", "format": "YYYY/YYYY-MM-DD"}},
            ],
        },
    ],
)
def test_periodic_notes_win_over_the_core_plugin(make_vault, make_config, data: dict[str, object]) -> None:
    vault = make_vault(
        {
            PERIODIC: json.dumps(data),
            ".obsidian/community-plugins.json": '["periodic-notes"]',
            "journal/2026/2026-01-07.md": "x",
        }
    )
    assert found(read_layout(make_config(vault))) == {"journal/2026/2026-01-07.md": DAY}


@pytest.mark.parametrize(
    ("plugins", "data"),
    [
        ("[]", '{"daily": {"enabled": true, "folder": "j"}}'),
        ('["periodic-notes"]', '{"daily": {"enabled": false, "folder": "j"}}'),
        ('["periodic-notes"]', '{"daily": '),
    ],
)
def test_periodic_notes_that_are_off_or_broken_count_for_nothing(
    make_vault, make_config, plugins: str, data: str
) -> None:
    vault = make_vault({PERIODIC: data, ".obsidian/community-plugins.json": plugins})
    assert read_layout(make_config(vault)).diary_folder == "diary"


def test_the_settings_file_wins_over_the_vault(make_vault, make_config) -> None:
    vault = make_vault({"log/20260107.md": "x"})
    settings = {"diary_folder": "log", "diary_format": "YYYYMMDD", "report_folder": "school/日報"}
    layout = read_layout(make_config(vault, vault=settings))
    assert found(layout) == {"log/20260107.md": DAY}
    assert layout.report_path(DAY) == "school/日報/2026-01-07-nippo.md"
    assert layout.source == "config.toml"


def test_a_moved_configuration_folder_is_found(make_vault, make_config) -> None:
    vault = make_vault({".config-pc/app.json": "{}", ".config-pc/daily-notes.json": '{"folder": "d"}'})
    for file in (vault / ".obsidian").iterdir():
        file.unlink()
    (vault / ".obsidian").rmdir()
    assert read_layout(make_config(vault)).diary_folder == "d"


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


def test_a_diary_folder_that_links_outside_is_refused(make_vault, make_config, tmp_path: Path) -> None:
    vault = make_vault()
    (tmp_path / "outside").mkdir()
    (vault / "diary").rmdir()
    (vault / "diary").symlink_to(tmp_path / "outside")
    with pytest.raises(UsageError, match="leaves the vault"):
        read_layout(make_config(vault))


def test_linked_folders_in_a_circle_end(make_vault, make_config) -> None:
    vault = make_vault(
        {
            ".obsidian/daily-notes.json": '{"folder": "diary", "format": "YYYY/MM/YYYY-MM-DD"}',
            "diary/2026/01/2026-01-07.md": "x",
        }
    )
    (vault / "diary/2026/02").symlink_to(vault / "diary")
    assert found(read_layout(make_config(vault))) == {"diary/2026/01/2026-01-07.md": DAY}


@pytest.mark.parametrize("folder", ["../elsewhere", "/etc"])
def test_a_report_folder_outside_is_refused(make_vault, make_config, folder: str) -> None:
    with pytest.raises(UsageError, match="report_folder"):
        read_layout(make_config(make_vault(), vault={"report_folder": folder}))


def test_a_missing_and_an_empty_vault_are_told_apart(make_config, tmp_path: Path) -> None:
    with pytest.raises(VaultUnavailable, match="is missing"):
        read_layout(make_config(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(VaultUnavailable, match="is empty"):
        read_layout(make_config(tmp_path / "empty"))


def test_a_note_that_is_too_large_or_gone(make_vault, make_config) -> None:
    layout = read_layout(make_config(make_vault({"diary/2026-01-07.md": b"x" * 2049})))
    with pytest.raises(NoteUnreadable, match="larger than 2 KB") as caught:
        read_note(layout, "diary/2026-01-07.md", 2)
    assert "max_note_kilobytes" in caught.value.next_step
    assert read_note(layout, "diary/2026-01-08.md", 2) is None
    assert look_at(layout, "diary/2026-01-08.md") is None


def test_obsidians_own_list_of_vaults_is_read(isolated_world: Path, make_vault) -> None:
    first, second = make_vault(name="一つ目"), make_vault(name="二つ目")
    registry = isolated_world / ".config/obsidian/obsidian.json"
    registry.parent.mkdir(parents=True)
    entries = {"a": {"path": str(first), "ts": 1}, "b": {"path": str(second), "ts": 2}, "c": {"path": "/gone", "ts": 3}}
    registry.write_text(json.dumps({"vaults": entries}))
    assert known_vaults() == [second, first]
