"""Where each bullet comes from: content words that a bullet shares with lines of the diary; and how much is covered."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Set
from functools import lru_cache

from daemon.checks.grounding import KATAKANA, LATIN, loose
from daemon.checks.terms import is_study
from daemon.checks.text import KANJI, fold, words_of
from daemon.checks.tokens import tokenize

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_STOP = words_of(
    "事 物 所 時 日 今日 本日 明日 昨日 今 為 様 方 人 何 的 化 中 後 前 次 回 個 分 学習 授業 課題 確認 理解 作成 "
    "実施 完了 使用 利用 内容 方法 自分 必要 問題 部分 こと もの ため とき よう ところ 予定 今後 次回 以下 "
    "それ これ あれ ここ そこ どこ 二 一 三 〇 者 先 時間 仕組み 考え 取り組み 練習"
)


@lru_cache(maxsize=8)
def _all_words(text: str) -> tuple[list[int], list[str]]:
    """Positions and keys of every content word of a normalised text, in order."""
    found = [(match.start(), fold(match.group())) for match in LATIN.finditer(text) if len(match.group()) > 1]
    found += [(match.start(), loose(match.group())) for match in KATAKANA.finditer(text)]
    found += [(match.start(), match.group()) for match in _NUMBER.finditer(text)]
    for token in tokenize(text, True):
        verb = token.pos.startswith("動詞/一般")
        if (verb or token.pos.startswith(_CONTENT)) and _KANJI.search(token.surface):
            word = token.dictionary[:2] if verb else token.surface
            if word not in _STOP:
                found.append((token.start, word))
    found = sorted(pair for pair in found if pair[1])
    return [position for position, _ in found], [word for _, word in found]


_CONTENT = ("名詞/普通名詞", "名詞/固有名詞", "形状詞/一般")
_KANJI = re.compile(f"[{KANJI}]")


def content_words(text: str) -> frozenset[str]:
    """Given a normalised text, return its content words as comparable keys: terms, numbers, kanji nouns and verbs."""
    return frozenset(_all_words(text)[1])


def _between(text: str, start: int, end: int) -> frozenset[str]:
    positions, words = _all_words(text)
    return frozenset(words[bisect_left(positions, start) : bisect_left(positions, end)])


_SENTENCE = re.compile(r"[^。!?\n]+")


@lru_cache(maxsize=8)
def _wanted(diary: str) -> tuple[frozenset[str], int, int]:
    """The content words of all sentences about study, the number of those sentences, and of all sentences."""
    wanted: set[str] = set()
    study = total = 0
    for match in _SENTENCE.finditer(diary):
        if len(match.group().strip()) < 6:
            continue
        total += 1
        if is_study(match.group()):
            study += 1
            wanted |= _between(diary, *match.span())
    return frozenset(word for word in wanted if len(word) > 1), study, total


def emptiness(diary: str) -> float:
    """Given a normalised diary, return the coverage that a report "nothing was studied" earns: 1 without a sentence
    about study, 0.5 where they are few or the smaller part (a lesson that was skipped, somebody else's work), else 0.
    Of the corpus' no-study diaries nine in ten get 0.5 and more."""
    _, study, total = _wanted(diary)
    if not study:
        return 1.0
    return 0.5 if study <= 3 or study <= 0.4 * total else 0.0


MOST_LINES = 50
"""A word in more lines than this tells nothing; only its first lines count."""


def find_sources(texts: list[str], diary: str) -> tuple[tuple[int, ...], ...]:
    """Given bullets and a normalised diary, return the best lines (from 1, at most three) for each bullet."""
    lines = []
    position = 0
    for number, line in enumerate(diary.split("\n"), start=1):
        if line.strip():
            lines.append((number, _between(diary, position, position + len(line))))
        position += len(line) + 1
    holding: dict[str, list[int]] = defaultdict(list)
    for number, words in lines:
        for word in words:
            holding[word].append(number)
    result = []
    for text in texts:
        points: dict[int, float] = defaultdict(float)
        for word in sorted(content_words(text)):
            weight = _weight(word, len(holding[word]), len(lines)) if word in holding else 0.0
            for number in holding.get(word, ())[:MOST_LINES]:
                points[number] += weight
        best = sorted(points.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
        result.append(tuple(sorted(number for number, score in best if score >= best[0][1] * 0.5)))
    return tuple(result)


def _weight(word: str, count: int, lines: int) -> float:
    return math.log(1 + (lines + 1) / (count or 1)) * (1.5 if len(word) > 2 else 1.0)


def coverage(texts: list[str], diary: str) -> float:
    """Given bullets and closing of a report and a normalised diary, return the share (0 to 1) of the diary's study
    words that the report takes up: each word once, words of three characters and more twice as heavy. A diary without
    study is covered by anything."""
    wanted = study_words(diary)
    own: set[str] = set()
    for text in texts:
        own |= content_words(text)
    total = weight(wanted)
    return weight(wanted & own) / total if total else 1.0


def study_words(diary: str) -> frozenset[str]:
    """The content words of a normalised diary's sentences about study."""
    return _wanted(diary)[0]


def weight(words: Set[str]) -> float:
    """How much some content words count: those of three characters and more twice as much."""
    return sum(2.0 if len(word) > 2 else 1.0 for word in words)
