"""Files of the diary folder that are not taken, and what a person is told about each."""

from __future__ import annotations

from pathlib import Path

from daemon.setup.doctor import vault_lines
from daemon.setup.doctor_diary import MOST_LINES
from daemon.vault.layout import Layout, read_layout
from daemon.vault.scan import DiaryNote, find_diaries
from daemon.vault.strays import find_strays


def strays(layout: Layout) -> dict[str, tuple[str, bool]]:
    taken = [one for one in find_diaries(layout) if isinstance(one, DiaryNote)]
    return {one.path: (one.reason, one.dated) for one in find_strays(layout, taken)}


def test_names_beside_good_ones_are_told_with_the_reason(make_vault, make_config) -> None:
    files = [
        "2026-11-28.md", "2026-11-29 (月).md", "メモ 2026-11-29.md", "2026年11月29日.md", "アイデア.md", "photo.png",
        "2026-11-28.sync-conflict-20261128-101010-ABCDEFG.md", ".hidden.md", "古い/2025-01-01.md", "2026-02-30.md",
    ]  # fmt: skip
    layout = read_layout(make_config(make_vault({f"diary/{name}": "x" for name in files})))
    assert strays(layout) == {
        "diary/2026-11-29 (月).md": ('" (月)" stands behind the date', True),
        "diary/メモ 2026-11-29.md": ('"メモ " stands before the date', True),
        "diary/2026年11月29日.md": ("its name has another form", True),
        "diary/アイデア.md": ("its name has another form", False),
        "diary/photo.png": ("no Markdown note", False),
        "diary/2026-11-28.sync-conflict-20261128-101010-ABCDEFG.md": ("a leftover of syncing or of an editor", False),
        "diary/古い": ("1 notes lie deeper than the format says", True),
    }


def test_folders_of_the_format_have_reasons_of_their_own(make_vault, make_config) -> None:
    settings = '{"folder": "diary", "format": "YYYY/MM/YYYY-MM-DD"}'
    files = ["2026/11/2026-11-28.md", "2026/10/2026-11-27.md", "2026/2026-11-26.md", "2026-11-25.md", "2026/11/a.md"]
    vault = make_vault({".obsidian/daily-notes.json": settings, **{f"diary/{name}": "x" for name in files}})
    assert strays(read_layout(make_config(vault))) == {
        "diary/2026/10/2026-11-27.md": ("its folders and its name tell different days", True),
        "diary/2026/2026-11-26.md": ("lies outside of the folders that the format names", True),
        "diary/2026-11-25.md": ("lies outside of the folders that the format names", True),
        "diary/2026/11/a.md": ("its name has another form", False),
    }


def test_a_second_note_of_a_day_is_told(make_vault, make_config) -> None:
    settings = '{"folder": "diary", "format": "YYYY-MM-DD ddd"}'
    names = ["diary/2026-11-29 Sun.md", "diary/2026-11-29 日.md"]
    layout = read_layout(make_config(make_vault({".obsidian/daily-notes.json": settings, **dict.fromkeys(names, "x")})))
    assert strays(layout) == {names[1]: (f"the day already has the note {names[0]}", True)}


def test_in_a_diary_that_is_the_whole_vault_other_notes_are_no_strays(make_vault, make_config) -> None:
    files = {"2026-11-28.md": "x", "2026-11-29 (月).md": "x", "Java.md": "x", "folder/a.md": "x"}
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": ""}', **files})
    assert list(strays(read_layout(make_config(vault)))) == ["2026-11-29 (月).md"]


def test_our_reports_beside_the_diary_are_no_strays(make_vault, make_config) -> None:
    files = {"diary/2026-11-28.md": "x", "diary/nippo/2026-11-28-nippo.md": "x", "diary/2026-11-28-nippo.md": "x"}
    for folder in ("diary", "diary/nippo"):
        layout = read_layout(make_config(make_vault(files), vault={"report_folder": folder}))
        assert not [path for path in strays(layout) if path.startswith(f"{folder}/2026-11-28-nippo")]


def test_doctor_lists_strays_and_stays_readable(make_vault, make_config) -> None:
    files = {f"diary/2026-10-{day:02} x.md": "x" for day in range(1, 26)}
    config = make_config(make_vault({**files, "diary/2026-11-28.md": "x", "diary/photo.png": b"x"}))
    lines = [line for line in vault_lines(config) if "not taken" in line.message]
    assert [line.state for line in lines] == ["warn"] * (MOST_LINES + 1) + ["ok"]
    assert lines[0].message == 'diary/2026-10-01 x.md is not taken: " x" stands behind the date'
    assert "YYYY-MM-DD" in lines[0].remedy and "5 more" in lines[MOST_LINES].message
    assert lines[-1].message == "diary/photo.png is not taken: no Markdown note"


def test_a_folder_that_cannot_be_read_ends_nothing(make_vault, make_config) -> None:
    vault: Path = make_vault({"diary/2026-11-28.md": "x"})
    (vault / "diary/loop").symlink_to("loop")
    (vault / "diary/2026-11-27.md").symlink_to("2026-11-27.md")
    layout = read_layout(make_config(vault))
    taken = [DiaryNote("diary/2026-11-28.md", layout.diary_date("diary/2026-11-28.md"), 1, 1)]  # type: ignore[arg-type]
    found = {one.path: one.reason for one in find_strays(layout, taken)}
    assert found == {"diary/2026-11-27.md": "no ordinary file", "diary/loop": "no Markdown note"}
