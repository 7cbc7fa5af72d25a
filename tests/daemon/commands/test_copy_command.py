"""A report leaves the vault: on a clipboard, or by an address that Obsidian opens."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from daemon.cli import app
from daemon.errors import NippoError, UsageError
from daemon.vault.obsidian import open_address
from daemon.vault.report_note import ReportNote, render
from tests.conftest import MakeConfig, MakeVault

BODY = "本日は、以下の学習と課題を完了しました:\n\n* Javaの演習を行いました。"


def note(day: str, body: str = BODY, warnings: tuple[str, ...] = ()) -> str:
    moment = datetime(2026, 1, 9, tzinfo=UTC)
    return render(
        ReportNote(date.fromisoformat(day), f"diary/{day}", body, "draft", "starter-2", moment, warnings=warnings)
    )


@pytest.fixture
def settings(make_vault: MakeVault, make_config: MakeConfig) -> Path:
    older, newer = note("2026-01-06", "* 前の日。"), note("2026-01-07", warnings=("確認",))
    vault = make_vault({"nippo/2026-01-06-nippo.md": older, "nippo/2026-01-07-nippo.md": newer}, name="日記 の vault")
    file = make_config(vault).file
    assert file is not None
    return file


def nippo(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(settings)])


def test_the_body_alone_goes_to_the_clipboard(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []
    monkeypatch.setattr("pyperclip.copy", held.append)
    assert "2026-01-07" in nippo(settings, "copy").output
    assert "1 warning" in nippo(settings, "copy", "2026-01-07").output
    nippo(settings, "copy", "2026-01-06")
    assert held == [f"{BODY}\n", f"{BODY}\n", "* 前の日。\n"]


def test_a_day_without_a_report_is_named(settings: Path) -> None:
    done = nippo(settings, "copy", "2026-01-05")
    assert isinstance(done.exception, UsageError) and "nippo report 2026-01-05" in done.exception.next_step


def test_a_note_whose_report_is_being_written_is_not_copied(settings: Path, tmp_path: Path) -> None:
    begun = note("2026-01-08", "").replace("status: draft", "status: writing")
    (tmp_path / "日記 の vault/nippo/2026-01-08-nippo.md").write_text(begun, encoding="utf-8")
    done = nippo(settings, "copy", "2026-01-08")
    assert isinstance(done.exception, UsageError) and "not written yet" in done.exception.what


def test_without_a_clipboard_the_way_to_one_is_told(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyperclip

    def nobody(text: str) -> None:
        raise pyperclip.PyperclipException(text)

    monkeypatch.setattr("pyperclip.copy", nobody)
    done = nippo(settings, "copy")
    assert isinstance(done.exception, NippoError) and "xclip" in done.exception.next_step
    assert "Java" not in str(done.exception)


@pytest.mark.skipif(sys.platform != "linux", reason="xclip's place is X11")
def test_a_real_clipboard_program_gets_the_bytes(settings: Path, tmp_path: Path) -> None:
    """A stand-in for xclip on the path writes what it is given into a file."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "xclip").write_text(f"#!/bin/sh\ncat > '{tmp_path}/held'\n")
    (programs / "xclip").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
    environment = {**kept, "PATH": f"{programs}:{os.environ['PATH']}", "DISPLAY": ":9"}
    command = [sys.executable, "-m", "daemon.cli", "copy", "2026-01-07", "--config", str(settings)]
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert (tmp_path / "held").read_text(encoding="utf-8") == f"{BODY}\n"


def test_obsidian_is_asked_for_the_notes_own_path(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("typer.launch", lambda url: (asked.append(url), 0)[1])
    done = nippo(settings, "open")
    assert done.exit_code == 0, done.output
    parts = urlsplit(asked[0])
    assert (parts.scheme, parts.netloc) == ("obsidian", "open")
    (path,) = parse_qs(parts.query)["path"]
    assert Path(path).name == "2026-01-07-nippo.md" and Path(path).is_file()
    assert " " not in asked[0] and "&" not in open_address(Path("/a & b/c.md")).partition("?")[2]
