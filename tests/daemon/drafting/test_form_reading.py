"""Forms as they are met: what is read off one report, and what of its day is not."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.checks.school_form import header_lines, is_header
from daemon.checks.text import normalise
from daemon.config.report_form import ReportSettings
from daemon.drafting.form_reading import read_form
from daemon.errors import UsageError

DEED = "HTMLの授業で、フォームの部品を学びました。"
PLAN = "CSSを復習したいと考えています。"


def form(*lines: str) -> ReportSettings:
    return read_form("\n".join(lines), ReportSettings())


def test_numbered_titles_and_indented_marks() -> None:
    found = form("令和8年11月25日（水）", "情報処理科　1年　田中 次郎", "", "１．本日の学習内容", f"　・{DEED}",
                 "２．感想・反省", "　眠かった。", "３．明日の目標", f"　・{PLAN}")  # fmt: skip
    assert found.header == ("令和{R}年{M}月{D}日（{ddd}）", "情報処理科　1年　田中 次郎")
    assert found.bullet == "　・" and not found.section_gap
    assert [one.title for one in found.sections] == ["１．本日の学習内容", "２．感想・反省", "３．明日の目標"]


def test_bold_titles_and_nothing_to_tell() -> None:
    found = form("**日報**", "日付：2026/11/25", "**学習内容**", f"- {DEED}", "", "**課題**", "- 特になし")
    assert found.sections[1].title == "**課題**" and found.sections[1].empty == "- 特になし"
    assert found.style == "desu-masu"


def test_titles_that_stand_alone() -> None:
    found = form(
        "学習内容", "・フォームの部品を学んだ。", "", "所感", "眠かった。", "", "明日の予定", "・CSSを復習する。"
    )
    assert [(one.title, one.take) for one in found.sections] == [
        ("学習内容", ("lesson", "rest")),
        ("所感", ()),
        ("明日の予定", ("plan",)),
    ]
    assert found.style == "de-aru"


def test_nippo_s_own_form_needs_no_sections() -> None:
    own = ReportSettings()
    assert form(own.lead, "", f"* {DEED}", "", f"今後は、{PLAN}") == own


def test_a_letter_with_running_text() -> None:
    greeting = ("お疲れ様です。3組の田中です。", "11月25日の日報をお送りします。", "")
    told = ("<学習内容>", f"{DEED}次に、課題を提出しました。", "", "<明日やること>", PLAN, "")
    found = form(*greeting, *told, "よろしくお願いいたします。", "田中")
    assert found.header[1] == "{M}月{D}日の日報をお送りします。" and found.lead == ""
    assert found.sections[0].layout == "paragraph"
    assert found.sections[-1].text == "よろしくお願いいたします。\n田中"


def test_nothing_but_running_text() -> None:
    found = form("日報（11/25）", "", f"本日は{DEED}課題を提出しました。")
    assert found.header == ("日報（{M}/{D}）",)
    assert [(one.take, one.layout) for one in found.sections] == [(("rest",), "paragraph")]


def test_the_weather_of_that_day_is_not_of_the_form() -> None:
    found = form("訓練日　令和 8 年 11 月 5 日　天候　晴れ", "氏名　田中", "訓練内容", f"・{DEED}")
    assert header_lines(found, date(2026, 12, 1))[0] == "訓練日　令和 8 年 12 月 1 日　天候"
    for filled in ("　雨", ""):
        assert is_header(normalise(f"訓練日　令和 8 年 12 月 1 日　天候{filled}"), found.header)


def test_a_second_part_for_lessons_is_left_for_the_person() -> None:
    found = form("■学習内容", f"・{DEED}", "■授業の内容", "・CSS。")
    assert [one.take for one in found.sections] == [("lesson", "rest"), ()]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("2026年1月7日(水)", "{YYYY}年{M}月{D}日({ddd})"),
        ("2026年01月07日 水曜日", "{YYYY}年{MM}月{DD}日 {ddd}曜日"),
        ("日付 2026/01/07", "日付 {YYYY}/{MM}/{DD}"),
        ("提出日: 2026.1.7", "提出日: {YYYY}.{MM}.{DD}"),
        ("R8.1.7", "R{R}.{MM}.{DD}"),
        ("日報 1月7日", "日報 {M}月{D}日"),
    ],
)
def test_a_date_becomes_tokens(line: str, wanted: str) -> None:
    found = form(line, "", "■学習内容", f"・{DEED}")
    assert found.header == (wanted,)


def test_a_text_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="no report"):
        form(*(f"{number}行目" for number in range(20)), "■学習内容", f"・{DEED}")


def test_the_first_year_of_an_era() -> None:
    report = ReportSettings(header=("令和{R}年",))
    assert header_lines(report, date(2019, 6, 1)) == ["令和元年"] and is_header("令和元年", report.header)
