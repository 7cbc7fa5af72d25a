"""Names of persons in a diary. Sudachi's 人名 is the start; context adds what a dictionary cannot know.

A diary's term does harm only where it stands in the report, and a formal report holds hardly a hiragana noun or a kanji
pair of name characters: so recognition may be generous with those scripts and must be strict with katakana and Latin,
the scripts of technical terms. What makes a name:

- an honorific (〜ちゃん, 〜先輩), a handle, a link, a tag, a property (``with:``) or table column that holds persons;
- the label of a turn (``りお：…``, ``ご主人様「…」``), also after a time as in a chat log;
- Sudachi's surnames and given names, unless they stand in a technical term (ダイクストラ法, さくらのVPS);
- a relation before it (弟の〜, 同期の〜, 通称〜) or a person's doing after it (〜に聞いたら, 〜からの返事);
- the reading in brackets after a name, and the shapes of nicknames (〜ぴ, 〜っち, 〜ぽよ).

A name seen once marks every place where it stands (``terms``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from daemon.checks.aliases import groups_of
from daemon.checks.lexicon import EXEMPT_PHRASES
from daemon.checks.names.given_names import SINGLE
from daemon.checks.names.kana_names import kana_names
from daemon.checks.names.name_context import (
    DOING,
    GIVES,
    PARTICLE,
    RELATION,
    TECH_TAIL,
    Name,
    does_favour,
    is_person,
    is_technical,
)
from daemon.checks.names.name_fields import handles, listed, speakers
from daemon.checks.names.name_lists import (
    COMMON_HIRAGANA,
    COMMON_SINGLE,
    DOUBLE,
    NAME_KANJI,
    NOT_LABELS,
    NOT_NAMES,
    PLACES,
    RARE_SINGLE,
)
from daemon.checks.names.name_shapes import called, nicknames, readings, surnames, with_honorific
from daemon.checks.text import script
from daemon.checks.tokens import Token, tokenize


def find_names(text: str) -> list[Name]:
    """Given a normalised diary, return the mentions of persons' names that context shows, with overlaps."""
    tokens = tokenize(text)
    exempt = [match.span() for match in _EXEMPT.finditer(text)]
    found = [
        *with_honorific(text, tokens),
        *speakers(text),
        *handles(text),
        *listed(text),
        *_dictionary(text, tokens),
        *_pairs(text, tokens),
        *_singles(text, tokens),
        *_in_context(text, tokens),
        *nicknames(text, tokens),
        *called(text),
        *surnames(text),
        *kana_names(text),
    ]
    found = [name for name in found if not any(first <= name.start and name.end <= last for first, last in exempt)]
    return found + list(readings(text, {text[name.start : name.end] for name in found}))


_EXEMPT = re.compile("|".join(re.escape(phrase) for phrase in EXEMPT_PHRASES))
_ENDINGS = "斗菜花央奈希介郎太也哉弥真帆香美佳紗莉愛音乃翔汰叶向"
_PEOPLE = "悠勇隼直和健拓優雅真陽春晴海琉蓮結律"
"""Kanji before 人 with which it is a name (悠人) and no kind of people (外人)."""
_COUNTED = frozenset(
    "人月日年本一二三四五六七八九十百千万大小中上下左右前後力点面線色形音声水火木土金心手目足口身体親子王玉神門"
    "家宮寺文字学校生先行列高低長新古東西南北男女夫妻"
)
"""Name kanji that are words of their own too often."""
_ONE = NAME_KANJI | SINGLE
_NAME_ONLY = frozenset("紗莉凛澪璃瑠茉萌颯翔湊斗奈弥哉琉玲怜惺柚栞莞蒔絢綾")
"""Kanji that stand in hardly anything but names."""
_SAYS = re.compile(
    "(?:が|は|も|に|から|の|と|って)"
    "(?:言っ|聞い|教え|笑|泣|喋|話し|電話|返信|返事|告白|ケンカ|喧嘩|デート|結婚|既読|LINE)"
)
_SURNAME_DOES = re.compile("[がもは](?!ある|あり|遠|近|寒|暑)|に(?:言|聞|話|教|見せ|相談)|と(?:一緒|話|会|飲|遊)")


_NUMERAL = re.compile("[〇一二三四五六七八九十百千万壱弐参拾廿卅]+[日月年位]?")
"""Numbers that are surnames in the dictionary too: 廿日, 三十五."""


def _before(text: str, start: int) -> str:
    """The script of the character before a position."""
    return script(text[start - 1 : start] or " ")


def _after(text: str, end: int) -> str:
    return script(text[end : end + 1] or " ")


def _related(text: str, start: int) -> bool:
    return RELATION.search(text[max(0, start - 12) : start]) is not None


