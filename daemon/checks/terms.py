"""Private terms of a diary: everything that must not stand in a report. Pure, but for Sudachi's dictionary."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from daemon.checks import lexicon
from daemon.checks.aliases import is_known_term
from daemon.checks.credentials import find_secrets
from daemon.checks.findings import PrivateTerm
from daemon.checks.names.name_lists import PLACES
from daemon.checks.names.person_names import find_names
from daemon.checks.settings import CheckSettings
from daemon.checks.text import fold, normal, normalise, script
from daemon.checks.tokens import Token, tokenize

Raw = tuple[str, int, int, str]

_WORK = re.compile(r"『([^』\n]{1,60})』")
_WORK_BEFORE = re.compile(
    r"(?:アニメ|漫画|マンガ|小説|映画|ドラマ|曲|新曲|ゲーム|アルバム|舞台|番組|ラノベ|歌|主題歌|MV|劇場版|推しの|絵本|本)[のは、で]?$"
)
_WORK_AFTER = re.compile(
    r"^(?:の?(?:最終回|最終話|新刊|続き|\d+話|第?\d+巻|新曲|主題歌|ライブ|映画|アニメ|漫画|ドラマ|舞台|サントラ|主人公|聖地)|を?(?:聴|観|読み終|読了|周回|リピ|口ずさ|歌っ|プレイ))"
)
_QUOTED = re.compile(r"「([^「」\n]{2,40})」")
_MONEY = re.compile(
    r"(?<!/)[¥$€]\s?\d[\d,.]{0,12}(?!/\$)|\d[\d,.]{0,12}(?:[万千億]\d{0,4}){0,3}\s?(?:円|えん|ドル|ユーロ|ウォン)|[一二三四五六七八九十百千万〇]{1,8}円|\d{1,4}万(?:\d{1,4}千?)?(?=$|[^\d件人回行個画])"
)
_HEALTH = re.compile(
    r"(?:体重|体脂肪率?|平熱|体温|血圧|血糖値?|視力|BMI|ウエスト|睡眠)[^\S\n]?[はが:]?[^\S\n]?[+\-±]?\d[\d.,/]{0,8}\s?(?:kg|キロ|g|%|℃|度|時間半?|h)?|"
    r"[+\-]?\d{2,3}(?:\.\d)?\s?(?:kg|キロ)(?![a-zA-Z])|3[5-9](?:\.\d)?(?:℃|度\d?分?)|\d{1,2}h\d{2}m|\d[\d,]{2,5}\s?kcal"
)


def find_private_terms(diary: str, settings: CheckSettings) -> list[PrivateTerm]:
    """Given a diary and the person's settings, return its private terms in order of position.

    Spans are those of the given text. Every place where a name stands is returned, not only the first. A term that the
    person allows, and a term inside another of the same kind, is left out.
    """
    source = normal(diary)
    text = source.text
    found: dict[tuple[int, int], Raw] = {}
    for raw in _all(text, settings):
        found.setdefault((raw[1], raw[2]), raw)
    allowed = {fold(normalise(word)) for word in settings.privacy.allow}
    terms = []
    for kind, start, end, why in found.values():
        piece = text[start:end]
        if kind != "deny" and (fold(piece) in allowed or not piece.strip()):
            continue
        first, last = source.span(start, end)
        terms.append(PrivateTerm(kind, diary[first:last], first, last, why))
    return sorted(terms, key=lambda term: (term.start, -term.end))


def _all(text: str, settings: CheckSettings) -> Iterator[Raw]:
    folded = fold(text)
    for word in settings.privacy.deny:
        key = fold(normalise(word)).strip()
        if key:
            yield from (("deny", start, start + len(key), "設定の deny") for start in _occurrences(folded, key))
    for secret in find_secrets(text):
        yield (secret.kind, secret.start, secret.end, secret.why)
    names = find_names(text)
    yield from ((name.kind, name.start, name.end, name.why) for name in names)
    seen = {text[name.start : name.end]: name for name in names if name.end - name.start >= 2}
    for word, name in seen.items():
        for start in _occurrences(text, word):
            if _stands_alone(text, start, start + len(word)):
                yield (name.kind, start, start + len(word), name.why)
    study = _study_text(text)
    rest = [*_works(text), *_figures(text), *_words(text, study)]
    yield from rest
    yield from _apart(text, study, {*(name.start for name in names), *(raw[1] for raw in rest)})


def _study_text(text: str) -> str:
    """The sentences about study, each with its neighbours in the line: work goes on where no term is named."""
    kept: list[str] = []
    spans = list(_sentence_spans(text))
    about = [is_study(text[start:end]) for start, end in spans]
    for index, (start, end) in enumerate(spans):
        beside = (
            (
                0 <= other < len(spans)
                and about[other]
                and "\n" not in text[min(start, spans[other][0]) : max(end, spans[other][1])]
            )
            for other in (index - 1, index + 1)
        )
        if about[index] or any(beside):
            kept.append(text[start:end])
    return "\n".join(kept)


def _occurrences(text: str, word: str) -> Iterator[int]:
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + len(word))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a span does not continue in the same script (katakana or Latin), which would make it another word."""
    for inner, outer in ((start, start - 1), (end - 1, end)):
        if 0 <= outer < len(text) and script(text[inner]) == script(text[outer]) in ("katakana", "latin"):
            return False
    return True


