"""A line that was left out, put in with one click: at its place, and nothing else in the body moves."""

from __future__ import annotations

import pytest

from daemon.config.report_form import ReportSettings
from daemon.drafting.evidence import left_out
from daemon.drafting.put_in import put_in
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.drafting.repair import PLACEHOLDER

DEFAULT = ReportSettings()
KEPT = (False, True, False, True, False, False, False)
TOLD = (
    "* HTMLの表を作りました。",
    "* Javaの配列を学びました。",
    "* SQLの結合を試しました。",
    "* DNSの設定を直しました。",
    "* Dockerを起動しました。",
    "今後は、小テストに備えたいと考えています。",
    "今後は、図書館で復習したいと考えています。",
)
RECORD = DayRecord(
    "k",
    tuple(
        SentenceRecord(f"文{at}。", 1 + at // 2, 0, 9, 0.1, (LineRecord(text, 0.9 if kept else 0.6, kept),))
        for at, (text, kept) in enumerate(zip(TOLD, KEPT, strict=True))
    ),
)
BODY = f"{DEFAULT.lead}\n\n{TOLD[1]}\n{TOLD[3]}"


def add(body: str, *places: int, report: ReportSettings = DEFAULT) -> str:
    """The body after a click on the lines of these sentences, one after the other."""
    for at in places:
        chosen = next(one for one in left_out(RECORD, body, report) if one.sentence == f"文{at}。")
        body = put_in(body, chosen, RECORD, report)
    return body


@pytest.mark.parametrize("order", [(0, 2, 4), (4, 2, 0), (2, 0, 4)])
def test_deeds_find_their_place_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    assert add(BODY, *order) == "\n".join([DEFAULT.lead, "", *TOLD[:5]])
    assert left_out(RECORD, add(BODY, *order, 5, 6), DEFAULT) == ()


def test_what_a_person_wrote_stays_and_what_is_indented_goes_with_its_bullet() -> None:
    mine = f"{DEFAULT.lead}\n\n* 自分の行。\n{TOLD[1]}\n  - 添字も。\n* ほかの行。\n\n今後は、がんばります\n\n"
    added = add(mine, 2, 0, 5)
    lines = added.split("\n")
    assert lines[2:8] == ["* 自分の行。", TOLD[0], TOLD[1], "  - 添字も。", TOLD[2], "* ほかの行。"]
    assert lines[9] == "今後は、がんばります。また、小テストに備えたいと考えています。"
    assert set(mine.split("\n")) - set(lines) == {"今後は、がんばります"}


def test_a_plan_makes_the_closing_and_a_second_joins_it() -> None:
    once = add(BODY, 5)
    assert once == f"{BODY}\n\n{TOLD[5]}"
    assert add(once, 6) == f"{once}また、図書館で復習したいと考えています。"


@pytest.mark.parametrize("body", [DEFAULT.no_study, PLACEHOLDER, ""])
def test_a_deed_takes_the_place_of_a_report_of_nothing(body: str) -> None:
    assert add(body, 2, 0) == f"{DEFAULT.lead}\n\n{TOLD[0]}\n{TOLD[2]}"


def test_without_bullets_a_deed_stands_before_the_closing() -> None:
    closing = "今後は、がんばります。"
    assert add(f"{DEFAULT.lead}\n\n{closing}", 2) == f"{DEFAULT.lead}\n\n{TOLD[2]}\n\n{closing}"
    assert add("本文です。", 2) == f"本文です。\n\n{TOLD[2]}"
    assert add(closing, 2) == f"{TOLD[2]}\n\n{closing}"


def test_the_persons_own_form_is_kept() -> None:
    own = ReportSettings(lead="", bullet="・", closing="次は、", style="de-aru")
    body = add("・Javaの配列を学んだ。\n・DNSの設定を直した。", 0, 2, 5, 6, report=own)
    assert body.split("\n") == [
        "・HTMLの表を作った。",
        "・Javaの配列を学んだ。",
        "・SQLの結合を試した。",
        "・DNSの設定を直した。",
        "",
        "次は、小テストに備えたいと考えている。また、図書館で復習したいと考えている。",
    ]
