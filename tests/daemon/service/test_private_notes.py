"""A diary declared private as a whole never reaches the worker, whoever asks, and is told where a person looks."""

from __future__ import annotations

import logging
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.config import Config
from daemon.errors import NippoError
from daemon.service.job_runner import JobRunner
from daemon.setup.doctor_private import private_lines
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.vault.writer import digest
from tests.conftest import MakeConfig, MakeVault
from tests.fake_worker import FakeWorker

DAY = date(2026, 1, 7)
NOTE = f"diary/{DAY}.md"
PRIVATE = "---\nprivate: true\n---\nSQLの授業。彼女と喧嘩した。\n"
NOW = datetime(2026, 1, 7, 22, 0).astimezone()


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig) -> Config:
    return make_config(make_vault({NOTE: PRIVATE}))


def work(config: Config, store: Store, source: str) -> FakeWorker:
    file = config.vault_path / NOTE
    store.queue(NOTE, DAY, digest(file.read_bytes()), source, NOW)  # type: ignore[arg-type]
    worker = FakeWorker()
    runner = JobRunner(read_layout(config), store, config, worker, lambda: None)
    for turn in range(200):
        runner.turn(NOW, float(turn))
        if not store.jobs("waiting"):
            break
    return worker


@pytest.mark.parametrize("source", ["watch", "report", "redo", "backfill"])
def test_no_worker_sees_it(config: Config, source: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Store.open(config.data_path) as store:
        assert work(config, store, source).calls == []
        assert [(job.path, job.state) for job in store.jobs()] == [(NOTE, "skipped")]
        assert "private" in store.jobs()[0].error
    assert not (config.vault_path / "nippo").exists()
    assert "private: true" not in caplog.text and "彼女" not in caplog.text


def test_it_is_drafted_once_the_person_takes_that_back(config: Config) -> None:
    with Store.open(config.data_path) as store:
        work(config, store, "watch")
        (config.vault_path / NOTE).write_text(PRIVATE.replace("true", "false"), encoding="utf-8")
        assert len(work(config, store, "watch").calls) == 1
        assert store.jobs() == []


def test_status_check_and_report_say_so(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with Store.open(config.data_path) as store:
        work(config, store, "watch")
    settings = ["--config", str(config.file)]
    status = CliRunner().invoke(app, ["status", *settings]).output
    assert "skipped" in status and f"{NOTE}: is declared private as a whole" in status
    checked = CliRunner().invoke(app, ["check", str(DAY), *settings]).output
    assert "the whole note: private: true" in checked
    asked = CliRunner().invoke(app, ["report", str(DAY), *settings])
    assert isinstance(asked.exception, NippoError) and "declared private" in asked.exception.what
    printed = CliRunner().invoke(app, ["report", str(DAY), "--stdout", *settings])
    assert isinstance(printed.exception, NippoError) and "declared private" in printed.exception.what


def test_the_doctor_tells_what_is_cut_from_a_day(config: Config) -> None:
    vault: Path = config.vault_path
    (vault / "diary/2026-01-06.md").write_text(
        "授業。\n%%恋%%\n## プライベート\n恋\n\n**プライベート**\n", encoding="utf-8"
    )
    own = config.model_copy(
        update={"privacy": config.privacy.model_copy(update={"private_headings": ("プライベート",)})}
    )
    newest = list(private_lines(own, None))
    assert [line.state for line in newest] == ["ok"] and "private as a whole (private: true)" in newest[0].message
    of_day = list(private_lines(own, date(2026, 1, 6)))
    assert "line 2 (comment), lines 3-6 (heading 「プライベート」)" in of_day[0].message
    assert [line.state for line in private_lines(own, date(2026, 1, 5))] == ["warn"]
    (vault / "diary/2026-01-08.md").write_text("授業。\n\n**プライベート**\n恋\n", encoding="utf-8")
    assert [line.state for line in private_lines(own, None)] == ["ok", "warn"]
    assert [line.message for line in private_lines(config, None)] == [
        "diary/2026-01-08.md: nothing is cut, the model sees the whole diary"
    ]
