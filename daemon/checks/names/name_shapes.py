"""Names by their shape: honorifics, nicknames, introductions, calls, readings in brackets."""

# ruff: noqa: E501 - patterns read best whole

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.checks.lexicon import STUDY
from daemon.checks.names.given_names import READINGS, ROMAN, SINGLE
from daemon.checks.names.name_context import JA, RELATION, Name, is_technical
from daemon.checks.names.name_lists import (
    COMMON_HIRAGANA,
    DOUBLE,
    NAME_KANJI,
    NOT_LABELS,
    NOT_NAMES,
    RARE_SINGLE,
)
from daemon.checks.text import KANJI, fold, script
from daemon.checks.tokens import Token, tokenize_word

_HONORIFIC = re.compile(
    rf"(?P<name>[{KANJI}]{{1,4}}|[ァ-ヺー]{{1,10}}[子太美郎助丸]?|[ぁ-ゖー]{{1,6}}?|[ぁ-ゖ]{{1,4}}[子太美郎助丸吉代]|[A-Za-z][A-Za-z.]{{1,15}})"
    r"(?P<title>ちゃん|くん|君|さん|さま|様|先輩|せんぱい|パイセン|殿|どの|隊長|船長|番長|嬢|坊|たん|っち(?!ゃ)|ぴょん|にゃん|ぽよ|きゅん|たそ(?!う)|しゃん|先生|センセ|教授|ネエ|ねえ|ねぇ|にぃ|にーにー|ねーねー|氏)"
    r"(?![ァ-ヺー])"
)

_QUOTED_NAME = re.compile(rf"[「『(](?P<name>[{JA}A-Za-z]{{1,10}})[」』)](?:さん|ちゃん|くん|さま|様|先輩|先生|氏)")

_NICKNAME = re.compile(
    r"(?<![ぁ-ゖァ-ヺー])(?:(?<=[とはがをにも、])|)(?P<name>[ぁ-ゖー]{1,5}(?:ぴよ|ぴょん|ぽよ|っつん|っちょん|っぴ|ぴ|もん|りん|たす|っしー|っぺ|やん|っち|ちん|ぽん|みん|にゃ|にゃん|ぽむ|ぷー|べえ|たろす|ーやん|ねえ|ー[こたなみ]|てぃ|っきー|っぽ)"
    r"|(?P<twice>[ぁ-ゖ]{2})(?P=twice)"
    r"|[ァ-ヺー]{2,5}(?:ぴ|ぴよ|ぽよ|っち|っぴ|りん|もん|きち)|[ァ-ヺ]{1,3}(?:ンティー|ッチー|ッシー|ッピー|ッキー))(?=と|が|に|の|は|も|から|って|、|。|「|:|\(|\)|」|\]|$|\n| )"
)  # fmt: skip

_APPOSITION = re.compile(
    rf"(?P<name>[{JA}]{{1,10}}?|[A-Z][a-z]{{1,11}})(?:\*\*|」)?\((?:[ぁ-ゖ]{{2,6}}、)?(?:=|私の|うちの|俺の|僕の|夢の中でも)?(?:AI|交換留学|留学|同室|同い年|執事|メイド|設定|管制官|同担|同い年|私を|通称|本名|あだ名|源氏名|お兄|お姉|小[1-6]|中[1-3]|高[1-3]|一年|二年|三年|"
    r"フランス|ベトナム|ネパール|韓国|中国|台湾|インド|男|女|弟|妹|兄|姉|猫|犬|彼氏|彼女|友|先輩|後輩|同期|みんな|=?Discord|\d{1,2}歳|柴|享年|旧姓)"
)

_CALLED = re.compile(
    rf"[「『](?P<name>[{JA}]{{1,10}}?)(?:ー)?[」』](?:と|って) ?(?:呼|よば|よび|よぶ|名乗|いう(?:あだ名|子|AI))"
)

_NAMED = re.compile(
    rf"(?:(?:あだ名|通称|本名|呼び名|源氏名|愛称|ハンドルネーム|ペンネーム|暗号名|仮名[A-Z]?)(?:[はが:=、]|のまま)?[「『(\"]?|(?:お?名前|名)は、? ?「)(?P<name>[{JA}]{{2,12}}?|[A-Z][a-z]+(?: [A-Z][a-z]+)?)(?=[」』)\"。、]|です|だっ|さん|と|、|$)",
    re.M,
)

