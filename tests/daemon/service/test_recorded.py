"""What was noticed is kept until it is recorded; what breaks in one part of the daemon leaves the others at work."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from daemon.commands.run import listeners
from daemon.config import Config
from daemon.errors import StorageError
from daemon.service import note_finder
from daemon.service.heartbeat import read_heartbeat
from daemon.service.note_finder import NoteFinder
from daemon.store.store import Pair, Store
from daemon.vault.layout import Layout
from daemon.vault.report_note import read, set_key
from daemon.vault.scan import DiaryNote, Oddity
from tests.daemon.service.test_service import idle, jobs, running, until
from tests.fake_worker import FakeWorker, result

TODAY = date.today()
NOTE, REPORT = f"diary/{TODAY}.md", f"nippo/{TODAY}-nippo.md"
OTHER = TODAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.service.periodic.PAUSES", (0.1, 0.2, 0.3))


@pytest.fixture
def config(make_vault, make_config) -> Config:
    vault = make_vault()
    (vault / "nippo").mkdir()  # else its coming starts the observer anew, with a scan
    made: Config = make_config(vault, watch={"settle_seconds": 0.1}, schedule={"retrain": ""})
    return made


def pair(config: Config) -> Pair | None:
    with Store.open(config.data_path) as store:
        return store.pair(TODAY.isoformat())


class Broken:
    """A method of the database that fails in the daemon's thread while ``now`` is set, and how often it did."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
        self.now, self.times, self._tester = False, 0, threading.current_thread()
        before = getattr(Store, method)

        def call(*arguments: object, **named: object) -> object:
            if self.now and threading.current_thread() is not self._tester:
                self.times += 1
                raise StorageError("the database is locked", "Wait.")
            return before(*arguments, **named)

        monkeypatch.setattr(Store, method, call)


@pytest.mark.parametrize("method", ["queue", "put_pair", "put_aside", "_transaction", "known_notes"])
def test_a_database_that_takes_nothing_loses_no_save_no_tick_no_edit(config: Config, monkeypatch, method: str) -> None:
    """The next scan is ten minutes away, so that only what is kept comes through."""
    vault, report = config.vault_path, config.vault_path / REPORT
    broken = Broken(monkeypatch, method)
    with running(config, FakeWorker(), make_listeners=listeners):
        (vault / NOTE).write_text("日記")
        until(lambda: report.exists() and idle(config))
        time.sleep(0.3)
        broken.now = True
        (vault / f"diary/{OTHER}.md").write_text("別の日記")
        (vault / "diary/2026-02-30.md").write_text("ない日")
        if method == "known_notes":
            (vault / "diary/2026").mkdir()  # a folder asks for a scan
        report.write_bytes(set_key(report.read_bytes(), "accepted", "true") + "* 手で足した行。\n".encode())
        until(lambda: broken.times)
        time.sleep(0.5)
        assert broken.times < 20, "not in a tight loop"
        broken.now = False
        until((vault / f"nippo/{OTHER}-nippo.md").exists, 10)
        until(lambda: (found := pair(config)) is not None and found.report.endswith("手で足した行。"), 10)
        until(lambda: jobs(config, "skipped"), 10)
        until(lambda: read_heartbeat(config.data_path)["message"] == "")


def test_a_redo_that_could_not_be_queued_is_queued_later(config: Config, monkeypatch) -> None:
    report = config.vault_path / REPORT
    broken = Broken(monkeypatch, "queue")
    with running(config, FakeWorker(result(), result("* 二つ目です。")), make_listeners=listeners):
        (config.vault_path / NOTE).write_text("日記")
        until(lambda: report.exists() and idle(config))
        time.sleep(0.3)
        broken.now = True
        report.write_bytes(set_key(report.read_bytes(), "redo", "true"))
        until(lambda: broken.times)
        broken.now = False
        until(lambda: read(report.read_bytes()).body == "* 二つ目です。", 10)


def test_lost_events_ask_for_a_scan_at_once_and_a_flood_for_few(make_vault, make_config, monkeypatch) -> None:
    vault = make_vault()
    watch = {"settle_seconds": 0.1, "observer": "polling", "polling_seconds": 600.0}  # no event will come
    scans: list[float] = []
    find = note_finder.find_diaries

    def counted(layout: Layout) -> Iterator[DiaryNote | Oddity]:
        scans.append(time.monotonic())
        return find(layout)

    monkeypatch.setattr("daemon.service.note_finder.find_diaries", counted)
    with running(make_config(vault, watch=watch), FakeWorker()) as service:
        until(lambda: scans)
        time.sleep(note_finder.SCAN_AGAIN_SECONDS + 0.1)
        assert service._finder is not None
        box = service._finder._watcher.box
        (vault / NOTE).write_text("日記")
        began = time.monotonic()
        box.lost()
        until((vault / REPORT).exists)
        assert len(scans) == 2 and scans[1] - began < 0.5
        while time.monotonic() < began + 2.5:
            box.lost()
            time.sleep(0.01)
        until(lambda: service._finder is not None and not service._finder._scan_wanted)
        assert len(scans) <= 6


