"""Cheap signs of a garbled line: particles, a statement against itself, words said twice."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from daemon.checks.meaning.passage import Passage
from daemon.checks.text import KANJI

_DOUBLED = re.compile(
    r"をを|をが|がを|がが|はは|にに(?!ん)|でで(?!き)|とと(?!も)|をの(?!り|せ|べ|こ|ぞ|ば|み|む|む)|をは(?!い|じ|ず|っ|ら|か|ん|さ|め|や|な|し|が|ぶ|ね)"
)
_AGAINST = re.compile(
    r"(?:まだ|いまだ)(?:[^、ない]{0,8})(?<!ん)(?:しました|きました|ちました|りました|めました)。?$|ましたが、(?:まだ[^、]*ました|[^、]*ましたが)"
)
_PAST_PLAN = re.compile(r"^今後は?、.*(?:ました|でした)。?$")
_NO_DEED = re.compile(r"[をがのに](?:。|$)|を(?:です|でした)。?$")
_INTRANSITIVE = re.compile(
    r"を、?(?:決まり|直り|分かり|つながり|止まり|変わり|始まり|下がり|上がり|増え|減り|消え|落ち|なり|起き|効き|合い|成功し|一致し|起こり|正解になり|収まり)(?:ました|、|ませ)"
)
_PASSIVE = re.compile(
    r"(?<![時自分])が(?:書き|直し|進め|作り|解き|読み|行い|調べ|確認し|学び|求め|取り組み|まとめ|試し|修正し|作成し|実装し|設定し|提出し|正解し|理解し|追加し|担当し|整理し|教わり)ました"
)
_TWICE = re.compile(rf"([^\sぁ-ん、。「」()]{{2,}})の\1(?![{KANJI}ァ-ヶーA-Za-z])")
_JOINED = re.compile(r"、|[^、。を]{0,20}を")
_LAST_VERB = re.compile(
    r"(?![^。]*(?:ながら|つつ|ため))[^、。てでにと]{1,9}(?:ました|ません|ませんでした|たいと考えています)。?"
)
_WORD = re.compile(rf"[{KANJI}ァ-ヶー]{{2,}}")
_NO_NUMERAL = re.compile(r"[^\W\da-zA-Zァ-ヿぁ-ん〇一二三四五六七八九十百千万億両_]")
_EMPTY = frozenset({"場合", "状態", "時間"})


def garbled(passage: Passage) -> str | None:
    """Given any line, return a message if its grammar shows a sign of being broken."""
    line = passage.line
    if any(line.count(opening) != line.count(closing) for opening, closing in ("()", "「」", "『』")):
        return "かっこが閉じていません。"
    for pattern in (_DOUBLED, _AGAINST, _PAST_PLAN, _NO_DEED, _INTRANSITIVE, _PASSIVE):
        found = pattern.search(line)
        if found and found.group() not in passage.diary:
            return "助詞や述語のつながりがおかしいようです。"
    twice = _TWICE.search(line)
    if twice and twice.group() not in passage.diary:
        return "同じ語が重なっています。"
    return None


def two_objects(passage: Passage) -> str | None:
    """Given any line, return a message if two objects (…を、…を) hang on one verb, the line's last."""
    first = -1
    for word in passage.line_words:
        if word.surface == "を" and word.pos.startswith("助詞"):
            if first >= 0 and _JOINED.match(passage.line, first) and _LAST_VERB.fullmatch(passage.line, word.end):
                return "一つの動詞に「〜を」が二つ掛かっています。"
            first = word.end
        elif word.pos.startswith(("動詞", "形容詞", "助動詞")) or word.surface in "「」()":
            first = -1
    return None


def repeated(passage: Passage) -> str | None:
    """Given any line, return a message if one of its clauses says a noun twice that the diary about it says once."""
    for clause in passage.line_clauses:
        nouns = Counter(
            word.surface
            for previous, word in pairwise([None, *clause])
            if word
            and not (previous and previous.is_noun)
            and word.pos.startswith("名詞/普通名詞/一般")
            and _WORD.fullmatch(word.surface)
            and word.surface not in _EMPTY
        )
        if any(count > 1 and passage.near.count(noun) < count for noun, count in nouns.items()):
            return "同じ語が繰り返されています。"
    return None


def unknown_word(passage: Passage) -> str | None:
    """Given any line, return a message if it holds a Japanese word that neither the dictionary nor the diary knows."""
    for word in passage.line_words:
        if word.oov and _NO_NUMERAL.search(word.surface) and word.surface not in passage.diary:
            return "辞書にも日記にもない語があります。"
    return None
