"""Full and read-only disks are waited out: real ones where the test may mount them, else errors in the right place."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from daemon.commands.run import listeners
from daemon.config import Config
from daemon.errors import NoRoom, StorageError
from daemon.service.heartbeat import read_heartbeat
from daemon.setup.status import status
from daemon.store.store import Store
from daemon.system.lock import FileLock, holder_of
from daemon.vault.report_note import set_key
from tests.daemon.service.test_service import idle, jobs, running, until
from tests.fake_worker import BODY, FakeWorker

TODAY = date.today()
NOTE, REPORT = f"diary/{TODAY}.md", f"nippo/{TODAY}-nippo.md"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root may mount a disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room there is; return the file to remove."""
    file = disk / "filler"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 4096)
    return file


@pytest.fixture
def settings(make_config) -> Callable[..., Config]:
    def make(vault: Path, **sections: dict[str, object]) -> Config:
        config: Config = make_config(vault, watch={"settle_seconds": 0.1}, schedule={"retrain": ""}, **sections)
        return config

    return make


@pytest.fixture(params=["full", "over its quota", "read-only"])
def refusing(request, monkeypatch) -> Callable[[], contextlib.AbstractContextManager[object]]:
    """A vault whose disk refuses writes as long as the block lasts."""
    number = {"full": errno.ENOSPC, "over its quota": errno.EDQUOT, "read-only": errno.EROFS}[request.param]

    @contextlib.contextmanager
    def block() -> Iterator[None]:
        def refuse(*arguments: object) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as disk:
            disk.setattr("daemon.vault.writer.files.create", refuse)
            yield

    return block


def test_a_vault_that_takes_nothing_is_waited_out_with_the_draft_kept(
    make_vault, settings, refusing, monkeypatch
) -> None:
    monkeypatch.setattr("daemon.service.periodic.PAUSES", (0.1, 0.2, 0.3))
    vault = make_vault()
    config = settings(vault)
    other = TODAY - timedelta(days=1)
    worker = FakeWorker()
    with running(config, worker):
        with refusing():
            (vault / NOTE).write_text("日記")
            (vault / f"diary/{other}.md").write_text("別の日記")
            until(lambda: read_heartbeat(config.data_path)["state"] == "no room")
            time.sleep(1.2)  # several tries
            assert len(worker.calls) == 1 and jobs(config, "failed") == []
            assert "goes on by itself" in read_heartbeat(config.data_path)["message"]
        until((vault / REPORT).exists)
        until((vault / f"nippo/{other}-nippo.md").exists)
        until(lambda: idle(config) and read_heartbeat(config.data_path)["state"] == "watching")
    assert len(worker.calls) == 2


def test_a_diary_that_changes_meanwhile_is_drafted_anew(make_vault, settings, monkeypatch) -> None:
    vault = make_vault({NOTE: "日記"})
    config = settings(vault)
    worker = FakeWorker()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with running(config, worker):
        with monkeypatch.context() as disk:
            disk.setattr("daemon.vault.writer.files.create", full)
            until(lambda: read_heartbeat(config.data_path)["state"] == "no room")
            (vault / NOTE).write_text("日記の続き")
        until((vault / REPORT).exists)
        until(lambda: idle(config))
    assert [call.diary for call in worker.calls] == ["日記", "日記の続き"]


def test_a_full_data_folder_loses_no_save_no_tick_and_no_edit(make_vault, settings, small_disk: Path, caplog) -> None:
    vault = make_vault({NOTE: "日記"})
    config = settings(vault, data={"folder": str(small_disk / "data")})
    other, report = TODAY - timedelta(days=1), vault / REPORT
    worker = FakeWorker()
    with running(config, worker, make_listeners=listeners):
        until(lambda: report.exists() and idle(config))
        filler = fill(small_disk)
        with Store.open(config.data_path) as store, pytest.raises(NoRoom):
            for number in range(1000):  # the journal has some room of its own
                store.set_meta(f"filler{number}", "x" * 1000)
        (vault / f"diary/{other}.md").write_text("別の日記")
        report.write_bytes(set_key(report.read_bytes(), "accepted", "true") + "* 手で足した行。\n".encode())
        until(lambda: status(config)["daemon"]["state"] == "no room" or status(config)["storage"])
        time.sleep(2.5)
        found = status(config)
        assert any("full" in line for line in [*found["storage"], found["daemon"].get("message", "")])
        assert not (vault / f"nippo/{other}-nippo.md").exists()
        filler.unlink()
        began = time.monotonic()
        until((vault / f"nippo/{other}-nippo.md").exists)

        def pair() -> str:
            with Store.open(config.data_path) as store:
                found = store.pair(TODAY.isoformat())
                return found.report if found else ""

        until(lambda: pair().endswith("手で足した行。"))
        assert time.monotonic() - began < 10
        until(lambda: read_heartbeat(config.data_path)["state"] == "watching")
    assert [record for record in caplog.records if record.exc_info] == []
    assert len(worker.calls) == 2


