"""The real daemon and the real commands as processes, with a stand-in for the model's server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config
from tests.end_to_end.stand_in import REPORT, StandIn, stand_in_server

TODAY = date.today()
NOTE = f"diary/{TODAY}.md"
REPORT_PATH = f"nippo/{TODAY}-nippo.md"
DIARY = "今日はサブネット計算の練習問題を5問解いた。疲れた。\n"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        yield state


@pytest.fixture
def settings(make_config, server: StandIn) -> Callable[..., Config]:
    def make(vault: Path, **engine: object) -> Config:
        config: Config = make_config(
            vault, watch={"settle_seconds": 0.3}, engine={"kind": "server", "server_url": server.url, **engine}
        )
        return config

    return make


def nippo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daemon.cli", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def state(config: Config) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(nippo("status", "--json", "--config", str(config.file)).stdout)
    return found


@contextmanager
def daemon(config: Config) -> Iterator[subprocess.Popen[bytes]]:
    log = config.data_path.parent / "daemon.log"
    with log.open("ab") as output:
        command = [sys.executable, "-m", "daemon.cli", "run", "--config", str(config.file)]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    beat = config.data_path / "daemon.json"
    try:
        until(lambda: beat.exists() and json.loads(beat.read_text())["pid"] == process.pid, log)
        until(lambda: json.loads(beat.read_text())["ready"], log)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            began = time.monotonic()
            process.wait(10)
            assert time.monotonic() - began < 5, "the daemon took too long to stop"


def until(done: Callable[[], object], log: Path | None = None, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, log.read_text() if log and log.exists() else "it did not happen in time"
        time.sleep(0.05)


def test_a_diary_saved_in_a_vault_becomes_a_checked_report(make_vault, settings, read_vault, server: StandIn) -> None:
    vault = make_vault(name="わたしの 保管庫 🌸")
    config = settings(vault)
    with daemon(config):
        (vault / NOTE).write_text(DIARY)
        until((vault / REPORT_PATH).exists, config.data_path.parent / "daemon.log")
        until(lambda: not state(config)["waiting"])
        assert state(config)["daemon"]["running"] and state(config)["reports"] == 1
    found = read_vault(vault)
    assert sorted(found) == [NOTE, REPORT_PATH]
    assert found[NOTE] == DIARY
    assert str(found[REPORT_PATH]).endswith(f"---\n{REPORT}\n")
    assert "model: stand-in\n" in str(found[REPORT_PATH])
    assert "サブネット" in json.dumps(server.requests[0], ensure_ascii=False)
    log = (config.data_path.parent / "daemon.log").read_text()
    assert "サブネット" not in log and "report written" in log
    assert not state(config)["daemon"]["running"]


def test_a_killed_daemon_goes_on_where_it_was(make_vault, settings, read_vault, server: StandIn) -> None:
    vault = make_vault({NOTE: DIARY})
    config = settings(vault)
    server.delay_seconds = 2.0
    with daemon(config) as first:
        until(lambda: server.requests)
        first.send_signal(signal.SIGKILL)
        first.wait()
    server.delay_seconds = 0.0
    with daemon(config):
        until((vault / REPORT_PATH).exists)
    assert sorted(read_vault(vault)) == [NOTE, REPORT_PATH]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_drafting_is_quick_and_keeps_the_note(make_vault, settings, server: StandIn, number: int) -> None:
    vault = make_vault({NOTE: DIARY})
    config = settings(vault)
    server.delay_seconds = 20.0
    with daemon(config) as process:
        until(lambda: server.requests)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5
    assert [job["path"] for job in state(config)["waiting"]] == [NOTE]
    assert state(config)["daemon"]["state"] == "stopped"


def test_a_hung_worker_is_ended_and_after_three_times_the_note_is_set_aside(
    make_vault, settings, server: StandIn
) -> None:
    vault = make_vault({NOTE: DIARY})
    config = settings(vault, timeout_seconds=2.0)
    server.delay_seconds = 30.0
    with daemon(config):
        until(lambda: state(config)["failed"], seconds=120)
        (job,) = state(config)["failed"]
        assert "2 seconds" in job["error"] and job["attempts"] == 3
        shown = nippo("status", "--config", str(config.file)).stdout
        assert "2 seconds" in shown and "→" in shown


def test_a_report_asked_for_with_and_without_a_daemon(make_vault, settings, server: StandIn) -> None:
    old = TODAY - timedelta(days=30)
    vault = make_vault({f"diary/{old}.md": DIARY, NOTE: DIARY})
    config = settings(vault)
    shown = nippo("report", str(old), "--stdout", "--config", str(config.file))
    assert shown.stdout == f"{REPORT}\n" and not (vault / "nippo").exists()
    dry = nippo("report", str(vault / f"diary/{old}.md"), "--dry-run", "--config", str(config.file))
    assert "was not written" in dry.stderr and not (vault / "nippo").exists()
    alone = nippo("report", str(old), "--config", str(config.file))
    assert alone.stdout == f"nippo/{old}-nippo.md\n", alone.stderr
    assert (vault / f"nippo/{old}-nippo.md").exists()
    with daemon(config):
        until((vault / REPORT_PATH).exists)
        (vault / REPORT_PATH).unlink()
        asked = nippo("report", str(TODAY), "--config", str(config.file))
        assert asked.stdout == f"{REPORT_PATH}\n", asked.stderr
        assert (vault / REPORT_PATH).exists()
    (vault / REPORT_PATH).write_text("自分で書いた")
    refused = nippo("report", str(TODAY), "--config", str(config.file))
    assert refused.returncode == 1 and "it is yours and stays as it is" in refused.stderr
    assert (vault / REPORT_PATH).read_text() == "自分で書いた"


def test_backfill_takes_older_notes_and_shows_what_it_could_not(make_vault, settings) -> None:
    days = [TODAY - timedelta(days=number) for number in range(20, 24)]
    vault = make_vault({f"diary/{day}.md": DIARY for day in days[:3]} | {f"diary/{days[3]}.md": b"\x00bad"})
    config = settings(vault)
    listed = nippo("backfill", "--from", str(days[3]), "--dry-run", "--config", str(config.file))
    assert "4 of 4 notes have no report yet" in listed.stderr
    done = nippo("backfill", "--from", str(days[3]), "--to", str(days[1]), "--config", str(config.file))
    assert done.returncode == 1 and "NUL" in done.stderr and "2 reports to write" in done.stderr
    assert sorted(path.name for path in (vault / "nippo").iterdir()) == [f"{days[2]}-nippo.md", f"{days[1]}-nippo.md"]


def test_wrong_usage_has_exit_code_two(make_vault, make_config, tmp_path: Path) -> None:
    config = make_config(make_vault())
    assert config.file
    for arguments, words in (
        (["report", "2026-02-30"], "is no date"),
        (["report", "2026-01-07"], "No diary note of 2026-01-07"),
        (["backfill", "--from", "2026-01-08", "--to", "2026-01-07"], "is after"),
    ):
        ended = nippo(*arguments, "--config", str(config.file))
        assert (ended.returncode, words in ended.stderr) == (2, True), ended.stderr
    config.file.write_text("[watch]\nsettle_seconds = 'fast'\ntypo = 1\n")
    ended = nippo("run", "--config", str(config.file))
    assert ended.returncode == 2
    assert "`watch.settle_seconds`" in ended.stderr and "`watch.typo`: no such key" in ended.stderr


def test_init_makes_settings_that_doctor_accepts(make_vault, isolated_world: Path, tmp_path: Path) -> None:
    vault = make_vault({NOTE: DIARY}, name="日記 の vault")
    registry = isolated_world / ".config/obsidian/obsidian.json"
    registry.parent.mkdir(parents=True)
    registry.write_text(json.dumps({"vaults": {"a": {"path": str(vault), "ts": 1}}}))
    file = tmp_path / "設定" / "config.toml"
    made = nippo("init", "--yes", "--config", str(file))
    assert made.returncode == 0, made.stderr
    assert str(vault) in made.stdout and "1 notes" in made.stdout
    assert f'path = "{vault}"' in file.read_text() and "# the Obsidian vault" in file.read_text()
    again = nippo("init", "--yes", "--config", str(file))
    assert again.returncode == 2 and "there already" in again.stderr
    lines = {line["name"]: line for line in json.loads(nippo("doctor", "--json", "--config", str(file)).stdout)}
    assert lines["vault"]["state"] == lines["diary"]["state"] == lines["observer"]["state"] == "ok"
    assert all(line["remedy"] for line in lines.values() if line["state"] != "ok")


def test_the_version_and_every_commands_help() -> None:
    assert nippo("--version").stdout.startswith("nippo ")
    words = nippo("--help").stdout
    for command in ("run", "report", "backfill", "status", "doctor", "init"):
        assert command in words
        assert nippo(command, "--help").returncode == 0


def test_environment_variables_win(make_vault, make_config) -> None:
    config = make_config(make_vault())
    os.environ["NIPPO_WATCH__SETTLE_SECONDS"] = "slow"
    try:
        ended = nippo("status", "--config", str(config.file))
    finally:
        del os.environ["NIPPO_WATCH__SETTLE_SECONDS"]
    assert ended.returncode == 2 and "`watch.settle_seconds`" in ended.stderr
