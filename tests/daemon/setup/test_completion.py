"""The Tab key offers the days that have a diary."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import MakeConfig, MakeVault


def offered(settings: Path | None, *words: str) -> list[str]:
    environment = {**os.environ, "_NIPPO_COMPLETE": "complete_bash", "COMP_CWORD": str(len(words) - 1)}
    environment |= {"COMP_WORDS": " ".join(words)} | ({"NIPPO_CONFIG": str(settings)} if settings else {})
    command = [sys.executable, "-c", "from daemon.cli import app; app(prog_name='nippo')"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("command", ["check", "report", "accept", "redo", "copy"])
def test_the_newest_day_comes_first(make_vault: MakeVault, make_config: MakeConfig, command: str) -> None:
    vault = make_vault({f"diary/2026-01-{day}.md": "日記" for day in ("06", "07", "19")} | {"diary/買い物.md": "卵"})
    settings = make_config(vault).file
    assert offered(settings, "nippo", command, "2026-01-0") == ["2026-01-07", "2026-01-06"]
    if command == "check":
        assert offered(settings, "nippo", command, "t") == ["today"]


def test_without_settings_nothing_is_offered_and_nothing_is_said() -> None:
    assert offered(None, "nippo", "check", "2026") == []