def test_a_full_disk_under_the_vault_goes_on_by_itself(make_vault, settings, small_disk: Path) -> None:
    vault = make_vault(name="disk/vault")
    config = settings(vault)
    worker = FakeWorker()
    with running(config, worker, make_listeners=listeners):
        (vault / NOTE).write_text("日記")
        filler = fill(small_disk)
        until(lambda: read_heartbeat(config.data_path)["state"] == "no room")
        time.sleep(1.5)
        assert (vault / NOTE).read_text() == "日記" and jobs(config, "failed") == []
        assert sorted(file.name for file in vault.rglob("*.tmp")) == []
        filler.unlink()
        began = time.monotonic()
        until((vault / REPORT).exists)
        assert time.monotonic() - began < 10 and BODY in (vault / REPORT).read_text()
    assert len(worker.calls) == 1


def test_a_daemon_starts_on_a_full_disk_as_soon_as_there_is_room(make_vault, settings, small_disk: Path) -> None:
    vault = make_vault({NOTE: "日記"})
    config = settings(vault, data={"folder": str(small_disk / "data")})
    filler = fill(small_disk)
    command = [sys.executable, "-m", "daemon.cli", "run", "--config", str(config.file)]
    log = vault.parent / "log"
    with log.open("wb") as output, subprocess.Popen(command, stderr=output) as process:
        try:
            until(lambda: b"the disk is full" in log.read_bytes(), 30)
            assert process.poll() is None
            filler.unlink()
            until(lambda: read_heartbeat(config.data_path).get("ready"))
        finally:
            process.terminate()
    assert b"Traceback" not in log.read_bytes() and process.returncode == 0


@pytest.mark.parametrize("command", [["accept"], ["redo"], ["report"], ["status"]])
def test_commands_say_it_in_a_sentence(make_vault, settings, small_disk: Path, command: list[str]) -> None:
    vault = make_vault({NOTE: "日記", REPORT: f"---\ndate: {TODAY}\naccepted: false\nredo: false\n---\n{BODY}\n"})
    config = settings(vault, data={"folder": str(small_disk / "data")}, engine={"kind": "server", "server_url": ""})
    with Store.open(config.data_path):
        pass
    fill(small_disk)
    days = [] if command == ["status"] else [str(TODAY)]
    ended = subprocess.run(
        [sys.executable, "-m", "daemon.cli", *command, *days, "--config", str(config.file)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1 and "Traceback" not in said
    assert "disk" in said and "full" in said and "goes on by itself" in said, said


def test_a_lock_on_a_full_disk_holds_and_is_let_go_of(small_disk: Path) -> None:
    lock = FileLock(small_disk, "x.lock")
    lock.file.touch()
    filler = fill(small_disk)
    assert lock.acquire() and lock.held
    assert lock.holder() in (os.getpid(), 0), "never a process that held it before"
    lock.release()
    assert lock.holder() is None and FileLock(small_disk, "x.lock").acquire()
    filler.unlink()
    assert holder_of(small_disk) is None


def test_a_commit_that_found_no_room_leaves_no_transaction_open(small_disk: Path) -> None:
    with Store.open(small_disk) as store:
        store.set_meta("before", 1)
        filler = fill(small_disk)
        with pytest.raises(StorageError), store.batch():
            for number in range(1000):
                store.set_meta(f"m{number}", "x" * 1000)
        filler.unlink()
        with store.batch():
            store.set_meta("after", 2)
    with Store.open(small_disk) as store:
        assert (store.get_meta("before"), store.get_meta("after")) == (1, 2)
        assert store.get_meta("m0") is None
