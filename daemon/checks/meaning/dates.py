"""The day of a plan (明日, 金曜, 12/8 …)."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage
from daemon.checks.text import KANJI

_DAY = re.compile(
    r"明日|今夜|今晩|今週末|週末|再来週|来週|来月|来年|次回|放課後|[月火水木金土日]曜|\d{1,2}/\d{1,2}|\d{1,2}月\d{1,2}日|"
    r"(?<![\d/月])\d{1,2}日(?![間目])|今週|夏休み|冬休み|春休み"
)
_SAME = {
    "明日": r"明日|あした|あす|tomorrow|アシタ|翌日|翌朝|明朝|みょうにち",
    "今夜": r"今夜|今晩|夜|寝る前|このあと|これから|今日|tonight|帰って|家で|うちで",
    "週末": r"週末|土日|土曜|日曜|[(/、]土|[(/、]日|weekend",
    "来週": r"来週|らいしゅう|次週|再来週|翌週|next week|来る週|らいげつ|来月|\d{1,2}[/月日]|曜",
    "次回": r"次|つぎ|じかい|next",
    "来月": r"来月|らいげつ|\d{1,2}月|翌月",
    "来年": r"来年|翌年|年明け|[1-4]月|春",
    "今週": r"今週|今週末|週末|こんしゅう|曜",
    "放課後": r"放課後|授業のあと|終わったら",
}
_SAME["今晩"] = _SAME["今夜"]
_SAME["今週末"] = _SAME["週末"]
_SAME["再来週"] = r"再来週|さらいしゅう"
_WEEKDAY = {"月": "mon", "火": "tue", "水": "wed", "木": "thu", "金": "fri", "土": "sat", "日": "sun"}


def _pattern(day: str) -> str:
    """A regular expression for the ways in which a diary may name a day of a line."""
    if day.endswith("曜"):
        name = day[0]
        alone = rf"(?<![{KANJI}\d])[{name}](?![{KANJI}])|(?<=[月火水木金土日]){name}|{name}(?:まで|に|の\d限)"
        return rf"{name}(?:曜|よう)|{_WEEKDAY[name]}|{alone}"
    if day[0].isdigit():
        return r"0?" + r"\D{1,2}0?".join(re.findall(r"\d+", day)) + r"(?!\d)"
    return _SAME.get(day, re.escape(day))


def _lacks(passage: Passage, text: str) -> bool:
    lowered = text.lower()
    return any(not re.search(_pattern(day), lowered) for day in _DAY.findall(passage.line))


def date(passage: Passage) -> str | None:
    """Given a plan line, return a message if it names a day that the diary does not know."""
    if passage.is_plan and _lacks(passage, passage.diary):
        return "日記にない日付や曜日が予定に書かれています。"
    return None


def far_date(passage: Passage) -> str | None:
    """Given a plan line, return a message if its day stands elsewhere in the diary, not about the sentence."""
    if passage.is_plan and _lacks(passage, passage.around(120, 60)) and not _lacks(passage, passage.diary):
        return "予定の日付が、もとの文のそばにありません。"
    return None
