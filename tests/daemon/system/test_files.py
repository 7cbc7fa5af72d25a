"""Files appear whole or not at all, with real files and a process that is killed half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daemon.system.files import LEFT_BEHIND_SECONDS, replacing, write_atomically

WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from daemon.system.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_text_and_bytes_take_the_place_of_the_old_with_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "状態.json"
    write_atomically(file, "一\n")
    assert file.read_bytes() == "一\n".encode()
    file.chmod(0o640)
    write_atomically(file, b"two", durable=False)
    assert file.read_bytes() == b"two" and file.stat().st_mode & 0o777 == 0o640
    with replacing(file) as temporary:
        temporary.write_text("three")
        assert file.read_bytes() == b"two", "nobody sees it before it is whole"
    assert file.read_text() == "three" and file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_file_and_folder_are_flushed_before_and_after_the_swap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "champion"
    steps: list[str] = []
    flush, swap = os.fsync, Path.replace

    def flushed(descriptor: int) -> None:
        steps.append("folder" if os.path.sameopenfile(descriptor, folder) else "file")
        flush(descriptor)

    def swapped(self: Path, target: Path) -> Path:
        steps.append("swap")
        return swap(self, target)

    folder = os.open(tmp_path, os.O_RDONLY)
    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", swapped)
    write_atomically(file, "v0.1\n")
    with replacing(file) as temporary:
        temporary.write_text("v0.2\n")
    write_atomically(file, "v0.3\n", durable=False)
    os.close(folder)
    assert steps == ["file", "swap", "folder"] * 2 + ["swap"]


def test_a_failure_leaves_the_old_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "champion"
    write_atomically(file, "v0.1\n")
    with pytest.raises(ZeroDivisionError), replacing(file) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    with pytest.raises(FileNotFoundError), replacing(file):
        pass  # the library has written nothing
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_atomically(tmp_path / "taken", "a folder is in the way")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["champion", "taken"]
    assert file.read_text() == "v0.1\n"


def test_what_a_killed_process_left_goes_once_it_is_surely_nobodys(tmp_path: Path) -> None:
    file = tmp_path / "curve.png"
    file.write_text("old")
    killed = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(file)])
    assert killed.returncode == -signal.SIGKILL and file.read_text() == "old"
    (left,) = tmp_path.glob(".nippo-*.tmp")
    write_atomically(file, "new")
    assert left.exists(), "somebody may be writing it"
    long_ago = time.time() - LEFT_BEHIND_SECONDS - 1
    os.utime(left, (long_ago, long_ago))
    write_atomically(file, "newer")
    assert list(tmp_path.iterdir()) == [file]