def _works(text: str) -> Iterator[Raw]:
    for start, end in _sentence_spans(text):
        sentence = text[start:end]
        for match in _WORK.finditer(sentence):
            rest = sentence[: match.start()] + sentence[match.end() :]
            known = (
                any(map(is_known_term, re.findall("[ァ-ヺー]{2,}|[A-Za-z]{2,}", match[1])))
                or any(word in match[1] for word in lexicon.STUDY)
                or len(match[1]) <= 2
            )
            known = known or any(
                word in match[1]
                for word in ("コード", "データ", "プログラ", "エンジニア", "アルゴリズム", "ネットワーク", "入門")
            )
            if not known and (not is_study(rest) or _WORK_BEFORE.search(sentence[: match.start()])):
                yield ("work", start + match.start(1), start + match.end(1), "『』の作品名")
        for match in _QUOTED.finditer(sentence):
            before, after = sentence[: match.start()][-8:], sentence[match.end() :][:8]
            if _WORK_BEFORE.search(before) or _WORK_AFTER.match(after):
                yield ("work", start + match.start(1), start + match.end(1), "「」の作品名")


_SENTENCE = re.compile(r"(?:「[^」\n]{0,200}」|『[^』\n]{0,200}』|[^。!?\n])+[。!?]*")


def _sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _SENTENCE.finditer(text))


def is_study(sentence: str) -> bool:
    """Whether a normalised sentence speaks of study: a study word, or a Latin term of three letters and more."""
    return _STUDY.search(sentence) is not None


_NOT_TERMS = (
    "kcal|LINE|DM|SNS|YouTube|Instagram|Twitter|TikTok|OK|NG|LOVE|love|you|and|the|with|AI|TV|DVD|CD|"
    "BGM|MV|OB|OG|PS5|PS4|Switch|Netflix|Spotify|Amazon|ATM|PayPay|Suica|WiFi"
)
_STUDY = re.compile(
    "|".join(re.escape(word) for word in sorted(lexicon.STUDY, key=len, reverse=True) if len(word) > 1)
    + rf"|\d限|[一二三四五六]限|(?<![A-Za-z])(?!(?:{_NOT_TERMS})(?![A-Za-z]))[A-Za-z][A-Za-z0-9+#.]{{2,}}"
)


def _figures(text: str) -> Iterator[Raw]:
    for start, end in _sentence_spans(text):
        sentence = text[start:end]
        first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        around = text[max(first, start - 60) : min(last if last >= 0 else len(text), end + 60)]
        for match in _MONEY.finditer(sentence):
            if not is_study(around if "ドル" in match.group() or "$" in match.group() else sentence):
                yield ("money", start + match.start(), start + match.end(), "金額")
        for match in _HEALTH.finditer(sentence):
            if match.group()[0] in lexicon.BODY or not is_study(sentence):
                yield ("health", start + match.start(), start + match.end(), "体の数値")


_LEXICON = {
    **dict.fromkeys(lexicon.CERTAIN_LIFE, ("life", "私生活の語")),
    **dict.fromkeys(lexicon.CERTAIN_MONEY, ("money", "お金の語")),
    **dict.fromkeys(lexicon.CERTAIN_HEALTH, ("health", "健康の語")),
    **dict.fromkeys(lexicon.CERTAIN_LOVE, ("affection", "恋愛の語")),
    **dict.fromkeys(lexicon.CERTAIN_FAMILY, ("family", "家族・恋人の語")),
    **dict.fromkeys(lexicon.PARTNERS, ("nickname", "呼びかけ")),
}
_FIRST = frozenset(word[0] for word in _LEXICON)
_LONGEST = max(map(len, _LEXICON))
_ALWAYS = ("family", "affection", "nickname")


def _words(text: str, study: str) -> Iterator[Raw]:
    """Words of the private lexicon, at word boundaries only. Words of money, health and daily life count only when no
    sentence about study holds them: a household-account app is a project, a fever in the data is data."""
    for short in (False, True):
        tokens = tokenize(text, short)
        for index, token in enumerate(tokens):
            if text[token.start] not in _FIRST:
                continue
            last = index
            while last < len(tokens) and tokens[last].end - token.start <= _LONGEST and last - index < 4:
                word = text[token.start : tokens[last].end]
                entry = _LEXICON.get(word)
                if (
                    entry
                    and _stands_alone(text, token.start, tokens[last].end)
                    and (entry[0] in _ALWAYS or word not in study)
                ):
                    yield (entry[0], token.start, tokens[last].end, entry[1])
                last += 1


def _apart(text: str, study: str, private: set[int]) -> Iterator[Raw]:
    """Proper nouns and loanwords that stand only in private lines: lines without a word of study and with another
    private term (``private``: where those begin). Shops, titles and games that no list can hold."""
    folded = fold(study)
    known = sorted(private)
    starts = _starts(text)
    tokens = tokenize(text)

    def marked(start: int, end: int) -> bool:
        at = bisect_left(known, start)
        return at < len(known) and known[at] < end

    position = 0
    for line in text.split("\n"):
        end = position + len(line)
        if marked(position, end) and not is_study(line):
            for first, last in _sentence_spans(line):
                close = marked(position + first, position + last)
                for token in tokens[bisect_left(starts, position + first) : bisect_left(starts, position + last)]:
                    if (
                        _telling(token, close)
                        and text[token.start - 4 : token.start] != "株式会社"
                        and fold(token.surface) not in folded
                    ):
                        yield ("life", token.start, token.end, "私的な行だけにある固有の語")
        position = end + 1


@lru_cache(maxsize=8)
def _starts(text: str) -> list[int]:
    return [token.start for token in tokenize(text)]


def _telling(token: Token, close: bool) -> bool:
    """Whether a word is a proper noun or, ``close`` to another private term, a loanword that is no report word."""
    word = token.surface
    if (
        len(word) < 2
        or is_known_term(word)
        or word in lexicon.TECHNICAL_NAMES
        or script(word[0]) not in ("kanji", "katakana")
    ):
        return False
    if "/固有名詞/" in token.pos:
        return word not in PLACES
    return close and token.oov and script(word[0]) == "katakana" and len(word) >= 3 and token.is_noun