_SELF = re.compile(
    rf"(?:名前は|名は、?|の|から ?(?:来|き)(?:た|ました)) ?(?P<name>[ァ-ヺー]{{3,12}}|[{KANJI}]{{2,3}}(?=という[。、]))(?=です|だ。|と(?:いい|申し)|という[。、])"
)

_DOTTED = re.compile(r"(?<![ァ-ヺー・])(?P<name>[ァ-ヺー]{2,10}・[ァ-ヺー]{2,12})(?![ァ-ヺー・])")

_VOCATIVE = re.compile(
    rf"(?:おはよう|おはようございます|おやすみ|おやすみなさい|おかえり|おかえりなさい|ただいま|ありがとう|ごめん|ごめんね|なあ|ねえ|いいかい|拝啓|親愛なる|がんばれ|愛してる|大好き|だいすき)[、,! 　]{{1,2}}"
    rf"(?P<name>[{JA}]{{2,8}}?)(?:[。、,!?」』]|$)",
    re.M,
)

_LATIN_NAME = re.compile(
    r"(?<![A-Za-z0-9_.@/#`-])(?P<name>[A-Z][a-z]{2,11})(?!\.[A-Za-z]|[A-Za-z0-9_(/`=-])(?=[ ]?(?:[がとはもにの、]|から|って|ちゃん|くん|さん|先輩|&|and |at |\.|,|」|\)|$))",
    re.M,
)

_READING = re.compile(
    rf"(?P<name>[{KANJI}]{{1,5}})(?:さん|くん|ちゃん|先輩)?(?:\]\])?\((?P<reading>[ぁ-ゖー]{{2,8}}|[ァ-ヺー]{{2,10}})(?:さん|くん|ちゃん)?(?=[)、])"
)


_NO_TITLES = frozenset(["仕様", "同様", "多様", "模様", "一様", "異様", "有様", "各様", "王様", "たくさん"])


