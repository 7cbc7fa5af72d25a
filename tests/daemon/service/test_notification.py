"""A notification on a real session bus, before a notification service that the test starts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from daemon.service.notification import Notification, start
from daemon.vault.obsidian import open_address
from daemon.vault.report_note import ReportNote, render

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs dbus-daemon (Debian: dbus)")
READY = Notification("1月7日の日報ができました", "読んで、提出したらチェックを入れてください。")
Desktop = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """``desktop(label)`` starts a session whose person presses that button, and returns its notification service."""
    started: list[subprocess.Popen[str]] = []

    def begin(press: str) -> subprocess.Popen[str]:
        bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True
        )
        started.append(bus)
        assert bus.stdout is not None
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.stdout.readline().strip())
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.notification_server", press],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        started.append(server)
        assert server.stdout is not None and server.stdout.readline() == "ready\n"
        return server

    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("xclip", "browser"):
        words = "cat" if name == "xclip" else 'printf "%s" "$1"'
        (programs / name).write_text(f"#!/bin/sh\n{words} > '{tmp_path}/{name}.got'\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setenv("BROWSER", str(programs / "browser"))
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    yield begin
    for process in reversed(started):
        process.terminate()
        process.wait()


def shown(server: subprocess.Popen[str]) -> dict[str, Any]:
    assert server.stdout is not None
    found: dict[str, Any] = json.loads(server.stdout.readline())
    return found


def report(folder: Path) -> Path:
    file = folder / "日記 の vault" / "2026-01-07-nippo.md"
    file.parent.mkdir()
    moment = datetime(2026, 1, 7, tzinfo=UTC)
    note = ReportNote(date(2026, 1, 7), "diary/2026-01-07", "* 演習を行いました。", "draft", "starter-2", moment)
    file.write_text(render(note), encoding="utf-8")
    return file


def test_it_is_shown_and_ends_when_it_is_closed(desktop: Desktop) -> None:
    server = desktop("")
    process = start(READY)
    assert shown(server) == {"app": "nippo", "title": READY.title, "body": READY.message, "buttons": []}
    assert process.wait(timeout=30) == 0


def test_a_button_copies_the_body_of_the_report(desktop: Desktop, tmp_path: Path) -> None:
    server = desktop("コピー")
    process = start(Notification(READY.title, READY.message, str(report(tmp_path))))
    assert shown(server)["buttons"] == ["Obsidianで開く", "コピー"]
    assert process.wait(timeout=30) == 0
    assert (tmp_path / "xclip.got").read_text(encoding="utf-8") == "* 演習を行いました。\n"


def test_a_button_opens_the_report_in_obsidian(desktop: Desktop, tmp_path: Path) -> None:
    server = desktop("Obsidianで開く")
    file = report(tmp_path)
    process = start(Notification(READY.title, READY.message, str(file)))
    assert shown(server)["title"] == READY.title
    assert process.wait(timeout=30) == 0
    assert (tmp_path / "browser.got").read_text(encoding="utf-8") == open_address(file)


def test_without_a_session_the_process_fails_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    assert start(READY).wait(timeout=30) != 0
