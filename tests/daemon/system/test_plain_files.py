"""What is read as a file is one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from daemon.system.plain_files import is_gone, is_plain, read_plain


def test_a_file_is_read_to_one_byte_beyond_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert (read_plain(file, 5), read_plain(file, 4), read_plain(file, 3)) == (b"12345", b"12345", b"1234")
    assert is_plain(file) and not is_gone(file)
    os.truncate(file, 2**40)
    assert len(read_plain(file, 1000)) == 1001


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "loop", "nul", "surrogate", "absent"])
def test_what_is_none_is_refused_and_nobody_waits(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "a"
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "loop":
        file.symlink_to("a")
    elif kind == "nul":
        file = tmp_path / "a\0b"
    elif kind == "surrogate":
        file = tmp_path / "\ud800"
    with pytest.raises(OSError) as caught:
        read_plain(file, 10)
    assert caught.value.errno in (errno.EINVAL, errno.ELOOP, errno.ENOENT)
    assert not is_plain(file) and is_gone(file)


def test_what_lies_in_a_file_is_gone_and_what_cannot_be_seen_is_not(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a").write_text("x")
    assert is_gone(tmp_path / "a" / "b")

    def refused(self: Path) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "stat", refused)
    assert not is_gone(tmp_path / "a") and not is_plain(tmp_path / "a")
