"""The overview tells the truth of the vault, and quickly."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from scene import add_day, make_vault, note_text, settings_file

from daemon.store.store import Job
from daemon.vault.layout import read_layout
from daemon.vault.report_note import set_key
from daemon.vault.scan import DiaryNote
from dashboard import days
from dashboard.days import Day, ReportShelf, Shelved, counted, filtered, label, overview, shelve, squares

DAY = date(2026, 1, 7)


def test_a_tick_made_in_obsidian_counts_at_the_next_look(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    layout = read_layout(settings_file(tmp_path, vault))
    add_day(vault, None, DAY)
    shelf = ReportShelf()
    assert [each.state for each in shelf.look(layout)] == ["draft"]
    (vault / f"nippo/{DAY}-nippo.md").write_text(note_text(DAY, accepted=True), encoding="utf-8")
    assert [each.state for each in shelf.look(layout)] == ["accepted"]
    (vault / f"nippo/{DAY}-nippo.md").unlink()
    assert shelf.look(layout) == []


def test_only_changed_notes_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = make_vault(tmp_path)
    layout = read_layout(settings_file(tmp_path, vault))
    for number in range(50):
        add_day(vault, None, DAY + timedelta(days=number))
    read: list[date] = []
    monkeypatch.setattr(days, "shelve", lambda day, data: read.append(day) or shelve(day, data))
    shelf = ReportShelf()
    assert len(shelf.look(layout)) == len(read) == 50
    (vault / f"nippo/{DAY}-nippo.md").write_text(note_text(DAY, "別の文です。"), encoding="utf-8")
    assert len(shelf.look(layout)) == 50
    assert read[50:] == [DAY]


def test_every_state_finds_its_day() -> None:
    dates = [DAY + timedelta(days=number) for number in range(6)]
    notes = [DiaryNote(f"diary/{day}.md", day, 1, 1) for day in dates]
    reports = [
        Shelved(dates[0], "draft", "v0.1", 0, False),
        Shelved(dates[1], "accepted", "v0.1", 0, False),
        Shelved(dates[2], "needs-review", "v0.1", 2, False),
    ]
    jobs = [
        Job(notes[3].path, str(dates[3]), "", "waiting", "watch", 0, "", "", ""),
        Job(notes[4].path, str(dates[4]), "", "failed", "watch", 3, "壊れています", "直してください", ""),
        Job("diary/odd.md", "", "", "skipped", "watch", 0, "no such day", "", ""),
    ]
    found = overview(notes, reports, jobs)
    assert [each.state for each in found] == ["missing", "failed", "waiting", "needs-review", "accepted", "draft"]
    assert counted(found) == dict.fromkeys(("draft", "needs-review", "accepted", "waiting", "failed", "missing"), 1)
    assert [each.day for each in filtered(found, ["failed"])] == [dates[4]]
    assert "警告2" in label(found[3])


def test_a_note_that_only_says_that_its_report_is_written_is_none(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    layout = read_layout(settings_file(tmp_path, vault))
    add_day(vault, None, DAY)
    file = vault / f"nippo/{DAY}-nippo.md"
    begun = set_key(file.read_bytes(), "status", "writing").partition(b"\n---\n")[0] + b"\n---\n\n"
    shelf = ReportShelf()
    file.write_bytes(begun)
    assert shelf.look(layout) == []
    file.write_bytes(begun + b"mine")
    assert [one.state for one in shelf.look(layout)] == ["draft"]


def test_a_report_that_is_being_redone_waits() -> None:
    job = Job("diary/x.md", str(DAY), "", "waiting", "redo", 0, "", "", "")
    found = overview([], [Shelved(DAY, "draft", "v0.1", 0, False)], [job])
    assert found[0].state == "waiting" and found[0].has_report


def test_the_calendar_covers_whole_weeks_up_to_today() -> None:
    found = squares([Day(DAY, "accepted", "", True)], DAY)
    assert found[-1]["day"] == "2026-01-07" and found[-1]["state"] == "提出済み"
    assert found[0]["weekday"] == "月" and len(found) == 12 * 7 + 3
