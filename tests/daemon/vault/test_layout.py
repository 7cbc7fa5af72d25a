"""Where a vault keeps its diary, and where the reports go."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from daemon.errors import UsageError, VaultUnavailable
from daemon.vault.layout import Layout, link_name, read_layout
from daemon.vault.scan import DiaryNote, find_diaries

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


def test_a_diary_folder_that_links_outside_is_refused(make_vault, make_config, tmp_path: Path) -> None:
    vault = make_vault()
    (tmp_path / "outside").mkdir()
    (vault / "diary").rmdir()
    (vault / "diary").symlink_to(tmp_path / "outside")
    with pytest.raises(UsageError, match="leaves the vault"):
        read_layout(make_config(vault))


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
