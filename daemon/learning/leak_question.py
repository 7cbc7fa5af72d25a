"""Whether an accepted report may be learned from, or its person is asked first, because something private seems to
stand in it. The daemon asks a process of its own, so that it stays small."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable

from daemon.checks import CheckSettings
from daemon.checks.flagged import flagged_leaks
from daemon.config import Config
from daemon.drafting.learned_form import with_learned_form

SECONDS = 20.0
"""Longer than the check takes on a slow machine (it loads a dictionary), shorter than any watchdog waits."""
LeakQuestion = Callable[[str, str, str], bool]
"""(report, diary, lines that were said yes to) → whether something private seems to stand in the report."""

log = logging.getLogger(__name__)


def asks_about_leaks(config: Config) -> LeakQuestion:
    """Given the settings, return the question. Where the check cannot run it answers no: an accepted report is the
    person's word, and what it is learned from stays on this machine."""

    def ask(report: str, diary: str, known: str) -> bool:
        settings = with_learned_form(config).model_dump(mode="json", include={"privacy", "report"})
        question = json.dumps({"report": report, "diary": diary, "known": known, "settings": settings})
        command = [sys.executable, "-P", "-m", "daemon.checks.flagged"]
        try:
            done = subprocess.run(command, input=question.encode(), capture_output=True, timeout=SECONDS, check=True)
            return bool(json.loads(done.stdout))
        except (OSError, subprocess.SubprocessError, ValueError) as problem:
            log.warning("an accepted report could not be checked for private words (%s)", type(problem).__name__)
            return False

    return ask


def leak_lines(config: Config, report: str, diary: str) -> tuple[tuple[str, str], ...]:
    """Asked in this process: the lines of a report in which something private seems to stand, each with what."""
    form = with_learned_form(config)
    lines = report.split("\n")
    found = flagged_leaks(report, diary, CheckSettings(form.privacy, form.report))
    return tuple((lines[one.line - 1] if one.line else "", one.message) for one in found)


def asks_here(config: Config) -> LeakQuestion:
    """The question, asked in this process."""
    form = with_learned_form(config)
    settings = CheckSettings(form.privacy, form.report)
    return lambda report, diary, known: bool(flagged_leaks(report, diary, settings, known))
