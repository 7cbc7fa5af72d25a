"""What a person is told at their desktop, and how often."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import NoteUnreadable
from daemon.learning.announcement import unknown_report
from daemon.learning.ledger import Ledger
from daemon.learning.run_folder import Outcome, RunStage, RunState
from daemon.service.desktop_news import LOOK_SECONDS, DesktopNews
from daemon.service.notification import Notification
from daemon.store.rows import ReportRow
from daemon.store.store import Store
from tests.conftest import MakeConfig, MakeVault

NOW = datetime(2026, 1, 7, 22, 0, tzinfo=UTC)
DIARY = "凌と遊んだ。Javaを学んだ。"


class Scene:
    """A daemon's listener with a desktop that only remembers."""

    def __init__(self, config: Config, store: Store, code: int = 0) -> None:
        self.config, self.store, self.shown = config, store, list[Notification]()
        self.code, self.clock = code, 0.0
        self.news = DesktopNews(config, store, self.show)

    def show(self, notification: Notification) -> subprocess.Popen[bytes]:
        self.shown.append(notification)
        return subprocess.Popen([sys.executable, "-S", "-c", f"raise SystemExit({self.code})"])

    def turn(self) -> list[str]:
        """The titles of what was shown since the last turn."""
        before = len(self.shown)
        self.clock += LOOK_SECONDS
        self.news.turn(NOW, self.clock)
        return [one.title for one in self.shown[before:]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def scene(make_vault: MakeVault, make_config: MakeConfig, store: Store) -> Scene:
    return Scene(make_config(make_vault(), notify={"desktop": True}), store)


def written(store: Store, day: date, status: str = "draft", at: datetime = NOW) -> None:
    path = f"nippo/{day}-nippo.md"
    row = ReportRow(day.isoformat(), f"diary/{day}.md", "d", path, "s", DIARY, "m", status, at.isoformat())
    store.put_report(row)


def test_a_report_is_announced_once_with_its_note_and_without_its_text(scene: Scene) -> None:
    assert scene.turn() == []
    written(scene.store, NOW.date())
    assert scene.turn() == ["1月7日の日報ができました"]
    assert scene.turn() == []
    assert scene.shown[0].file == str(scene.config.vault_path.resolve() / "nippo/2026-01-07-nippo.md")
    assert all("Java" not in text and "凌" not in text for one in scene.shown for text in (one.title, one.message))
    written(scene.store, NOW.date(), "needs-review", NOW + timedelta(minutes=5))
    assert scene.turn() == ["1月7日の日報ができました"]
    assert "確かめて" in scene.shown[-1].message


def test_what_was_there_before_and_reports_of_old_days_are_no_news(scene: Scene) -> None:
    written(scene.store, NOW.date())
    again = Scene(scene.config, scene.store)
    for days in range(3, 40):
        written(scene.store, NOW.date() - timedelta(days=days))
    assert again.turn() == []


def test_failed_notes_and_the_end_of_a_training_are_told(scene: Scene) -> None:
    trouble = NoteUnreadable("diary/x.md: the encoding is not UTF-8", "Save it as UTF-8.")
    for name in ("x", "y"):
        scene.store.put_aside(f"diary/{name}.md", NOW.date(), "", "failed", trouble, NOW)
    assert scene.turn() == ["日報にできない日記があります"]
    assert "2件" in scene.shown[-1].message
    ledger = Ledger(scene.store)
    running = RunState("2026-W02", RunStage.RUNNING, started=NOW)
    ledger.state = running
    assert scene.turn() == []
    ledger.state = replace(running, state=RunStage.DONE, version="v0.3", outcome=Outcome.PROMOTED, ended=NOW)
    assert scene.turn() == ["毎週の学習が終わりました"] and "v0.3" in scene.shown[-1].message
    ledger.state = replace(running, run="2026-W03", state=RunStage.FAILED, message="memory")
    assert scene.turn() == ["毎週の学習が終わりました"] and "nippo status" in scene.shown[-1].message


def test_without_the_persons_wish_nothing_is_shown_and_later_nothing_old(scene: Scene, make_config: MakeConfig) -> None:
    scene.news.reconfigure(make_config(scene.config.vault_path))
    written(scene.store, NOW.date())
    assert scene.turn() == []
    scene.news.reconfigure(scene.config)
    assert scene.turn() == []


def test_a_desktop_that_takes_none_is_logged_once_and_hurts_nobody(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.code = 3
    for minute in range(3):
        written(scene.store, NOW.date(), at=NOW + timedelta(minutes=minute))
        scene.turn()
        for process in list(scene.news._shown):
            process.wait(timeout=20)
    scene.turn()
    assert len([one for one in caplog.records if "cannot be shown" in one.message]) == 1
    scene.news.stop()


def test_a_note_that_was_left_to_its_person_before_there_was_a_report_is_no_news(scene: Scene, store: Store) -> None:
    store.put_report(unknown_report("2026-01-07", "", "nippo/2026-01-07-nippo.md"))
    store.leave_report("2026-01-07")
    assert scene.turn() == []
