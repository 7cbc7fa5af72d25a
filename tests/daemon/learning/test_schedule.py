"""When the weekly training is due: on Sunday night, once after a pause, never twice, in summer time too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import ScheduleSettings
from daemon.learning.ledger import Ledger
from daemon.learning.schedule import FOR_A_VERDICT, Plan, pairs_needed, plan
from daemon.learning.weekly import Teacher
from daemon.store.store import Store
from daemon.system.clock import LocalZone

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
SUNDAY = ScheduleSettings(retrain="sun 03:00", jitter_minutes=0.0)


def at(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def look(now: str, last: str | None, zone: ZoneInfo = TOKYO, settings: ScheduleSettings = SUNDAY) -> Plan:
    return plan(settings, at(now, zone), at(last, zone) if last else None, zone)


@pytest.mark.parametrize(
    ("wanted", "seen", "needed"), [(5, 0, 8), (5, 2, 6), (5, 3, 5), (5, 40, 5), (9, 0, 9), (1, 8, 1)]
)
def test_no_run_begins_before_a_verdict_is_possible(wanted: int, seen: int, needed: int) -> None:
    found = pairs_needed(ScheduleSettings(min_new_pairs=wanted), seen)
    assert found == needed >= wanted and found + seen >= FOR_A_VERDICT


def test_nothing_is_due_at_the_first_start() -> None:
    found = look("2026-11-18T12:00", None)
    assert found.slot is None
    assert found.next_run == at("2026-11-22T03:00")


def test_sunday_night_is_due_and_then_done() -> None:
    found = look("2026-11-22T03:00", "2026-11-18T12:00")
    assert found.slot == at("2026-11-22T03:00") == found.last_slot
    assert found.next_run == at("2026-11-29T03:00")
    assert look("2026-11-22T03:01", "2026-11-22T03:00").slot is None


def test_a_machine_that_was_off_on_sunday_makes_it_up() -> None:
    assert look("2026-11-24T09:00", "2026-11-15T03:00").slot == at("2026-11-22T03:00")


def test_many_missed_weeks_are_one_run() -> None:
    found = look("2026-11-24T09:00", "2024-01-07T03:00")
    assert found.slot == at("2026-11-22T03:00")
    assert look("2026-11-24T09:01", found.last_slot.astimezone(TOKYO).strftime("%Y-%m-%dT%H:%M")).slot is None


def test_a_clock_set_back_does_not_repeat_the_run() -> None:
    """From Sunday 04:00, after the run, back to Saturday: the same Sunday does not come again."""
    assert look("2026-11-21T23:00", "2026-11-22T03:00").slot is None
    assert look("2026-11-22T03:00", "2026-11-22T03:00").slot is None
    assert look("2026-11-29T03:00", "2026-11-22T03:00").slot == at("2026-11-29T03:00")


def test_a_clock_that_was_years_ahead_does_not_silence_the_schedule() -> None:
    found = look("2026-11-18T12:00", "2031-05-04T03:00")
    assert found.slot is None and found.last_slot == at("2026-11-18T12:00")
    assert found.next_run == at("2026-11-22T03:00")


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_summer_time_neither_skips_nor_doubles_a_night(night: str) -> None:
    """02:30 does not exist on 2026-03-29 in Berlin, and comes twice on 2026-10-25."""
    settings = ScheduleSettings(retrain="sun 02:30", jitter_minutes=0.0)
    now = datetime.fromisoformat(night).replace(tzinfo=BERLIN) - timedelta(days=3)
    last, runs = now.astimezone(UTC), 0
    for _ in range(7 * 24 * 2):
        now = (now.astimezone(UTC) + timedelta(minutes=30)).astimezone(BERLIN)
        found = plan(settings, now, last, BERLIN)
        runs += found.slot is not None
        last = found.last_slot
    assert runs == 1


def test_no_schedule_is_never_due() -> None:
    assert look("2026-11-24T09:00", "2020-01-05T03:00", settings=ScheduleSettings(retrain="")).slot is None


@given(st.text(max_size=20), st.integers(0, 200))
def test_jitter_delays_within_its_bounds_and_is_drawn_once(salt: str, week: int) -> None:
    settings = ScheduleSettings(retrain="sun 03:00", jitter_minutes=10.0)
    sunday = at("2026-11-22T03:00") + timedelta(weeks=week)
    before = plan(settings, sunday - timedelta(days=1), sunday - timedelta(days=2), TOKYO, salt)
    assert before.next_run is not None and timedelta(0) <= before.next_run - sunday <= timedelta(minutes=10)
    due = plan(settings, before.next_run, sunday - timedelta(days=2), TOKYO, salt)
    assert due.slot == sunday
    early = plan(settings, before.next_run - timedelta(seconds=1), sunday - timedelta(days=2), TOKYO, salt)
    assert early.slot is None


def test_an_unusable_time_zone_is_said_once_and_the_next_run_is_known(
    make_vault, make_config, tmp_path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr("daemon.learning.weekly.local_zone", lambda: LocalZone(UTC, "TZ='JST-9' names no time zone"))
    with Store.open(tmp_path / "data") as store:
        teacher = Teacher(make_config(make_vault()), store)
        for second in range(3):
            teacher.turn(at("2026-11-18T12:00"), 100.0 + 2 * second)
        assert Ledger(store).schedule.next_run is not None
    assert len([line for line in caplog.messages if "JST-9" in line]) == 1
