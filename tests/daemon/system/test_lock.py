"""One daemon a vault, proven with a second process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon.errors import AlreadyRunning, NippoError
from daemon.system import lock as locks
from daemon.system.lock import FileLock, VaultLock, holder_of

HOLD = """
import sys
from pathlib import Path
from daemon.system.lock import VaultLock
lock = VaultLock(Path(sys.argv[1])).acquire()
lock.acquire_vault(Path(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_learns_who_the_first_is_and_death_frees_the_lock(tmp_path: Path) -> None:
    data, vault = tmp_path / "data", tmp_path / "保管庫"
    vault.mkdir()
    assert holder_of(data) is None
    command = [sys.executable, "-c", HOLD, str(data), str(vault)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        assert holder_of(data) == holder.pid
        with pytest.raises(AlreadyRunning, match=f"process {holder.pid}") as caught:
            VaultLock(data).acquire()
        assert f"kill {holder.pid}" in caught.value.next_step
        with VaultLock(tmp_path / "other") as other, pytest.raises(AlreadyRunning, match=f"process {holder.pid}"):
            other.acquire_vault(vault)
        holder.kill()
        holder.wait()
    assert holder_of(data) is None
    with VaultLock(data) as lock:
        lock.acquire_vault(vault)
        lock.acquire_vault(vault)
        assert holder_of(data) == os.getpid()
    assert holder_of(data) is None
    assert list(vault.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NippoError, match="data folder cannot be used"):
        VaultLock(tmp_path / "file" / "data").acquire()


def test_a_lock_that_is_let_go_of_or_forgotten_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    first, second = FileLock(folder, "training.lock"), FileLock(folder, "training.lock")
    assert first.holder() is None and first.acquire() and first.acquire() and first.held
    assert not second.acquire() and second.holder() == os.getpid()
    assert not second.wait(5.0, go_on=lambda: False) and not second.wait(0.0)
    first.release()
    first.release()
    with pytest.raises(ValueError, match="not held"):
        first.fileno()
    assert second.wait(5.0) and os.fstat(second.fileno()).st_ino == second.file.stat().st_ino
    del second
    assert first.acquire()


def test_the_text_of_a_damaged_lock_file_names_nobody_so_the_system_is_asked(tmp_path: Path) -> None:
    held = FileLock(tmp_path, "x.lock")
    assert held.acquire()
    (tmp_path / "x.lock").write_bytes("誰か\n".encode())
    assert FileLock(tmp_path, "x.lock").holder() == (os.getpid() if Path("/proc/locks").exists() else 0)
    assert FileLock(tmp_path / "x.lock", "in a file").holder() == 0


def test_a_folder_is_locked_without_a_file_in_it(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path), FileLock(tmp_path)
    assert first.acquire() and not second.acquire()
    assert second.holder() == os.getpid() and list(tmp_path.iterdir()) == []
    first.release()
    assert second.holder() is None
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "nowhere").acquire()


def test_on_windows_one_byte_behind_the_text_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``msvcrt.locking`` played by a lock of one byte that, like Windows', counts for each open file."""
    taken: dict[tuple[int, int], int] = {}

    def locking(descriptor: int, mode: int, count: int) -> None:
        place = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        if taken.setdefault(place, descriptor) != descriptor:
            raise PermissionError(13, "Permission denied")
        assert (mode, count) == (2, 1)

    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(locks, "_try_lock", locks._try_lock_windows)
    first, second = FileLock(tmp_path, "training.lock"), FileLock(tmp_path, "training.lock")
    assert first.acquire() and not second.acquire()
    assert [place for _, place in taken] == [1 << 20]
    assert second.holder() == os.getpid()
    assert (tmp_path / "training.lock").read_text() == f"{os.getpid()}\n"
