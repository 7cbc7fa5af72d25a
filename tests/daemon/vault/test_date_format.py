"""Daily-note formats as people have them in Obsidian."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from daemon.errors import ImpossibleDate, UsageError
from daemon.vault.date_format import compile_format

DAY = date(2026, 1, 7)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("YYYY-MM-DD", "2026-01-07"),
        ("YYYYMMDD", "20260107"),
        ("YYYY/MM/YYYY-MM-DD ddd", "2026/01/2026-01-07 Wed"),
        ("YYYY/MM/YYYY-MM-DD ddd", "2026/01/2026-01-07 水"),
        ("YYYY年MM月DD日", "2026年01月07日"),
        ("YYYY年M月D日(dd)", "2026年1月7日(水)"),
        ("YYYY年M月D日 dddd", "2026年1月7日 水曜日"),
        ("YYYY-MM-DD dddd", "2026-01-07 Mittwoch"),
        ("dddd, MMMM Do YYYY", "Wednesday, January 7th 2026"),
        ("YYYY MMM D", "2026 Jan 7"),
        ("YYYY年MMMMDo", "2026年1月7日"),
        ("YY.M.D", "26.1.7"),
        ("YYYY-DDDD", "2026-007"),
        ("GGGG-[W]WW-E", "2026-W02-3"),
        ("[日記 ]YYYY-MM-DD", "日記 2026-01-07"),
        ("[daily]-YYYY-MM-DD", "daily-2026-01-07"),
        ("YYYY-MM-DD[📓]", "2026-01-07📓"),
        ("YYYY/MM-MMMM/YYYY-MM-DD-dddd", "2026/01-January/2026-01-07-Wednesday"),
        ("YYYY/MM-MMMM/YYYY-MM-DD", "2026/01-Januar/2026-01-07"),
        ("YYYY-MM-DD HHmm", "2026-01-07 2210"),
    ],
)
def test_a_name_in_the_format_gives_its_day(text: str, name: str) -> None:
    assert compile_format(text).read(name) == DAY


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("YYYY-MM-DD", "2026-1-7"),
        ("YYYY-MM-DD", "2026-01-07 copy"),
        ("YYYY-MM-DD", "x2026-01-07"),
        ("YYYY/MM/YYYY-MM-DD", "2026/02/2026-01-07"),
        ("YYYY-MM-DD", "２０２６-０１-０７x"),
        ("[daily]-YYYY-MM-DD", "2026-01-07"),
    ],
)
def test_another_name_is_no_diary(text: str, name: str) -> None:
    assert compile_format(text).read(name) is None


def test_decomposed_names_are_read_like_composed_ones() -> None:
    name = unicodedata.normalize("NFD", "デイリー 2026-01-07")
    assert name != "デイリー 2026-01-07"
    assert compile_format("[デイリー] YYYY-MM-DD").read(name) == DAY


@pytest.mark.parametrize("name", ["2026-02-30", "2026-13-01", "2025-02-29", "0000-01-01"])
def test_a_day_that_the_calendar_lacks_is_told_apart(name: str) -> None:
    with pytest.raises(ImpossibleDate):
        compile_format("YYYY-MM-DD").read(name)


def test_day_366_of_a_short_year_does_not_exist() -> None:
    with pytest.raises(ImpossibleDate):
        compile_format("YYYY-DDDD").read("2026-366")


@pytest.mark.parametrize("text", ["YYYY-MM", "LL", "[YYYY-MM-DD]", "gggg-[W]ww", "ddd"])
def test_a_format_that_names_no_single_day_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        compile_format(text)
    assert text in caught.value.what
    assert "diary_format" in caught.value.next_step
