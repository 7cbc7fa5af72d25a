"""Fifty rounds of kills, full disks and lost events, from a seed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bench.fault_checks import Day, of_diary, of_report
from bench.fault_daemon import LEAD, mark_of
from tests.test_architecture import ROOT


def test_fifty_rounds_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.faults", "--rounds", "50", "--seed", "18", "--keep", str(tmp_path)]
    run = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=250
    )
    figures = dict(re.findall(r"^(\S.*?) {2,}(\d+)$", run.stdout, re.MULTILINE))
    assert run.returncode == 0, run.stdout + run.stderr
    assert figures["rounds"] == "50"
    assert int(figures["kills before a step"]) > 5 and int(figures["kills at any moment"]) > 5
    assert int(figures["rounds with dropped events"]) > 5 and int(figures["rounds with a full disk"]) > 5
    for lost in ("bytes of a person's lost or changed", "reports missing or doubled", "pairs lost", "tracebacks"):
        assert figures[lost] == "0"


@pytest.mark.parametrize(
    ("one", "there", "complaint"),
    [
        (Day(b"d", "mine", b"words"), b"wor", "not as its person left it"),
        (Day(b"d", "mine", b"words"), None, "not as its person left it"),
        (Day(b"d", "deleted"), b"back", "is back"),
        (Day(b"d"), None, "no report"),
        (Day(b"d"), f"---\n---\n{LEAD}\n* {mark_of(b'older')}".encode(), "of an older diary"),
        (Day(b"d", "redo", b"---\nredo: true\n---\nold"), b"---\nredo: false\n---\nold", "was not redone"),
    ],
)
def test_what_is_lost_is_told(tmp_path: Path, one: Day, there: bytes | None, complaint: str) -> None:
    file = tmp_path / "report.md"
    if there is not None:
        file.write_bytes(there)
    (found,) = of_report(date(2026, 1, 7), one, file)
    assert complaint in found.text and found.count > 0


def test_a_lost_byte_of_a_diary_is_counted(tmp_path: Path) -> None:
    file = tmp_path / "diary.md"
    file.write_bytes(b"abXdef")
    (found,) = of_diary(date(2026, 1, 7), Day(b"abcdef"), file)
    assert (found.kind, found.count) == ("bytes", 4)
