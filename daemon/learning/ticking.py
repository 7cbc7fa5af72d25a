"""Ticking a box of a report for its person, as a command does it."""

from __future__ import annotations

from datetime import date

from daemon.errors import UsageError
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout
from daemon.vault.report_note import is_begun, read
from daemon.vault.writer import LARGEST, change_key, report_digest
from daemon.words import tr


def tick(layout: Layout, path: str, day: date, key: str, value: bool) -> None:
    """Set a checkbox of a day's report note, which lies under ``path``, changing only that line. Raises ``UsageError``
    without such a note, and for a tick that accepts what is not written yet."""
    sha = report_digest(layout.file(path))
    if sha is None:
        raise UsageError(
            tr("{path}: there is no report of {day}.", path=path, day=day), tr("Make one: nippo report {day}", day=day)
        )
    if key == "accepted" and value and is_begun(read(read_plain(layout.file(path), LARGEST))):
        raise UsageError(
            tr("The report of {wanted} is not written yet.", wanted=day), tr("`nippo status` says how far it is.")
        )
    change_key(layout.file(path), key, "true" if value else "false", sha)
