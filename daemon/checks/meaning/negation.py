"""A negation lost or turned: the line's own verb is denied in the sentence, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.checks.meaning.passage import Passage
from daemon.checks.text import words_of
from daemon.checks.tokens import Token

_LINKS = r"[さしきりいちびみにえけせめべれてでかわらなまばがこもっお]"
_NOT = re.compile(
    rf"^(?:し|出来|でき|せ|{_LINKS}){{0,3}}?(?:(?:て|で)(?:い|お|は|も)?)?"
    r"(?:ない(?!と|か)|なかった(?!ら)|なく(?!ちゃ|な[っる])|ません|ず(?![つれらむっ])|ぬ(?:$|。)|へん|とらん|[らかさたまばなわえせけめれべげきしりいちみ]ん(?:こと|かった|やった|よう|く|$|。|、|」))"
)
_OTHER_WAY = re.compile(
    r"ない|なか|なく|ん(?:かった|$|。|で|から|偽)|へん|ず[にっ、。]|ぬ|ません|ねが|ねえ|失敗|エラー|ダメ|駄目|だめ|のに|原因|犯人|疑|セーフ|やめ|切っ|忘|漏"
)
_IF = re.compile(
    r"ないと|なければ|なきゃ|ねば|なくて(?:は|も)|ないで(?:は|も)|ないよう|んと|じゃない|ではな|しか|んじゃ|忘れ|漏れ|ミス|ないよ|んじゃ|のか|かどうか|たら|れば|ない子|ない人|ず済"
)
_FORBIDDEN = re.compile(r"[るうくすつぬむぶぐ]?な(?:」|』|と|って|$)")
_CAUSE = re.compile(
    r"原因|問題|忘れ|漏れ|理由|ため|せい|よう|直し|解決|解消|修正|追加|足し|加え|教わ|指摘|残|開け|入れ|登録"
)
_GENERIC = words_of(
    "する なる ある できる いる 行う 確認 取り組む 進める 学ぶ 分かる わかる 教わる 終わる 終える 思う 考える くる "
    "いく おく みる しまう 受ける 学習 理解 違う 言う 付ける 見る 出る 出す やる 入れる"
)
"""Verbs that say too little by themselves to be the same deed in line and sentence."""


def _verbs(words: tuple[Token, ...]) -> Iterator[tuple[str, int]]:
    """Verbs and verbal nouns that carry meaning, with the end of each."""
    for word in words:
        key = word.dictionary if word.pos.startswith("動詞/一般") else word.surface if "サ変可能" in word.pos else ""
        if key and key not in _GENERIC:
            yield key, word.end


def _denied(text: str, end: int) -> bool | None:
    """Whether the verb that ends there is denied; None where that cannot be told (a condition)."""
    tail = re.split(r"[、。!?\n]", text[end : end + 12])[0]
    if _IF.search(tail) or _FORBIDDEN.match(tail) or "しか" in text[max(0, end - 10) : end]:
        return None
    return _NOT.search(tail) is not None


def negation(passage: Passage) -> str | None:
    """Given any line, return a message if a verb that stands in line and sentence is denied in one of them only."""
    told = dict[str, set[bool | None]]()
    for key, end in _verbs(passage.sentence_words):
        told.setdefault(key, set()).add(_denied(passage.sentence, end))
    if not told:
        return None
    for key, end in _verbs(passage.line_words):
        said = _denied(passage.line, end)
        if passage.is_plan or key not in told or said is None or None in told[key]:
            continue
        if told[key] == {not said} and not _repaired(passage, said):
            return "日記の打ち消し(〜ない、〜なかった)と合っていません。"
    return None


def _repaired(passage: Passage, denied: bool) -> bool:
    """Whether the turn has another reason: the line tells a cause or a repair, or the sentence denies otherwise."""
    if denied:
        return _OTHER_WAY.search(passage.sentence) is not None or re.search(r"原因|問題", passage.line) is not None
    return _CAUSE.search(passage.line) is not None
