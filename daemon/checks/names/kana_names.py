"""Names in kana: given names by their reading, and unknown hiragana used like a person."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.checks.names.given_names import LONG_READINGS, READINGS, long_vowels
from daemon.checks.names.name_context import (
    DOING,
    PARTICLE,
    RELATION,
    TECH_TAIL,
    Name,
    does_favour,
    is_person,
    is_technical,
)
from daemon.checks.names.name_lists import (
    COMMON_HIRAGANA,
    NOT_NAMES,
)
from daemon.checks.text import fold, script
from daemon.checks.tokens import tokenize_word

_HIRAGANA_RUN = re.compile("[ぁ-ゖゔー]{2,40}")

_KATAKANA_RUN = re.compile("(?<![ァ-ヺー])[ァ-ヺー]{2,8}(?![ァ-ヺー])")

_OF_SCRIPT = re.compile("半角|全角|仮名|ひらがな|カタカナ|フリガナ|ふりがな|ローマ字|文字|濁点|入力|変換|表記")
_NEAR = 40

_TIME = re.compile("(?:放課後|今日|昨日|今朝|今夜|夜|昼|朝|帰り|休み)$")

_BEFORE = "とはがをにのもやで、よらりた"

_PERSON_PARTICLE = re.compile("と|が|に|から|の|って|は|も|、お前")


def kana_names(text: str) -> Iterator[Name]:
    """Given names by their reading, where kana stand as a word; and unknown kana before a person's doing."""
    folded = fold(text)
    for run in _KATAKANA_RUN.finditer(text):
        after = text[run.end() : run.end() + 14]
        if folded[run.start() : run.end()] not in READINGS or is_technical(run.group()) or TECH_TAIL.match(after):
            continue
        if _is_script(text, *run.span()):
            continue
        if PARTICLE.match(after) or is_person(text, *run.span()):
            yield Name("name", *run.span(), "仮名の名前")
    for run in _HIRAGANA_RUN.finditer(text):
        for start in range(run.start(), run.end() - 1):
            if start > run.start() and text[start - 1] not in _BEFORE:
                continue
            for end in range(min(start + 6, run.end()), start + 1, -1):
                word = text[start:end]
                before = script(text[start - 1 : start] or " ")
                free = before not in ("kanji", "katakana") or _TIME.search(text[max(0, start - 3) : start]) is not None
                at_edge = len(word) >= 3 or (start == run.start() and free) or is_person(text, start, end)
                if (
                    (word in READINGS or long_vowels(word) in LONG_READINGS)
                    and (word not in COMMON_HIRAGANA or is_person(text, start, end))
                    and at_edge
                    and PARTICLE.match(text[end : end + 14])
                ):
                    yield Name("name", start, end, "仮名の名前")
                    break
        start = run.start()
        before = script(text[start - 1 : start] or " ")
        if before in ("digit", "latin"):
            continue
        related = RELATION.search(text[max(0, start - 12) : start + 1]) is not None
        if before == "kanji" and run.group()[0] in "とはのにがも":
            start += 1  # 昼は|たけぽよと, 班の|まっつんと
        elif before in ("kanji", "katakana") and not related and not _TIME.search(text[max(0, start - 3) : start]):
            continue
        for end in range(start + 3, min(start + 6, run.end()) + 1):
            word = text[start:end]
            if (
                word not in COMMON_HIRAGANA
                and word not in NOT_NAMES
                and _PERSON_PARTICLE.match(text, end)
                and (related or DOING.match(text[end : end + 28]) or does_favour(text[end : end + 40]))
                and _unknown(word)
            ):
                yield Name("nickname", start, end, "人として書かれた語")
                break


def _is_script(text: str, start: int, end: int) -> bool:
    """Whether カナ is a way of writing: among words of text and typing, and doing nothing that a person does."""
    if text[start:end] != "カナ" or is_person(text, start, end):
        return False
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    around = text[max(first, start - _NEAR) : min(last if last >= 0 else len(text), end + _NEAR)]
    return _OF_SCRIPT.search(around) is not None


def _unknown(word: str) -> bool:
    """Whether the dictionary has no ordinary reading for a hiragana string: it falls to pieces of a syllable or two."""
    words = tokenize_word(word)
    if len(words) == 1:
        return words[0].oov or words[0].is_name
    kinds = [token.pos.split("/")[0] for token in words]
    return (
        any(len(token.surface) == 1 for token in words[1:])
        and kinds[0] not in ("接続詞", "副詞", "連体詞", "代名詞")
        and not {"補助記号"} & set(kinds)
    )
