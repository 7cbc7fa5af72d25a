"""A time of the week, as ``schedule.retrain`` names it."""

from __future__ import annotations

from daemon.words import tr

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekly_time(value: str) -> tuple[str, int, int]:
    """Given "sun 03:00", return ("sun", 3, 0). Raises ValueError with a readable message."""
    day, _, time = value.strip().lower().partition(" ")
    hour, _, minute = time.strip().partition(":")
    if day in WEEKDAYS and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60:
        return day, int(hour), int(minute)
    raise ValueError(tr('expected a weekday and a time such as "sun 03:00"'))
