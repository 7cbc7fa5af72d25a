"""Daily-note formats as people have them in Obsidian."""

from __future__ import annotations

import contextlib
import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        ("/YYYY/MM MMMM/YYYY-MM-DD", "2026/01 January/2026-01-07"),
        ("YYYY//MM/YYYY-MM-DD/", "2026/01/2026-01-07"),
        ("DMMMMYYYY", "7January2026"),
        ("DMMMMYYYY", "71月2026"),
        ("YYYY-MM-DD[.md]", "2026-01-07"),
        ("YYYY-MM-DD.md", "2026-01-07"),
        ("YYYY-MM-DD dddd", "2026-01-07 thứ tư"),
        ("YYYY-MM-DD dddd", "2026-01-07 बुधबार"),
        ("YYYY-MM-DD dddd", "၂၀၂၆-၀၁-၀၇ ဗုဒ္ဓဟူး"),
        ("YYYY/MM-MMMM/DD", "2026/01-มกราคม/07"),
        ("YYYY-MM-MMMM-DD", "2026-01-1월-07"),
        ("YYYY-MM-MMMM-DD", "2026-01-Jänner-07"),
        ("[[]YYYY-MM-DD", "[2026-01-07"),
        (r"\[YYYY-MM-DD\]", "[2026-01-07]"),
        (r"\YYYY YYYY-MM-DD", "YYYY 2026-01-07"),
        ("yyyy-MM-DD", "2026-01-07"),
        ("D MMM YYYY", "7 Jan. 2026"),
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


@pytest.mark.parametrize(
    ("text", "name", "day"),
    [
        ("DMMMMYYYY", "312月2026", date(2026, 12, 3)),  # the 31st of February is none
        ("ddddDMMMMYYYY", "水曜日111月2028", date(2028, 11, 1)),
        ("ddddDMMMMYYYY", "火曜日111月2028", date(2028, 1, 11)),
        ("dddd D MMMM YYYY", "czwartek 1 listopada 2029", date(2029, 11, 1)),
        ("dddd D MMMM YYYY", "ponedjeljak 1 listopada 2029", date(2029, 10, 1)),
    ],
)
def test_of_several_readings_the_calendar_and_the_weekday_choose(text: str, name: str, day: date) -> None:
    assert compile_format(text).read(name) == day


@pytest.mark.parametrize(
    ("text", "depth"), [("YYYY-MM-DD", 0), ("/YYYY//MM/YYYY-MM-DD/", 2), ("[a/b]/YYYY-MM-DD", 2), (r"YYYY\/MM-DD", 1)]
)
def test_the_folders_of_a_format_are_counted(text: str, depth: int) -> None:
    assert compile_format(text).depth == depth


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


TOKEN = st.sampled_from(
    ["YYYY", "YY", "M", "MM", "Mo", "MMM", "MMMM", "D", "DD", "Do", "DDDD", "dd", "ddd", "dddd", "w", "WW", "E", "GGGG",
     "A", "HH", "/", "//", "-", " ", ".", ".md", "[a]", "[", "]", "\\", "L", "日", "é", "\u0301", "N", "Z", "x"]
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.lists(TOKEN, max_size=12).map("".join), st.text(alphabet="0123456789年月日/- .aJun火水\u0301٣१", max_size=40))
def test_odd_formats_and_names_give_a_day_or_words_for_a_person(text: str, name: str) -> None:
    try:
        compiled = compile_format(f"YYYY-MM-DD{text}")
    except UsageError as problem:
        assert problem.next_step
        return
    assert compiled.depth >= 0
    with contextlib.suppress(ImpossibleDate):
        assert compiled.read(name) is None or isinstance(compiled.read(name), date)


def test_a_long_name_takes_no_time() -> None:
    compiled = compile_format("ddddMMMMddddDMYYYYMMMMdddd")
    began = time.process_time()
    for name in ("a" * 255, "1" * 255, "日" * 85, "monday" * 40, "111月" * 40):
        assert compiled.read(name) is None
    assert time.process_time() - began < 3
