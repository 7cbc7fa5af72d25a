"""Weeks and months of reports, and which of them are over. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daemon.config import SummaryKind

EVENING = 20
"""From this hour of its last day on a period counts as over."""


@dataclass(frozen=True)
class Period:
    """A span of days, both ends included. ``name``: "2026-W48" (ISO week) or "2026-11"."""

    kind: SummaryKind
    first: date
    last: date
    name: str


def week_of(day: date) -> Period:
    """The ISO week (Monday to Sunday) of a day."""
    year, week, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    return Period("week", first, first + timedelta(days=6), f"{year}-W{week:02d}")


def month_of(day: date) -> Period:
    """The month of a day."""
    last = calendar.monthrange(day.year, day.month)[1]
    return Period("month", day.replace(day=1), day.replace(day=last), f"{day:%Y-%m}")


def over(kinds: Iterable[SummaryKind], now: datetime) -> list[Period]:
    """Given the kinds that are wanted and the local time, return the periods whose note is due: the last one that is
    over, and the present one from the evening of its last day on."""
    today = now.date()
    found: list[Period] = []
    for kind in kinds:
        of = week_of if kind == "week" else month_of
        present = of(today)
        found.append(of(present.first - timedelta(days=1)))
        if today == present.last and now.hour >= EVENING:
            found.append(present)
    return found
