"""When the weekly training is due, with how many pairs. Pure: settings, clock and what is remembered in, a plan out.

The last slot that was dealt with is kept in the database, so a run missed because the machine was off is made up at the
next start, once however many were missed. A clock that was set back never repeats a slot; one that was far ahead and
has been set right starts afresh.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from daemon.config import ScheduleSettings
from daemon.config.weekly_time import weekly_time
from daemon.system.clock import local_zone

WEEK = timedelta(days=7)
FOR_A_VERDICT = 8
"""Fewer pairs in all, learned and held out, and a run can only abstain."""
CHANGED_FOR_A_VERDICT = 5
"""Of them so many must show what their person did to the draft: by nothing else two versions are compared. A one-sided
paired Wilcoxon test on 5 pairs can reach p = 1/32, on fewer it cannot reach 0.05 at all."""


@dataclass(frozen=True)
class Plan:
    """``slot``: the slot to be dealt with now, None when nothing is due. ``next_run``: when the next one is due, None
    when the schedule is off. ``last_slot``: what is to be remembered."""

    slot: datetime | None
    next_run: datetime | None
    last_slot: datetime


def plan(
    settings: ScheduleSettings, now: datetime, last_slot: datetime | None, zone: tzinfo | None = None, salt: str = ""
) -> Plan:
    """Given the settings, the time (with zone), the last slot that was dealt with (None: never), return the plan.

    ``zone`` is the local time zone (``daemon.system.clock``) by default; ``salt`` varies the jitter between machines.
    """
    now = now.astimezone(UTC)
    if last_slot is None or last_slot > now + WEEK:
        last_slot = now
    if not settings.retrain:
        return Plan(None, None, last_slot)
    trigger = weekly_trigger(settings, zone)
    upcoming = _next(trigger, last_slot)
    latest: datetime | None = None
    while upcoming + jitter(settings, upcoming, salt) <= now:
        latest = upcoming
        # Many weeks off: the older slots are not walked through one by one.
        upcoming = _next(trigger, max(upcoming, now - WEEK - timedelta(days=1)))
    if latest is not None:
        return Plan(latest, upcoming + jitter(settings, upcoming, salt), latest)
    return Plan(None, upcoming + jitter(settings, upcoming, salt), last_slot)


def pairs_needed(settings: ScheduleSettings, seen: int) -> int:
    """Given the settings and how many pairs earlier runs have seen, return how many new ones the schedule waits for."""
    return max(settings.min_new_pairs, FOR_A_VERDICT - seen)


def weekly_trigger(settings: ScheduleSettings, zone: tzinfo | None = None) -> Any:
    """APScheduler's cron trigger for the weekday and time; it knows about summer time."""
    from apscheduler.triggers.cron import CronTrigger

    day, hour, minute = weekly_time(settings.retrain)
    return CronTrigger(day_of_week=day, hour=hour, minute=minute, timezone=zone or local_zone().zone)


def jitter(settings: ScheduleSettings, slot: datetime, salt: str) -> timedelta:
    """A delay within ``jitter_minutes``, the same for the same slot, so that a restart does not draw again."""
    share = int.from_bytes(hashlib.sha256(f"{salt} {slot.isoformat()}".encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=round(share * settings.jitter_minutes * 60))


def _next(trigger: Any, after: datetime) -> datetime:
    """The first slot later than ``after``, in UTC: arithmetic in a zone with summer time would be on wall clocks.

    An hour that comes twice in autumn gives one slot; one that summer time skips is not found again and again.
    """
    after = after.astimezone(UTC)
    step = timedelta(microseconds=1)
    while True:
        found: datetime = trigger.get_next_fire_time(None, after + step)
        if found.astimezone(UTC) > after and _wall(found) != _wall(after.astimezone(trigger.timezone)):
            return found.astimezone(UTC)
        step += timedelta(hours=1)


def _wall(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, fold=0)
