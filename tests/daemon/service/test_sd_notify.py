"""What systemd is told, over a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.service.sd_notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(1.0)
        yield listener


def test_a_path_that_is_no_text_is_told_all_the_same(manager: socket.socket) -> None:
    Notifier(manager.getsockname()).ready("paused: /v\udc8e is missing")
    assert b"is missing" in manager.recv(1000)


def test_ready_status_watchdog_and_stopping_arrive(manager: socket.socket) -> None:
    notifier = Notifier(manager.getsockname(), watchdog_seconds=10.0)
    notifier.ready("watching")
    notifier.status("watching")
    notifier.status("writing")
    notifier.watchdog(0.0)
    notifier.watchdog(4.9)
    notifier.watchdog(5.0)
    notifier.reloading()
    notifier.stopping()
    words = [manager.recv(200).decode() for _ in range(6)]
    assert words[:4] == ["READY=1\nSTATUS=watching", "STATUS=writing", "WATCHDOG=1", "WATCHDOG=1"]
    assert words[4].startswith("RELOADING=1\nMONOTONIC_USEC=") and words[5].startswith("STOPPING=1")


def test_the_environment_is_for_this_process_alone(monkeypatch: pytest.MonkeyPatch, manager: socket.socket) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert Notifier.from_environment().ping_seconds == 30.0
    assert "NOTIFY_SOCKET" not in os.environ and "WATCHDOG_USEC" not in os.environ
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert Notifier.from_environment().ping_seconds is None


def test_nobody_listening_is_no_trouble(tmp_path: Path) -> None:
    Notifier().ready("x")
    Notifier(str(tmp_path / "gone")).stopping()
