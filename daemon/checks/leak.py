"""The leak check: no private term of the diary stands in the report, not even in another width, case or kana."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from daemon.checks.findings import KINDS, Finding, PrivateTerm
from daemon.checks.lexicon import EXEMPT_PHRASES
from daemon.checks.settings import CheckSettings
from daemon.checks.text import fold, normalise, script
from daemon.checks.tokens import boundaries

_GENERIC_EXEMPT = tuple(fold(normalise(phrase)) for phrase in EXEMPT_PHRASES)
_SECRET_KINDS = ("credential", "email", "phone", "card", "number", "handle", "deny")


_AFTER_WORD = re.compile(
    r"[^ぁ-ゖー]|$|[がはもにとのをへでや]|から|まで|より|って|さん|ちゃん|くん|先輩|さま|など|だけ|です|でし|だっ|だ"
)
"""What may follow a hiragana term so that the term is a word of its own."""


@lru_cache(maxsize=64)
def _exempt_pattern(allow: tuple[str, ...]) -> re.Pattern[str]:
    phrases = {*_GENERIC_EXEMPT, *(key for word in allow if (key := fold(normalise(word)).strip()))}
    return re.compile("|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)))


def leaks(report: str, terms: Iterable[PrivateTerm], settings: CheckSettings) -> list[tuple[int, int, PrivateTerm]]:
    """Given a normalised report and private terms, return (start, end, term) for every place where one stands."""
    folded = fold(report)
    exempt = [match.span() for match in _exempt_pattern(settings.privacy.allow).finditer(folded)]
    found: list[tuple[int, int, PrivateTerm]] = []
    unique: dict[str, PrivateTerm] = {}
    denied = [PrivateTerm("deny", word, 0, 0, "設定の deny") for word in settings.privacy.deny]
    for term in (*terms, *denied):  # a denied word is never in a report, whether the diary holds it or not
        key = fold(normalise(term.text)).strip()
        if key and (key not in unique or term.kind == "deny"):
            unique[key] = term
    for key, term in unique.items():
        for start, end in _places(folded, key):
            if (
                len(key) < 3
                and term.kind not in _SECRET_KINDS
                and script(report[start]) != script(normalise(term.text).strip()[0])
            ):
                continue  # two syllables in the other kana are too little to tell a name from an ending
            covered = term.kind != "deny" and any(first <= start and end <= last for first, last in exempt)
            if not covered and (term.kind in _SECRET_KINDS or _is_word(report, start, end, term.text)):
                found.append((start, end, term))
    return sorted(found, key=lambda leak: leak[:2])


_V_ROW = {"ゔぁ": "ば", "ゔぃ": "び", "ゔぇ": "べ", "ゔぉ": "ぼ", "ゔ": "ぶ"}
_V_OR_B = re.compile("ゔ[ぁぃぇぉ]?|[ばびぶべぼ]")


def _places(text: str, key: str) -> Iterator[tuple[int, int]]:
    """Where a key stands in a folded text. ヴィクトル and ビクトル are one name."""
    if "ゔ" in text or "ゔ" in key:
        pieces = {**_V_ROW, **{plain: plain for plain in _V_ROW.values()}}
        both = {plain: f"(?:{plain}|{written})" for written, plain in _V_ROW.items()}
        pattern = _V_OR_B.sub(lambda match: both[pieces[match[0]]], re.escape(key))
        yield from (match.span(1) for match in re.finditer(f"(?=({pattern}))", text))
        return
    start = text.find(key)
    while start >= 0:
        yield start, start + len(key)
        start = text.find(key, start + 1)


def _is_word(report: str, start: int, end: int, term: str) -> bool:
    """Whether the match is a word of its own, and not a piece of a longer one."""
    for inner, outer in ((start, start - 1), (end - 1, end)):
        if 0 <= outer < len(report):
            here, there = script(report[inner]), script(report[outer])
            if here == there and here in ("katakana", "latin", "digit"):
                return False
            if (
                here == "digit"
                and report[outer] in ".,"
                and 0 <= outer * 2 - inner < len(report)
                and report[outer * 2 - inner].isdigit()
            ):
                return False
    before, after = report[start - 1 : start], report[end : end + 3]
    kinds = script(report[start]), script(report[end - 1])
    strict = (
        script(before or " ") not in ("hiragana", "kanji") and end - start == 2 and kinds == ("hiragana", "hiragana")
    )
    if end - start >= 3 or len(set(kinds)) == 2 or strict:
        free_start = kinds[0] != "hiragana" or script(before or " ") != "hiragana" or before in "とはがをにのもやで、"
        free_end = kinds[1] != "hiragana" or _AFTER_WORD.match(after) is not None
        if free_start and free_end:
            return True
    if (
        end - start == 2
        and kinds == ("kanji", "kanji")
        and "kanji" not in (script(before or " "), script(after[:1] or " "))
    ):
        return True
    marks = boundaries(report)
    return start in marks and end in marks


def check_leak(report: str, terms: Iterable[PrivateTerm], settings: CheckSettings) -> list[Finding]:
    """Given a normalised report, return one finding for each line and kind of private term in it."""
    findings: dict[tuple[int, str], Finding] = {}
    for start, _end, term in leaks(report, terms, settings):
        line = report.count("\n", 0, start) + 1
        message = f"私的な語（{KINDS.get(term.kind, term.kind)}）が含まれています。"
        findings.setdefault((line, term.kind), Finding("leak", line, None, message))
    return [findings[key] for key in sorted(findings)]