def _dictionary(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    """Words that Sudachi calls 人名. Surnames and foreign names in katakana need a person's context."""
    for token in tokens:
        surface = token.surface
        if not token.is_name or len(surface) < 2 or surface in NOT_NAMES or surface in COMMON_HIRAGANA:
            continue
        kind = script(surface[0])
        if _NUMERAL.fullmatch(surface) and not is_person(text, token.start, token.end):
            continue
        if kind == "latin" or (is_technical(surface) and not _also_person(text, token)):
            continue
        if TECH_TAIL.match(text[token.end : token.end + 14]) or f"株式会社{surface}" in text:
            continue
        if kind == "katakana":
            glued = "katakana" in (_before(text, token.start), _after(text, token.end))
            if glued or not (token.pos.endswith("/名") or is_person(text, token.start, token.end)):
                continue
        yield Name("name", token.start, token.end, "人名（辞書）")


def _also_person(text: str, token: Token) -> bool:
    """Whether a word such as ルビー is a person here: it does what persons do, beside the term in Latin letters."""
    after = text[token.end : token.end + 28]
    term_too = any(other.isascii() and other in text for other in groups_of(token.surface))
    return term_too and bool(DOING.match(after) or re.match("が.{1,16}(?:教え|言っ|笑っ|くれ)", after))


def _pairs(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    """Two name kanji that the dictionary does not know as one word: 凛花."""
    for first, second in pairwise(tokens):
        one, two = first.surface, second.surface
        if len(one) != 1 or len(two) != 1 or one not in NAME_KANJI or two not in NAME_KANJI | {"々"} or two in "月日":
            continue
        if two == "人" and one not in _PEOPLE:
            continue
        if "kanji" in (_before(text, first.start), _after(text, second.end)):
            continue
        named = first.is_name or second.is_name or first.is_place or one in RARE_SINGLE or two in _ENDINGS
        if named or is_person(text, first.start, second.end):
            yield Name("name", first.start, second.end, "名前の漢字")


def _singles(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    """Names of one kanji: rare ones before a particle, others in a person's context."""
    for token in tokens:
        single = token.surface
        if len(single) != 1 or single not in _ONE:
            continue
        if _before(text, token.start) == "kanji" or _after(text, token.end) in ("kanji", "katakana"):
            continue
        after = text[token.end : token.end + 14]
        if (
            (single not in _COUNTED and _related(text, token.start) and re.match("[(がはもにと、」]", after))
            or (single in RARE_SINGLE and PARTICLE.match(after))
            or (single in COMMON_SINGLE and is_person(text, token.start, token.end))
        ):
            yield Name("name", token.start, token.end, "一字の名前")


def _in_context(text: str, tokens: tuple[Token, ...]) -> Iterator[Name]:
    """Words that a dictionary does not call names, used like one."""
    for token in tokens:
        surface = token.surface
        if not (token.is_noun or token.oov) or len(surface) < 2:
            continue
        if is_technical(surface) or surface in NOT_NAMES or surface in NOT_LABELS:
            continue
        test = {"hiragana": _hiragana_person, "katakana": _katakana_person, "kanji": _kanji_person}.get(
            script(surface[0])
        )
        if test and test(text, token):
            yield Name("nickname", token.start, token.end, "人として書かれた語")


def _hiragana_person(text: str, token: Token) -> bool:
    if (
        token.surface in COMMON_HIRAGANA
        or script(token.surface[-1]) != "hiragana"
        or not PARTICLE.match(text[token.end : token.end + 14])
    ):
        return False
    return token.oov or is_person(text, token.start, token.end)


def _katakana_person(text: str, token: Token) -> bool:
    if "katakana" in (_before(text, token.start), _after(text, token.end)):
        return False
    after = text[token.end : token.end + 14]
    related = _related(text, token.start)
    longer = text[token.end : token.end + 40]
    favour = (does_favour(longer) and (token.oov or "/固有名詞/" in token.pos)) or GIVES.match(longer) is not None
    unknown = token.oov and PARTICLE.match(after) is not None and (related or _SAYS.match(after) is not None)
    return unknown or favour or (related and DOING.match(after) is not None)


def _kanji_person(text: str, token: Token) -> bool:
    """A place that acts is a surname (久我山が書く); a word of name kanji after a relation is a given name."""
    surface = token.surface
    if len(surface) > 4:
        return False
    after = text[token.end : token.end + 14]
    if token.is_place:
        return surface not in PLACES and bool(_SURNAME_DOES.match(after) or is_person(text, token.start, token.end))
    if "/固有名詞/" in token.pos or token.oov:
        return is_person(text, token.start, token.end)
    if len(surface) != 2 or "普通名詞" not in token.pos:
        return False
    if surface in DOUBLE or (NAME_KANJI.issuperset(surface) and not _NAME_ONLY.isdisjoint(surface)):
        return PARTICLE.match(after) is not None or after.startswith("で")
    return (NAME_KANJI | {"々"}).issuperset(surface) and _related(text, token.start)
