"""A note that nippo does not take by itself is named, with the command that takes it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.config import Config
from daemon.service.note_finder import NoteFinder
from daemon.service.passed_over import passed_over
from daemon.store.store import ReportRow, Store
from daemon.vault.layout import read_layout
from daemon.vault.writer import digest

FIRST = date(2026, 1, 7)
NOW = datetime(2026, 1, 9, 21, 0, tzinfo=UTC)
OLD = "diary/2026-01-02.md"


class Desk:
    def __init__(self, config: Config) -> None:
        self.config, self.vault = config, config.vault_path
        self.store = Store.open(config.data_path)
        self.store.set_meta("first_run_date", FIRST.isoformat())
        self.finder = NoteFinder(read_layout(config), self.store, config, FIRST, lambda: None)

    def save(self, path: str, text: str = "サブネット", when: datetime = NOW) -> Path:
        file = self.vault / path
        file.write_text(text, encoding="utf-8")
        os.utime(file, (when.timestamp(), when.timestamp()))
        return file

    def drawn(self, path: str, diary: str, written: datetime) -> None:
        """As `nippo backfill` leaves it."""
        day = Path(path).stem
        report = self.vault / f"nippo/{day}-nippo.md"
        report.parent.mkdir(exist_ok=True)
        report.write_text(f"---\ndate: {day}\n---\n日報\n", encoding="utf-8")
        sha = digest(report.read_bytes())
        at = written.isoformat()
        self.store.put_report(ReportRow(day, path, digest(diary.encode()), report.name, sha, "日報", "m", "draft", at))

    def scan(self) -> None:
        self.finder._scan(NOW, 0.0)

    def said(self) -> str:
        return CliRunner().invoke(app, ["status", "--config", str(self.config.file)]).output


@pytest.fixture
def desk(make_vault, make_config) -> Desk:
    return Desk(make_config(make_vault()))


def test_a_note_saved_for_a_day_before_the_first_run_is_named_with_its_command(desk: Desk) -> None:
    desk.save("diary/2025-12-01.md", when=NOW - timedelta(days=30))
    desk.save(OLD)
    desk.save("diary/2026-01-08.md")
    desk.scan()
    assert {kind: (count, [one.path for one in some]) for kind, (count, some) in passed_over(desk.store).items()} == {
        "before": (1, [OLD])
    }
    said = desk.said()
    assert f"left out {OLD}: is of a day before the first run (2026-01-07)\n" in said
    assert "→ `nippo report 2026-01-02` writes its report" in said and "2025-12-01" not in said
    desk.store.queue(OLD, date(2026, 1, 2), "", "report", NOW)
    assert OLD not in desk.said().partition("waiting")[0], "asked for, it is named in the queue"


def test_a_save_that_is_noticed_is_told_without_a_scan(desk: Desk) -> None:
    file = desk.save(OLD)
    desk.finder._notice(str(file), NOW, 0.0)
    assert OLD in desk.said()


def test_a_backfilled_note_that_has_changed_is_named(desk: Desk) -> None:
    desk.save(OLD, "前", NOW - timedelta(hours=2))
    desk.drawn(OLD, "前", NOW - timedelta(hours=1))
    desk.scan()
    assert passed_over(desk.store) == {}
    desk.save(OLD, "前", NOW)
    desk.scan()
    assert passed_over(desk.store) == {}, "it says what it said"
    desk.save(OLD, "前と後")
    desk.scan()
    assert f"{OLD}: has changed since its report was written" in desk.said()
    assert "`nippo report 2026-01-02` writes it anew" in desk.said()
    desk.drawn(OLD, "前と後", NOW)
    assert OLD not in desk.said().replace("nippo/", ""), "that was done"


def test_a_name_that_only_looks_like_a_days_is_named_with_the_form(desk: Desk) -> None:
    desk.save("diary/2026-01-08 メモ.md")
    desk.save("diary/買い物.md")
    desk.save("diary/2025-01-08 メモ.md", when=NOW - timedelta(days=300))
    desk.scan()
    said = desk.said()
    assert "diary/2026-01-08 メモ.md: its name is not of the form YYYY-MM-DD" in said and "Rename it" in said
    assert "買い物" not in said and "2025-01-08" not in said


def test_many_are_counted(desk: Desk) -> None:
    for number in range(1, 29):
        desk.save(f"diary/2025-11-{number:02d}.md")
    desk.scan()
    said = desk.said()
    assert "2025-11-28" in said and "2025-11-24" in said and "2025-11-23" not in said
    assert "and 23 more like these\n           → `nippo backfill`" in said


def test_a_folder_of_dated_notes_is_named_with_the_setting_that_takes_it(make_vault, make_config) -> None:
    """Without daily-note settings Obsidian keeps notes in the root of the vault, and so does nippo."""
    vault = make_vault({".obsidian/daily-notes.json": "{}", "日記/2026-01-08.md": "Javaを学んだ。"})
    desk = Desk(make_config(vault))
    desk.save("日記/2026-01-08.md")
    desk.scan()
    assert [(one.kind, one.path) for _, some in passed_over(desk.store).values() for one in some] == [
        ("folder", "日記")
    ]
    assert '→ If they are diaries, set `diary_folder = "日記"` in [vault] of config.toml' in desk.said()