def test_a_finder_that_breaks_leaves_the_queue_at_work(config: Config, monkeypatch, caplog) -> None:
    vault = config.vault_path
    worker = FakeWorker()
    worker.hold.set()
    with running(config, worker):
        (vault / NOTE).write_text("きなこ")
        until(lambda: worker.calls)

        def broken(*arguments: object) -> None:
            raise RuntimeError("きなこ")

        with monkeypatch.context() as patch:
            patch.setattr(NoteFinder, "turn", broken)
            until(lambda: "RuntimeError" in read_heartbeat(config.data_path)["message"])
            worker.go.set()
            until((vault / REPORT).exists)
            time.sleep(1.0)
        until(lambda: read_heartbeat(config.data_path)["message"] == "", 10)
    assert "きなこ" not in caplog.text
    assert len([line for line in caplog.messages if "looking for notes" in line]) == 1


def test_a_note_that_breaks_before_its_draft_is_set_aside_and_the_others_go_on(config: Config, monkeypatch) -> None:
    vault = config.vault_path

    def decode(data: bytes, path: str) -> str:
        if path == NOTE:
            raise RecursionError
        return data.decode()

    monkeypatch.setattr("daemon.service.job_runner.decode", decode)
    with running(config, FakeWorker()):
        (vault / NOTE).write_text("日記")
        (vault / f"diary/{OTHER}.md").write_text("別の日記")
        until((vault / f"nippo/{OTHER}-nippo.md").exists)
        until(lambda: jobs(config, "failed"))
        ((path, error),) = jobs(config)
        assert path == NOTE and "RecursionError" in error


def test_a_job_without_a_day_does_not_end_the_daemon(config: Config) -> None:
    """As an earlier version may have left it."""
    with Store.open(config.data_path) as store:
        store._database.execute("INSERT INTO jobs VALUES ('diary/x.md', '', '', 'failed', 'watch', 0, '', '', '')")
    (config.vault_path / "diary/x.md").write_text("x")
    with running(config, FakeWorker()):
        (config.vault_path / NOTE).write_text("日記")
        until((config.vault_path / REPORT).exists)


def test_a_listener_that_breaks_every_time_is_told_once_and_shown(config: Config, caplog) -> None:
    class Review:
        def __getattr__(self, name: str) -> Callable[..., None]:
            def broken(*arguments: object) -> None:
                raise RuntimeError("きなこ")

            return broken

    with running(config, FakeWorker(), make_listeners=lambda config, store: [Review()]):
        until(lambda: "RuntimeError" in read_heartbeat(config.data_path)["message"])
        (config.vault_path / NOTE).write_text("日記")
        until((config.vault_path / REPORT).exists)
        time.sleep(1.5)
    assert "きなこ" not in caplog.text
    assert len([line for line in caplog.messages if line.startswith("Review: RuntimeError")]) <= 4


def test_settings_spoiled_while_the_vault_was_away_are_told_and_healed(config: Config, monkeypatch) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.05)
    vault, away = config.vault_path, config.vault_path.with_name("away")
    file = Path(".obsidian/daily-notes.json")
    with running(config, FakeWorker()):
        until(lambda: read_heartbeat(config.data_path)["ready"])
        vault.rename(away)
        until(lambda: read_heartbeat(config.data_path)["state"] == "paused")
        before = (away / file).read_text()
        (away / file).write_text('{"folder": "diary", "format": "LL"}')
        away.rename(vault)
        until(lambda: '"LL"' in read_heartbeat(config.data_path)["message"])
        (vault / file).write_text(before)
        (vault / NOTE).write_text("日記")
        until((vault / REPORT).exists)


def test_a_vault_in_a_folder_whose_name_is_no_text(make_vault, make_config, monkeypatch) -> None:
    vault = make_vault()
    odd = Path(os.fsdecode(os.fsencode(vault.parent) + b"/v\x8e"))
    vault.rename(odd)
    config = make_config(vault, watch={"settle_seconds": 0.1})
    config = config.model_copy(update={"vault": config.vault.model_copy(update={"path": str(odd)})})
    with running(config, FakeWorker()):
        (odd / "nippo").mkdir()
        (odd / f"nippo/{OTHER}-nippo.md").mkdir()  # its whole path is told
        (odd / f"diary/{OTHER}.md").write_text("別の日記")
        (odd / NOTE).write_text("日記")
        until((odd / REPORT).exists)
        until(lambda: jobs(config, "failed"))
        assert r"v\x8e" in jobs(config)[0][1] or r"v\udc8e" in jobs(config)[0][1]
        assert read_heartbeat(config.data_path)["vault"] == str(odd)
