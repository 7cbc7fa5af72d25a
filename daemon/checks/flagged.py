"""Lines of a report in which something private seems to stand, asked before the report is accepted.

Run as a program it answers one question: ``{"diary", "report", "known", "settings"}`` as JSON on its standard input, a
list of ``[line, message]`` on its standard output. So the daemon, which stays without Sudachi's dictionary, may ask.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from daemon.checks.findings import Finding
from daemon.checks.form import without_form
from daemon.checks.leak import check_leak
from daemon.checks.settings import CheckSettings
from daemon.checks.terms import find_private_terms
from daemon.checks.text import normalise
from daemon.config import PrivacySettings
from daemon.config.report_form import ReportSettings


def flagged_leaks(report: str, diary: str, settings: CheckSettings, known: str = "") -> Sequence[Finding]:
    """Given a report as it stands, its diary and the person's settings, return what leaks. ``known``: a report whose
    lines the person has said yes to already; these are not told again."""
    text = normalise(report)
    lines, before = text.split("\n"), set(normalise(known).split("\n"))
    found = check_leak(without_form(text, settings.report), find_private_terms(diary, settings), settings)
    return [one for one in found if one.line is None or lines[one.line - 1] not in before]


def main() -> None:
    """The program; its settings are the sections ``privacy`` and ``report``."""
    asked = json.loads(sys.stdin.buffer.read())
    privacy, report = (asked["settings"][name] for name in ("privacy", "report"))
    settings = CheckSettings(PrivacySettings.model_validate(privacy), ReportSettings.model_validate(report))
    found = flagged_leaks(asked["report"], asked["diary"], settings, asked["known"])
    sys.stdout.write(json.dumps([[one.line, one.message] for one in found]))


if __name__ == "__main__":
    main()
