"""The time zone of this machine, also where its setting is none that Python's calendars know."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, tzinfo

from daemon.words import tr


@dataclass(frozen=True)
class LocalZone:
    """``zone`` can be reckoned with; ``trouble`` says why it is only the present difference from UTC, "" where it is
    the machine's own zone with its summer time."""

    zone: tzinfo
    trouble: str = ""


def local_time(moment: datetime | str) -> str:
    """A moment, or its ISO form with a zone, as the clock on this machine's wall shows it: "2026-12-06 03:00"."""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{found.astimezone():%Y-%m-%d %H:%M}"


def local_zone() -> LocalZone:
    """The machine's zone as APScheduler finds it: by ``TZ``, else by the system's settings. What it cannot use, such as
    ``TZ=JST-9``, still gives the system its local time, and so the difference that holds now."""
    from apscheduler.triggers.cron import CronTrigger

    try:
        zone: tzinfo = CronTrigger(hour=0).timezone
    except Exception as problem:  # a zone's name, a damaged file, a name of another program's: each has its own class
        now = datetime.now().astimezone()
        setting = os.environ.get("TZ")
        what = f"TZ={setting!r}" if setting else tr("the system's setting ({kind})", kind=type(problem).__name__)
        used = now.strftime("UTC%z")
        assert now.tzinfo is not None
        return LocalZone(
            now.tzinfo,
            tr("{what} names no time zone; times are reckoned at {used}, without summer time", what=what, used=used),
        )
    return LocalZone(zone)
