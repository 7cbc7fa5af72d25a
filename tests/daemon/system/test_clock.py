"""The machine's time zone, and a usable one where the setting is none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SHOW = """
from datetime import datetime
from daemon.config import ScheduleSettings
from daemon.learning.schedule import plan
from daemon.setup.doctor_system import zone_line
line = zone_line()
print(line.state, line.message, line.remedy)
print(plan(ScheduleSettings(jitter_minutes=0.0), datetime.now().astimezone(), None).next_run.isoformat())
"""


def shown(setting: str) -> tuple[str, str]:
    """The line of `nippo doctor` and the next run of a process with this ``TZ``; a zone is kept once it is found, so
    each asks a process of its own."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SHOW],
        env={**os.environ, "TZ": setting},
        capture_output=True,
        text=True,
        check=True,
    )
    line, _, next_run = run.stdout.strip().partition("\n")
    return line, next_run


def test_a_zone_by_its_name() -> None:
    line, next_run = shown("Asia/Tokyo")
    assert line.split()[:2] == ["ok", "Asia/Tokyo"] and "T18:00:00" in next_run


@pytest.mark.parametrize("setting", ["JST-9", "/etc/passwd", ":", "../../x"])
def test_a_setting_that_is_no_zone_is_named_and_reckoned_with_all_the_same(setting: str) -> None:
    line, next_run = shown(setting)
    hours = 9 if setting == "JST-9" else 0
    assert line.startswith("warn ") and f"TZ={setting!r}" in line and f"UTC+{hours:02}00" in line
    assert "Asia/Tokyo" in line, "the remedy"
    assert f"T{(3 - hours) % 24:02}:00:00+00:00" in next_run


@pytest.mark.parametrize(("setting", "told"), [("Asia/Tokyo", "2026-12-06 03:00"), ("JST-9", "2026-12-06 03:00")])
def test_a_moment_is_told_as_the_clock_on_the_wall_shows_it(setting: str, told: str) -> None:
    words = "from daemon.system.clock import local_time; print(local_time('2026-12-05T18:00:00+00:00'))"
    run = subprocess.run(
        [sys.executable, "-c", words], env={**os.environ, "TZ": setting}, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == told
