"""After kills nothing stays behind but what somebody still needs; and what the daemon says of itself on a full disk."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import pytest

from daemon.service.heartbeat import Heartbeat, HeartbeatFile, read_heartbeat
from daemon.service.leftovers import sweep_leftovers
from daemon.setup.status import status

NOW = datetime(2026, 1, 7, 22)


@pytest.fixture
def dead() -> int:
    """The number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_start_sweeps_what_killed_processes_left(tmp_path: Path, monkeypatch, dead: int) -> None:
    temporary, data = tmp_path / "tmp", tmp_path / "data"
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    left = [
        data / f"daemon.json.{dead}.tmp",
        data / f".nippo-{dead}-0a1b.tmp",
        data / f"models/v1/.nippo-{dead}-0a1b.tmp",
        data / f"runs/2026-W01/.nippo-{dead}-0a1b.tmp",
        temporary / f"nippo-worker-{dead}-xyz/inner",
    ]
    kept = [
        data / f".nippo-{os.getpid()}-0a1b.tmp",
        data / "mine.tmp",
        data / "nippo.sqlite3",
        temporary / f"nippo-worker-{os.getpid()}-xyz/inner",
    ]
    for file in [*left, *kept]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    sweep_leftovers(data)
    assert [file for file in left if file.exists()] == []
    assert [file for file in kept if not file.exists()] == []
    assert not left[-1].parent.exists()
    sweep_leftovers(tmp_path / "nowhere")


def test_on_a_full_disk_the_picture_is_written_over_the_last_one(tmp_path: Path, monkeypatch) -> None:
    file = HeartbeatFile(tmp_path)
    file.show(Heartbeat(1, "0", "then", "watching", message="x" * 300), NOW, 0.0)

    def full(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("daemon.service.heartbeat.write_atomically", full)
    file.show(Heartbeat(1, "0", "then", "no room", message="full"), NOW, 1.0)
    assert (read_heartbeat(tmp_path)["state"], read_heartbeat(tmp_path)["message"]) == ("no room", "full")
    json.loads((tmp_path / "daemon.json").read_text())


@pytest.mark.parametrize("lack", ["full", "read-only"])
def test_status_looks_for_itself_whether_the_disks_take_anything(make_vault, make_config, monkeypatch, lack) -> None:
    config = make_config(make_vault())
    assert status(config)["storage"] == []
    monkeypatch.setattr("daemon.setup.status.lack_of", lambda folder: lack if folder == config.vault_path else "")
    (line,) = status(config)["storage"]
    assert f"the disk of the vault is {lack}" in line and "goes on by itself" in line
