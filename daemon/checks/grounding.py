"""The grounding check: numbers, Latin and katakana terms of the report occur in the diary, aliases allowed; and no
character that only Chinese writes."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from daemon.checks.aliases import GENERIC, GENERIC_LATIN, groups_of, phrases
from daemon.checks.findings import Finding
from daemon.checks.numbers import diary_values, report_numbers
from daemon.checks.text import KANJI, fold, katakana

LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[+#]{1,2}(?![A-Za-z])|[._/&'-](?=[A-Za-z0-9])[A-Za-z0-9]+)*")
KATAKANA = re.compile(r"[ァ-ヺー]{2,}")
HAN = re.compile(rf"[{KANJI}\ufffd]")
_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_LOOSE = str.maketrans({"ヴ": "ブ", "ヰ": "イ", "ヱ": "エ", "ヲ": "オ", "ヂ": "ジ", "ヅ": "ズ"})
_V = {"ァ": "バ", "ィ": "ビ", "ゥ": "ブ", "ェ": "ベ", "ォ": "ボ", "ャ": "ビャ", "ュ": "ビュ", "ョ": "ビョ"}
_V_AND_VOWEL = re.compile(f"ヴ([{''.join(_V)}])")
_TOLERATED_NUMBERS = frozenset({Decimal(1), Decimal(2)})


def loose(text: str) -> str:
    """A key that forgives long vowels, middle dots, small kana, ヴ and kana type: サーバー = さーば, ヴァ = バ."""
    return (
        _V_AND_VOWEL.sub(lambda match: _V[match[1]], katakana(text))
        .translate(_LOOSE)
        .translate(_SMALL)
        .replace("ー", "")
        .replace("・", "")
        .lower()
    )


class DiaryFacts:
    """What a normalised diary gives for grounding; made once for a diary."""

    def __init__(self, diary: str) -> None:
        self.folded = fold(diary)
        self.loose = loose(diary)
        self.compact = re.sub(r"[\s_./&'-]+", "", self.folded)
        self.values = diary_values(diary)

    def holds_latin(self, term: str) -> bool:
        key = fold(term)
        if key in GENERIC_LATIN or key in self.folded or re.sub(r"[\s_./&'-]+", "", key) in self.compact:
            return True
        if any(self.holds(other) for other in groups_of(term)):
            return True
        numbered = re.fullmatch(r"([a-z]{2,})(\d+)", key)
        if numbered and self.holds_latin(numbered[1]) and Decimal(numbered[2]) in self.values:
            return True
        parts = [part for part in re.split(r"[._/&'-]+", key) if part]
        return len(parts) > 1 and all(part in self.folded or any(map(self.holds, groups_of(part))) for part in parts)

    def holds_katakana(self, term: str) -> bool:
        key = loose(term)
        if not key or key in self.loose or any(self.holds(other) for other in groups_of(term)):
            return True
        return self._compound(term)

    def _compound(self, term: str) -> bool:
        """Whether the term is made of pieces that the diary holds, or of words that any report may use."""
        size = len(term)
        reach = [True, *[False] * size]
        for end in range(1, size + 1):
            for start in range(max(0, end - 14), end - 1):
                piece = term[start:end]
                if reach[start] and not reach[end] and piece[0] not in "ーッャュョァィゥェォン":
                    reach[end] = (
                        piece in GENERIC
                        or (len(piece) >= 2 and loose(piece) in self.loose and len(loose(piece)) >= 2)
                        or any(map(self.holds, groups_of(piece)))
                    )
        return reach[size]

    def holds(self, term: str) -> bool:
        """Whether the diary holds a term in this very form, long vowels and width apart."""
        key = fold(term)
        if key.isascii():
            return re.search(rf"(?<![a-z0-9]){re.escape(key)}(?![a-z])", self.folded) is not None
        return loose(term) in self.loose

    def holds_number(self, value: Decimal) -> bool:
        return value in self.values or value in _TOLERATED_NUMBERS


def foreign_characters(text: str, diary: str) -> list[str]:
    """Characters that no Japanese text has (not in Windows-31J, so simplified Chinese for one) and the diary neither,
    in order, each once. A model that learned from Chinese text slips into them."""
    found = dict.fromkeys(HAN.findall(text))
    return [character for character in found if character not in diary and not _japanese(character)]


def _japanese(character: str) -> bool:
    try:
        return bool(character.encode("cp932"))
    except UnicodeEncodeError:
        return False


@lru_cache(maxsize=8)
def evidence(diary: str) -> DiaryFacts:
    return DiaryFacts(diary)


def check_grounded(report: str, diary: str, tolerated: str = "") -> list[Finding]:
    """Given a normalised report and diary, return one finding for each invented term. ``tolerated`` is text of the
    form itself (lead line, closing), whose terms need no evidence."""
    known = evidence(diary)
    form = DiaryFacts(tolerated) if tolerated else None
    findings: list[Finding] = []
    for number, line in enumerate(report.split("\n"), start=1):
        seen: set[str] = set()
        spoken = phrases().sub(
            lambda match: " " * len(match.group()) if known.holds_latin(match.group()) else match.group(), line
        )
        for match in LATIN.finditer(spoken):
            term = match.group()
            if not known.holds_latin(term) and not (form and form.holds_latin(term)) and fold(term) not in seen:
                seen.add(fold(term))
                findings.append(Finding("grounded", number, term, f"日記にない語「{term}」があります。"))
        for match in KATAKANA.finditer(line):
            term = match.group()
            if term not in seen and not known.holds_katakana(term) and not (form and form.holds_katakana(term)):
                seen.add(term)
                findings.append(Finding("grounded", number, term, f"日記にない語「{term}」があります。"))
        for start, end, value in report_numbers(line):
            term = line[start:end]
            if not known.holds_number(value) and not (form and form.holds_number(value)) and term not in seen:
                seen.add(term)
                findings.append(Finding("grounded", number, term, f"日記にない数「{term}」があります。"))
        for character in foreign_characters(line, diary):
            message = f"日本語で使わない文字「{character}」があります。"
            findings.append(Finding("grounded", number, character, message))
    return findings
