"""Numbers of a text as values: 300, 3百, 三百, 2万4千, 1時間半, 8割."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from daemon.checks.text import KANJI

_DIGITS = {**{c: i for i, c in enumerate("〇一二三四五六七八九")}, "零": 0, "両": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "億": 100_000_000}
_FORMAL = str.maketrans(
    {
        **dict(zip("壱壹弐貳参參肆伍陸漆捌玖拾佰阡仟萬", "一一二二三三四五六七八九十百千千万", strict=True)),
        **{"廿": "二十", "卅": "三十", "丗": "三十", "卌": "四十"},
    }
)
_FORMAL_RUN = re.compile(
    "[〇零一二三四五六七八九十百千万億壱壹弐貳参參肆伍陸漆捌玖拾佰阡仟萬廿卅丗卌]{2,}|[壱壹弐貳廿卅丗卌]"
)
"""Numerals of contracts and calendars (壱拾, 廿日). 参, 陸 and 拾 alone are other words (参加, 陸上, 拾う)."""
_ARABIC = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_MIXED = re.compile(
    r"(?<![\d,])(?:\d[\d,]{0,24}(?:\.\d{1,9})?[千百]?|[一二三四五六七八九十百千]{1,7})[万億]"
    r"(?:\d[\d,]{0,12}千?|[一二三四五六七八九十百千]{1,7})?|(?<!\d)\d{1,12}[百千]"
)
_KANJI = re.compile(r"[〇零一二三四五六七八九十百千万億]{1,12}")
_ONES = dict(
    zip(
        ["ひとつ", "ふたつ", "みっつ", "よっつ", "いつつ", "むっつ", "ななつ", "やっつ", "ここのつ"],
        range(1, 10),
        strict=True,
    )
)
_OTHERS = {"ひとり": 1, "ふたり": 2, "両方": 2, "片方": 1, "ワンコマ": 1, "ダース": 12, "ゼロ": 0, "ダブル": 2}
_NATIVE: dict[str, int | Decimal] = {**_ONES, **_OTHERS, "半": Decimal("0.5")}
COUNTERS = (
    "問|件|回|個|本|枚|冊|人|名|台|点|割|分|秒|時間|時|日間|日|週間|週|か月|ヶ月|カ月|月|年|章|節|項|ページ|頁|行|列|桁|文字|字|語|単語|つ|種類|種|"
    "通り|通|社|コマ|限|限目|時間目|科目|教科|ステップ|段階|段|層|倍|歩|着|位|級|票|箇所|か所|カ所|ヶ所|ケース|パターン|ファイル|クラス|画面|機能|円|度|"
    "番|番目|号|巻|部|組|班|チーム|セット|周|往復|キロ|メートル|グラム|進数|進法|次元|項目|条件|題|例|曲|話|杯|匹"
)
_KANJI_COUNTED = re.compile(rf"(?<![{KANJI}])([〇零一二三四五六七八九十百千万壱弐参拾廿卅]{{1,9}})(?=(?:{COUNTERS}))")
_WORDS = re.compile(
    r"一(?:部|覧|般|致|時|度|連|通り|番|定|貫|括|切|方|緒|次|応|環|意|因|端|層|人|日|つ)|二(?:分|重|進|次|段|者)|三(?:角|項|者|平)|四(?:則|捨)|十(?:分|進|六進)|八進|第[一二三四五]|万(?:一|が一)|千差|百聞"
)


_LONGEST = 30


def kanji_value(text: str) -> int | None:
    """Given kanji numerals (三百二十, 二〇二五, 一万二千, 壱拾), return the value, or None."""
    if not text:
        return None
    text = text.translate(_FORMAL)
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            digit = digit * 10 + _DIGITS[c]
        elif c in _UNITS:
            section += (digit or 1) * _UNITS[c]
            digit = 0
        elif c in _LARGE:
            total += (section + digit or 1) * _LARGE[c]
            section = digit = 0
        else:
            return None
    return total + section + digit


def _plain(text: str) -> Decimal | None:
    if len(text) > _LONGEST:
        return None  # a key or a hash, not a number
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def _part(text: str) -> Decimal | None:
    """Arabic or kanji numerals with 百 and 千, without 万."""
    match = re.fullmatch(r"(\d[\d,]{0,24}(?:\.\d{1,9})?)([百千]?)", text)
    if match:
        value = _plain(match[1])
        return value * _UNITS.get(match[2], 1) if value is not None else None
    value_of = kanji_value(text)
    return Decimal(value_of) if value_of is not None else None


def _mixed(text: str) -> Decimal | None:
    for unit, factor in (("億", 100_000_000), ("万", 10_000)):
        head, mark, tail = text.partition(unit)
        if mark:
            high, low = _part(head), _part(tail) if tail else Decimal(0)
            return None if high is None or low is None else high * factor + low
    return _part(text)


def diary_values(text: str) -> set[Decimal]:
    """Every value that a normalised diary can be said to hold: generous, it is evidence."""
    values: set[Decimal] = set()
    plain = _FORMAL_RUN.sub(lambda match: match.group().translate(_FORMAL), text)
    if plain != text:
        text = f"{text}\n{plain}"

    def add(value: Decimal | int | None) -> None:
        if value is not None:
            values.add(Decimal(value))

    for match in _ARABIC.finditer(text):
        add(_plain(match.group()))
        if "," not in match.group():
            for piece in match.group().split("."):
                add(_plain(piece))
    for match in _MIXED.finditer(text):
        add(_mixed(match.group()))
    for match in _KANJI.finditer(text):
        add(kanji_value(match.group()))
        for character in match.group():
            add(_DIGITS.get(character) if character in _DIGITS else _UNITS.get(character))
    for word, value in _NATIVE.items():
        if word in text:
            add(value)
    for match in re.finditer(
        r"((?<!\d)\d{1,12}(?:\.\d{1,6})?|[一二三四五六七八九十]{1,3})(割|時間|分|時|日|週間?|か月|ヶ月|年|コマ|ダース)(半|弱|強)?(?:(\d{1,2})分)?",
        text,
    ):
        count = _part(match[1])
        if count is None:
            continue
        if match[2] == "割":
            add(count * 10)
        if match[2] == "時間":
            minutes = count * 60 + (Decimal(match[4]) if match[4] else 0) + (30 if match[3] == "半" else 0)
            add(minutes)
            add((minutes / 60).quantize(Decimal("0.1")).normalize())
        if match[2] == "分" and count >= 60:
            add(count // 60)
            add(count % 60)
            add((count / 60).normalize())
        if match[2] == "時" and count <= 12:
            add(count + 12)
        if match[2] == "時" and count > 12:
            add(count - 12)
        if match[3] == "半":
            add(count + Decimal("0.5"))
            add(30)
    for match in re.finditer(r"(?<!\d)(\d{1,12})%", text):
        add(Decimal(match[1]) / 10)
    return values


_AMOUNT = re.compile(rf"(?:{_ARABIC.pattern})(?:{COUNTERS})")


def amounts(text: str) -> frozenset[str]:
    """The numbers of a normalised text that have a counter, each with it: 5時間, 14問."""
    return frozenset(_AMOUNT.findall(text))


def report_numbers(text: str) -> list[tuple[int, int, Decimal]]:
    """The numbers that a normalised report states: (start, end, value). Kanji numerals only before a counter."""
    found: list[tuple[int, int, Decimal]] = []
    taken = 0
    for match in re.finditer(rf"{_MIXED.pattern}|{_ARABIC.pattern}", text):
        before = text[match.start() - 1 : match.start()]
        if before.isascii() and (before.isalpha() or before in ("_", "-", ".", "/")) and before:
            continue
        value = _mixed(match.group()) if re.search("[百千万億]", match.group()) else _plain(match.group())
        if value is not None and match.start() >= taken:
            found.append((match.start(), match.end(), value))
            taken = match.end()
    for match in _KANJI_COUNTED.finditer(text):
        if any(start < match.end() and match.start() < end for start, end, _ in found) or _WORDS.match(
            text, match.start()
        ):
            continue
        number = kanji_value(match.group(1))
        if number is not None:
            found.append((match.start(), match.end(1), Decimal(number)))
    return sorted(found)