def with_honorific(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    begins = {token.start: token for token in tokens}
    for match in _HONORIFIC.finditer(text):
        name, title = match["name"], match["title"]
        start, end = match.span("name")
        if script(name[0]) == "hiragana" and script(text[start - 1 : start] or " ") in (
            "kanji",
            "katakana",
            "hiragana",
        ):
            # the run may begin with particles: take it from the last word that begins there
            start = _hiragana_start(start, end, begins)
            name = text[start:end]
        if name in NOT_NAMES or text[end - 1 : match.end()] in _NO_TITLES:
            continue
        first = begins.get(start)
        kind = script(name[0])
        solid = first is not None and (first.is_name or first.oov or "/固有名詞/" in first.pos)
        if (
            title in ("先生", "教授", "氏", "殿", "どの", "嬢", "坊", "たん", "ねえ", "ねぇ", "様", "君")
            and not solid
            and not (kind == "katakana" and title == "様" and not is_technical(name))
            and not (
                kind == "kanji"
                and len(name) == 2
                and title in ("先生", "教授")
                and name not in STUDY
                and all(c in NAME_KANJI for c in name)
            )
        ):
            continue
        if kind == "hiragana" and (name in COMMON_HIRAGANA or len(name) < 2) and title not in ("ちゃん", "っち"):
            continue
        yield Name("name", start, match.end("title"), f"敬称（{title}）")
        if (
            kind == "hiragana"
            and len(name) > 2
            and name[0] in "のはとにがも"
            and script(text[start - 1 : start] or " ") in ("kanji", "katakana")
        ):
            yield Name("name", start + 1, match.end("title"), f"敬称（{title}）")
            yield Name("name", start + 1, end, f"敬称（{title}）")
        plain = (
            first is not None
            and first.start == start
            and first.end == end
            and "普通名詞" in first.pos
            and not first.oov
        )
        if kind == "latin" and not name.islower() and not name.istitle():
            continue
        if kind == "kanji" and plain and len(name) >= 2 and name not in DOUBLE:
            continue
        if (
            is_technical(name)
            or name in COMMON_HIRAGANA
            or (kind == "katakana" and (text[max(0, start - 4) : start] == "株式会社" or f"株式会社{name}" in text))
        ):
            continue
        if len(name) >= 2 or name in RARE_SINGLE:
            yield Name("name", start, end, f"敬称（{title}）")


def _hiragana_start(start: int, end: int, begins: dict[int, Token]) -> int:
    """Where a name in a run of hiragana begins: after the last particle of the run."""
    best = start
    for position in range(start, end):
        token = begins.get(position)
        if (
            token is not None
            and token.pos.startswith(("助詞", "助動詞", "接続詞", "動詞", "副詞", "感動詞"))
            and token.end < end
        ):
            best = token.end
    return best


def nicknames(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    begins = {token.start: token for token in tokens}
    for match in _NICKNAME.finditer(text):
        start, end = match.span("name")
        if (
            script(text[start]) == "hiragana"
            and script(text[start - 1 : start] or " ") == "kanji"
            and text[start] in "はがのにもとを"
            and end - start > 3
        ):
            start += 1
        word = text[start:end]
        first = begins.get(start)
        whole = first is not None and first.end == end and not (first.oov or first.is_name)
        whole = whole and not (match["twice"] and re.match("[はがも]", text[end : end + 1]))
        if len(word) < 3 or word in COMMON_HIRAGANA or whole or is_technical(word) or word in NOT_NAMES:
            continue
        yield Name("nickname", start, end, "あだ名の形")


def called(text: str) -> Iterator[Name]:
    """Names that the text introduces or calls: ルナ(AI), 「親方」と呼べ, おはよう、まこと。"""
    for pattern, why in (
        (_QUOTED_NAME, "敬称"),
        (_APPOSITION, "紹介された名前"),
        (_CALLED, "呼び名"),
        (_NAMED, "紹介された名前"),
        (_SELF, "名乗った名前"),
        (_VOCATIVE, "呼びかけ"),
        (_LATIN_NAME, "ローマ字の名前"),
    ):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            if script(text[start]) == "kanji" == script(text[start - 1 : start] or " "):
                continue
            if pattern is _LATIN_NAME and (match["name"].lower() not in ROMAN or is_technical(match["name"])):
                continue
            if pattern is _APPOSITION:
                start = _one_script(text, start, end)
            name = text[start:end]
            told = pattern in (_CALLED, _NAMED)
            if pattern is _SELF and not any(word.oov or word.is_name or word.is_place for word in tokenize_word(name)):
                continue
            if (
                (len(name) < 2 and name not in SINGLE and not (pattern is _APPOSITION and script(name) == "kanji"))
                or is_technical(name)
                or name in COMMON_HIRAGANA
            ):
                continue
            if not told and (name in NOT_NAMES or name in NOT_LABELS):
                continue
            yield Name("nickname", start, end, why)
    for match in _DOTTED.finditer(text):
        parts = match["name"].split("・")
        words = [tokenize_word(part) for part in parts]
        if any(map(is_technical, parts)) or not any(
            len(word) == 1 and (word[0].is_name or word[0].oov) for word in words
        ):
            continue
        yield Name("name", *match.span("name"), "姓と名")
        yield Name("name", match.start("name"), match.start("name") + len(parts[0]), "姓と名")


def _one_script(text: str, start: int, end: int) -> int:
    """The start of the last run of one script in a span."""
    first = end - 1
    while first > start and script(text[first - 1]) == script(text[end - 1]):
        first -= 1
    return first


_SURNAME = re.compile(
    rf"(?P<name>[{KANJI}]{{1,2}}[田川山村野原島崎沢井木林森池石橋谷宮坂岡松藤堂寺倉浦津瀬尾塚葉辺々])(?=[がはもにと、。を(])|(?P<read>[{KANJI}]{{1,4}})(?=\((?P<kana>[ぁ-ゖ]{{2,8}})[)、])"
)


def surnames(text: str) -> Iterator[Name]:
    """Kanji after a relation that end like a surname (班の蘭堂), or that have their reading with them."""
    for match in _SURNAME.finditer(text):
        group = "name" if match["name"] else "read"
        start, end = match.span(group)
        word = match[group]
        if is_technical(word) or word in NOT_NAMES or not RELATION.search(text[max(0, start - 12) : start]):
            continue
        yield Name("name", start, end, "関係を示す語の後の名前")
        if group == "read":
            yield Name("name", *match.span("kana"), "名前の読み")


def readings(text: str, names: set[str]) -> Iterator[Name]:
    """Readings in brackets after a name: 羽純(はすみ)."""
    for match in _READING.finditer(text):
        kanji, reading = match["name"], fold(match["reading"])
        known = reading in READINGS or text[match.end() : match.end() + 3] in ("、AI", ")に泣", ")に会")
        given = len(kanji) <= 3 and all(c in NAME_KANJI for c in kanji) and known
        if given:
            yield Name("name", *match.span("name"), "読みのある名前")
        if given or kanji in names or any(kanji.endswith(name) and len(name) > 1 for name in names):
            yield Name("name", *match.span("reading"), "名前の読み")
