"""Which week or month is over."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from daemon.summaries.periods import month_of, over, week_of


@pytest.mark.parametrize(
    ("day", "name", "first", "last"),
    [
        ("2026-11-26", "2026-W48", "2026-11-23", "2026-11-29"),
        ("2026-11-29", "2026-W48", "2026-11-23", "2026-11-29"),
        ("2027-01-02", "2026-W53", "2026-12-28", "2027-01-03"),
        ("2024-12-30", "2025-W01", "2024-12-30", "2025-01-05"),
    ],
)
def test_a_week_has_its_iso_number(day: str, name: str, first: str, last: str) -> None:
    found = week_of(date.fromisoformat(day))
    assert (found.name, str(found.first), str(found.last)) == (name, first, last)


def test_a_month_ends_where_the_calendar_says() -> None:
    found = month_of(date(2028, 2, 5))
    assert (found.name, str(found.first), str(found.last)) == ("2028-02", "2028-02-01", "2028-02-29")


@pytest.mark.parametrize(
    ("now", "names"),
    [
        ("2026-11-29 19:59", ["2026-W47", "2026-10"]),
        ("2026-11-29 20:00", ["2026-W47", "2026-W48", "2026-10"]),
        ("2026-11-30 00:10", ["2026-W48", "2026-10"]),
        ("2026-11-30 21:00", ["2026-W48", "2026-10", "2026-11"]),
        ("2026-12-01 08:00", ["2026-W48", "2026-11"]),
    ],
)
def test_what_is_due(now: str, names: list[str]) -> None:
    assert [one.name for one in over(["week", "month"], datetime.fromisoformat(now))] == names


def test_nothing_is_due_that_nobody_wants() -> None:
    assert over([], datetime(2026, 11, 29, 22)) == []
