"""What a number counts: each number of a line with its unit must stand so in the sentence or beside it."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from daemon.checks.meaning.passage import Passage
from daemon.checks.numbers import COUNTERS, diary_values, report_numbers
from daemon.checks.text import KANJI

_UNIT = re.compile(
    rf"\s?(%|パーセント|px|ms|mm|cm|kg|[GMK]B|fps|dB|kΩ|Ω|Hz|℃|ビット|バイト|行目|問目|枚目|回目|つ目|番目|件目|ページ目|語|words?|{COUNTERS})"
)
_CIRCLED = {chr(0x2460 + at): at + 1 for at in range(20)}
_SCORES = frozenset({"点", "%", "パーセント", "割"})
_KINDS = (
    frozenset({"問", "題"}),
    _SCORES,
    frozenset({"分", "時間", "秒", "時"}),
    frozenset({"行", "列"}),
    frozenset({"ページ", "頁", "章", "節"}),
    frozenset({"人", "名"}),
    frozenset({"枚"}),
    frozenset({"本"}),
    frozenset({"円"}),
    frozenset({"日", "月", "年", "週", "週間", "日間"}),
    frozenset({"語", "words", "word", "単語"}),
    frozenset({"字", "文字"}),
    frozenset({"冊"}),
    frozenset({"社"}),
)
"""Units that count different things; 個, つ, 件, 回 may stand for many and say nothing."""
_WORD_REACH = 24
"""Characters before a number in which the word that it counts may stand."""
_REACHED = re.compile(r"^[問題つ個]?目?(?:まで|で(?:時間|止|寝|力|終|おわ)|解い|やっ|進|挑|こな|手)")


class Amount(NamedTuple):
    value: Decimal
    unit: str
    start: int
    end: int


@lru_cache(maxsize=64)
def amounts(text: str) -> tuple[Amount, ...]:
    """The numbers of a normalised text in order, each with the unit behind it ("" without one)."""
    found = []
    for start, end, value in report_numbers(text):
        unit = _UNIT.match(text, end)
        found.append(Amount(value, unit[1] if unit else "", start, end))
    return tuple(found)


def _kind(unit: str) -> frozenset[str] | None:
    return next((kind for kind in _KINDS if unit in kind), None)


def unit(passage: Passage) -> str | None:
    """Given any line, return a message if a number of it counts another thing in the sentence and its neighbours."""
    told = amounts(passage.near)
    for said in amounts(passage.line):
        kind = _kind(said.unit)
        units = {other.unit for other in told if other.value == said.value}
        if kind is None or not units or None in {_kind(other) for other in units}:
            continue
        if all(other not in kind for other in units):
            return "数が、日記とは別のものの数になっています。"
    return None


def number_twice(passage: Passage) -> str | None:
    """Given any line, return a message if it says a number more often than the sentence and its neighbours do."""
    said = Counter(amount.value for amount in amounts(passage.line))
    told = Counter(amount.value for amount in amounts(passage.near))
    if any(count > 1 and told[value] < count for value, count in said.items()):
        return "同じ数が、日記より多く使われています。"
    return None


def order(passage: Passage) -> str | None:
    """Given any line, return a message if its numbers stand in another order than in the sentence."""
    said = [amount.value for amount in amounts(passage.line)]
    told = [amount.value for amount in amounts(passage.sentence)]
    if passage.is_plan or len(set(said)) < 2 or len(set(told)) != len(told) or any(value not in told for value in said):
        return None
    places = [told.index(value) for value in said]
    return "数の順が日記と違います。" if places != sorted(places) else None


def score(passage: Passage) -> str | None:
    """Given a line with right answers (…問正解), return a message if the diary's number is what was reached, not what
    was right."""
    for said in amounts(passage.line):
        if not re.match(r"(?:問|題|つ|個)?(?:を|が|は|に)?正解", passage.line[said.end :]):
            continue
        places = [told for told in amounts(passage.near) if told.value == said.value]
        behind = [passage.near[told.end : told.end + 10] for told in places]
        if behind and all(_REACHED.match(text) for text in behind):
            return "解いた数や進んだ数が、正解の数として書かれています。"
    return None


def figure(passage: Passage) -> str | None:
    """Given any line, return a message if a number of it stands neither in the sentence nor beside it."""
    said = amounts(passage.line)
    if not said:
        return None
    near = "".join(str(_CIRCLED.get(character, character)) for character in passage.around(60, 60))
    values = diary_values(near)
    if any(amount.value not in values for amount in said):
        return "もとの文とその前後にない数が使われています。"
    return None


def swapped(passage: Passage) -> str | None:
    """Given any line, return a message if a number follows a word that another number follows in the sentence, while
    that sentence has the number behind another word."""
    told = _owners(passage.sentence)
    for value, word in _owners(passage.line):
        words = {other for number, other in told if number == value}
        numbers = {number for number, other in told if other == word}
        if word and words and "" not in words and word not in words and numbers and value not in numbers:
            return "数と、数えているものの組み合わせが日記と違います。"
    return None


def _owners(text: str) -> list[tuple[Decimal, str]]:
    """Each number with the word before it (kanji, katakana or Latin) in its sentence, "" without one."""
    found = []
    for amount in amounts(text):
        head = re.split(r"[。\n]", text[: amount.start])[-1][-_WORD_REACH:]
        words = re.findall(rf"[{KANJI}ァ-ヶー]{{2,}}|[A-Za-z][\w.]*", head)
        found.append((amount.value, words[-1].lower() if words else ""))
    return found
