"""Where each bullet comes from: content words that a bullet shares with lines of the diary; and how much is covered."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache

from daemon.checks.grounding import KATAKANA, LATIN, loose
from daemon.checks.lexicon import STUDY
from daemon.checks.text import fold
from daemon.checks.tokens import tokenize

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_STOP = frozenset(
    "事 物 所 時 日 今日 本日 明日 昨日 今 為 様 方 人 何 的 化 中 後 前 次 回 個 分 的 学習 授業 課題 確認 理解 作成 実施 完了 使用 利用 内容 方法 自分 必要 問題 部分 こと もの ため とき "
    "よう ところ 予定 今後 次回 以下 それ これ あれ ここ そこ どこ 二 一 三 〇 者 先 時間 仕組み 考え 取り組み 練習".split()
)


@lru_cache(maxsize=64)
def content_words(text: str) -> frozenset[str]:
    """Given a normalised text, return its content words as comparable keys: terms, numbers, kanji nouns and verbs."""
    words = {fold(match.group()) for match in LATIN.finditer(text) if len(match.group()) > 1}
    words |= {loose(match.group()) for match in KATAKANA.finditer(text)}
    words |= {match.group() for match in _NUMBER.finditer(text)}
    for token in tokenize(text, True):
        if token.pos.startswith(("名詞/普通名詞", "名詞/固有名詞", "動詞/一般", "形状詞/一般")) and re.search("[一-鿿]", token.surface):
            word = token.dictionary if token.pos.startswith("動詞") else token.surface
            if word not in _STOP:
                words.add(word[:2] if token.pos.startswith("動詞") else word)
    return frozenset(word for word in words if word)


def study_lines(diary: str) -> list[tuple[int, str]]:
    """Given a normalised diary, return (line number, sentence) for each sentence that speaks of study."""
    found = []
    for number, line in enumerate(diary.split("\n"), start=1):
        for sentence in re.findall(r"[^。!?]+", line):
            if len(sentence.strip()) >= 6 and (
                re.search(r"[A-Za-z]{3,}", sentence) or sum(word in sentence for word in STUDY) >= 1
            ):
                found.append((number, sentence.strip()))
    return found


def find_sources(texts: list[str], diary: str) -> tuple[tuple[int, ...], ...]:
    """Given bullets and a normalised diary, return the best lines (from 1, at most three) for each bullet."""
    lines = [(number, content_words(line)) for number, line in enumerate(diary.split("\n"), start=1) if line.strip()]
    frequency = Counter(word for _, words in lines for word in words)
    result = []
    for text in texts:
        own = content_words(text)
        scored = [
            (sum(_weight(word, frequency[word], len(lines)) for word in own & words), -number) for number, words in lines
        ]
        scored = sorted((pair for pair in scored if pair[0] > 0), reverse=True)[:3]
        result.append(tuple(sorted(-number for points, number in scored if points >= scored[0][0] * 0.5)))
    return tuple(result)


def _weight(word: str, count: int, lines: int) -> float:
    return math.log(1 + (lines + 1) / (count or 1)) * (1.5 if len(word) > 2 else 1.0)


def coverage(texts: list[str], diary: str) -> float:
    """Given bullets and closing of a report and a normalised diary, return the share (0 to 1) of the diary's study
    words that the report takes up, each word once. A diary without study is covered by anything."""
    wanted: set[str] = set()
    for _, sentence in study_lines(diary):
        wanted |= {word for word in content_words(sentence) if len(word) > 1}
    if not wanted:
        return 1.0
    own: set[str] = set()
    for text in texts:
        own |= content_words(text)
    total = sum(2.0 if len(word) > 2 else 1.0 for word in wanted)
    return sum(2.0 if len(word) > 2 else 1.0 for word in wanted & own) / total
