"""Files appear whole or not at all, with real files and a process that is killed half-way."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.system.files import (
    LEFT_BEHIND_SECONDS,
    only_for_this_user,
    private,
    private_folder,
    replacing,
    write_atomically,
)

WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from daemon.system.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Each of these as the process's umask."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_text_and_bytes_take_the_place_of_the_old(tmp_path: Path) -> None:
    file = tmp_path / "状態.json"
    write_atomically(file, "一\n")
    assert file.read_bytes() == "一\n".encode()
    write_atomically(file, b"two", durable=False)
    assert file.read_bytes() == b"two"
    with replacing(file) as temporary:
        temporary.write_text("three")
        assert file.read_bytes() == b"two", "nobody sees it before it is whole"
    assert file.read_text() == "three"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_made_is_for_this_user_alone(tmp_path: Path, umask: int) -> None:
    """From the first byte on: the rights are looked at while the files are being written."""
    folder = private_folder(tmp_path / "data" / "runs" / "2026-W47")
    assert private_folder(folder) == folder
    assert [rights(one) for one in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3
    with replacing(folder / "adapter.gguf") as temporary:
        assert rights(temporary) == 0o600
        temporary.write_bytes(b"weights")
    with open(folder / "training.log", "a", opener=private) as stream:
        stream.write("1\n")
    write_atomically(folder / "daemon.json", "{}")
    old = folder / "champion"
    old.write_text("v0.1\n")
    old.chmod(0o644)
    write_atomically(old, "v0.2\n")
    assert {rights(file) for file in folder.iterdir()} == {0o600}


def test_a_library_that_puts_its_own_file_in_place_opens_nothing(tmp_path: Path, umask: int) -> None:
    with replacing(tmp_path / "curve.png") as temporary:
        temporary.unlink()
        temporary.write_bytes(b"picture")
    assert rights(tmp_path / "curve.png") == 0o600


def test_a_folder_that_is_there_stays_as_a_person_made_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path)
    assert rights(tmp_path) == 0o755
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        private_folder(tmp_path / "file")


def test_what_is_shared_has_the_rights_that_a_person_gives(tmp_path: Path, umask: int) -> None:
    file = tmp_path / "nippo.service"
    write_atomically(file, "1", shared=True)
    assert rights(file) == 0o666 & ~umask
    file.chmod(0o640)
    write_atomically(file, "2", shared=True)
    assert rights(file) == 0o640


def test_a_private_file_is_not_open_while_it_is_being_replaced(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "2026-01-07-nippo.md"
    file.write_text("old")
    file.chmod(0o600)
    seen = []
    fdopen = os.fdopen

    def looking(descriptor: int, mode: str) -> object:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return fdopen(descriptor, mode)

    monkeypatch.setattr(os, "fdopen", looking)
    write_atomically(file, "new", shared=True)
    assert seen == [0o600] and rights(file) == 0o600


def test_a_process_can_close_all_that_its_libraries_make(tmp_path: Path, umask: int) -> None:
    only_for_this_user()
    (tmp_path / "checkpoint-60").mkdir()
    (tmp_path / "checkpoint-60" / "adapter_model.safetensors").write_bytes(b"weights")
    assert rights(tmp_path / "checkpoint-60") == 0o700
    assert rights(tmp_path / "checkpoint-60" / "adapter_model.safetensors") == 0o600


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
    with pytest.raises(FileNotFoundError), replacing(file) as temporary:
        temporary.unlink()
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
