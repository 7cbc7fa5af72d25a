"""A new file gets its name in one step, or not at all."""

from __future__ import annotations

import ctypes
import errno
from pathlib import Path

import pytest

from daemon.system.free_name import move_to_free_name


def test_a_free_name_is_taken_and_one_in_use_is_left(tmp_path: Path) -> None:
    old, name = tmp_path / "古い 🌸", tmp_path / "新しい"
    old.write_text("new")
    move_to_free_name(old, name)
    assert (name.read_text(), old.exists()) == ("new", False)
    old.write_text("newer")
    with pytest.raises(FileExistsError):
        move_to_free_name(old, name)
    assert (name.read_text(), old.read_text()) == ("new", "newer")
    with pytest.raises(FileNotFoundError):
        move_to_free_name(tmp_path / "nowhere", tmp_path / "x")


def test_a_system_that_lacks_the_step_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    with pytest.raises(OSError) as caught:
        move_to_free_name(tmp_path, tmp_path / "x")
    assert caught.value.errno == errno.ENOSYS
