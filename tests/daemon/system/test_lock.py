"""One daemon a vault, proven with a second process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.errors import AlreadyRunning, NippoError
from daemon.system.lock import VaultLock, holder_of

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
