"""A sentence in である form as one in です・ます form: the inverse of ``daemon.drafting.plain_style``. Pure but for
Sudachi's dictionary.

Reports are learned in the writer's own form, whatever form the person keeps them in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daemon.checks.text import normalise
from daemon.checks.tokens import Token, tokenize
from daemon.drafting.prompt import PLAN

POLITE = re.compile(r"(?:です|ます|でした|ました|ません|ましょう|でしょう|ください)$")
_STOP = re.compile(r"(?<=。)(?![」』）)])")
_CLAUSE = re.compile(r"(?<=[ただるいう])(?=が、)")
"""Where a clause with an ending of its own may stand within a sentence."""
_I_ROW = dict(zip("うくぐすつぬぶむる", "いきぎしちにびみり", strict=True))
_E_ROW = "えけげせぜてでねへべぺめれ"
_COPULAS = (
    ("ではなかった", "ではありませんでした"),
    ("でなかった", "でありませんでした"),
    ("であった", "でした"),
    ("ではない", "ではありません"),
    ("である", "です"),
)
_PLANNED = re.compile(r"(?P<verb>.+?)(?:予定|つもり|計画)(?:です|である|だ)?$")
_WISHED = re.compile(
    r"(?P<verb>.+?)たい(?:です|と(?:思|考え)(?:う|います|っている|っています|る|ている|ています|た|ました))?$"
)
_WILLED = re.compile(
    r"(?P<verb>.+?[うこそとのもよろおごぞどぼ])うと(?:思(?:う|います|っている|っています)|考え(?:る|ます|ている|ています))$"
)
_REACHED = ("正解", "成功", "失敗", "完成", "完了", "終了", "合格", "提出", "参加")
WISH = "たいと考えています"
"""How the writer's line of a plan ends."""


def to_polite(text: str) -> str:
    """Given a line in である form, return it in です・ます form, sentence by sentence; an ending that is not known
    stays."""
    return "".join(_sentence(part) for part in _STOP.split(text))


def is_polite(text: str) -> bool:
    """Whether a line ends in です・ます form."""
    return POLITE.search(text.strip().removesuffix("。")) is not None


def to_plan(text: str) -> str:
    """Given a plan in any words ("明日は問6に取り組む予定だ。"), return it as the writer's line of a plan, "" where its
    ending does not let it be told as a wish."""
    body = text.strip().removesuffix("。")
    body = body.removeprefix(PLAN).removeprefix("また、")
    stem = _wished(body)
    return f"{PLAN}{stem}{WISH}。" if stem else ""


def _wished(body: str) -> str:
    """The stem that たい follows, "" where there is none."""
    if found := _WISHED.fullmatch(body):
        return found["verb"]
    if found := _WILLED.fullmatch(body):
        return _stem_of_volitional(body[: found.end("verb")])
    if found := _PLANNED.fullmatch(body):
        before = found["verb"]
        return _stem_of_noun(before.removesuffix("の")) or _stem_of_dictionary(before)
    if body.endswith("ます"):
        return body.removesuffix("ます")
    return _stem_of_dictionary(body) or _stem_of_noun(body)


def _sentence(text: str) -> str:
    body = text.rstrip()
    stop = "。" if body.endswith("。") else ""
    body = body.removesuffix("。")
    if not body or POLITE.search(body):
        return text
    *before, last = _CLAUSE.split(body)
    found = _clause(last)
    return "".join([*(_clause(one) or one for one in before), found]) + stop if found else text


def _clause(body: str) -> str:
    """A clause without its full stop in です・ます form, "" for an unknown ending."""
    head = "が、" if body.startswith("が、") else ""
    body = body.removeprefix(head)
    for plain, polite in _COPULAS:
        if body.endswith(plain):
            return head + body.removesuffix(plain) + polite
    found = _polite(body)
    return head + found if found else ""


def _polite(body: str) -> str:
    """A plain sentence without its full stop in です・ます form, "" for an unknown ending."""
    words = _words(body)
    if not words:
        return ""
    last = words[-1]
    before = words[-2] if len(words) > 1 else None
    if last.surface in ("た", "だ") and last.pos.startswith("助動詞"):
        return _past(body, words[:-1])
    if last.surface == "ない" and before:
        head = _cut(body, "ない")
        if last.pos.startswith("形容詞") and before.pos.startswith("助詞"):
            return head + "ありません"
        return _negative(head, before, "ません") or body + "です"
    if last.pos.startswith("形容詞") or last.surface in ("たい", "らしい"):
        return body + "です"
    if last.pos.startswith("動詞") and last.surface == last.dictionary:
        return _stem_of_dictionary(body) + "ます"
    if last.pos.startswith("助動詞") and last.surface in ("れる", "られる", "せる", "させる"):
        return _cut(body, "る") + "ます"
    if last.pos.startswith("名詞"):
        stem = _stem_of_noun(body)
        return stem + "ました" if stem else ""
    return ""


def _past(body: str, words: Sequence[Token]) -> str:
    """…た and …だ; ``words`` are those in front of it."""
    if not words:
        return ""
    head, before = body[:-1], words[-1]
    if before.surface == "だっ":
        return _cut(head, "だっ") + "でした"
    if before.surface == "なかっ":
        stem, verb = _cut(head, "なかっ"), words[-2] if len(words) > 1 else None
        if verb and before.pos.startswith("形容詞") and verb.pos.startswith("助詞"):
            return stem + "ありませんでした"
        return (_negative(stem, verb, "ませんでした") if verb else "") or body + "です"
    if before.pos.startswith("形容詞") or before.surface == "たかっ":
        return body + "です"
    if before.pos.startswith("助動詞"):
        return head + "ました" if before.surface[-1:] in _E_ROW else ""
    if before.pos.startswith("動詞"):
        return _fit(_cut(head, before.surface), _stem(before.surface, before.dictionary), "ました")
    if before.pos.startswith("名詞") and body.endswith("だ"):
        return head + "です"
    return ""


def _negative(head: str, before: Token, ending: str) -> str:
    """``head`` up to ない: its verb's stem with the polite ending, "" where no verb or helper of one stands there."""
    if before.pos.startswith("助動詞") and before.surface[-1:] in _E_ROW:
        return head + ending
    if not before.pos.startswith("動詞"):
        return ""
    surface = "し" if before.dictionary.endswith("する") else before.surface
    # 直せ(ない) is read as the imperative of 直す: a stem in the e row is the verb's potential.
    stem = surface if surface[-1:] in _E_ROW else _stem(surface, before.dictionary)
    return _fit(_cut(head, before.surface), stem, ending)


def _fit(head: str, stem: str, ending: str) -> str:
    """Head, stem and ending together; "" for a stem that the dictionary cut in the wrong place. 行った is read as 行く;
    in a report it is 行う unless it leads somewhere."""
    if not stem or stem[-1] in "っかさたなばまらわがざだ":
        return ""
    if stem == "行き" and not head.endswith(("校に", "社に", "へ")):
        stem = "行い"
    return head + stem + ending


def _stem(surface: str, dictionary: str) -> str:
    """The ます stem of a verb form, with as much of the dictionary form as the writing of ``surface`` has."""
    if not dictionary or dictionary[:-1] == surface or dictionary.endswith("ずる") or surface[-1:] in _E_ROW:
        return surface  # 戻せ(た) is read as the imperative of 戻す: it is "be able to"
    if dictionary.endswith(("する", "来る", "くる")):
        return surface if surface.endswith(("し", "来", "き")) else {"こ": "き"}.get(surface, surface)
    return surface[:-1] + _I_ROW.get(dictionary[-1], "")


def _stem_of_dictionary(body: str) -> str:
    """The ます stem of a sentence that ends in a verb's dictionary form, "" for another ending."""
    words = _words(body)
    if not words:
        return ""
    last = words[-1]
    if last.pos.startswith("助動詞") and last.surface in ("れる", "られる", "せる", "させる"):
        return body.removesuffix("る")
    if not last.pos.startswith("動詞") or last.surface != last.dictionary:
        return ""
    if last.surface.endswith("する"):
        return body.removesuffix("する") + "し"
    if last.surface in ("来る", "くる"):
        return body.removesuffix("る") if last.surface == "来る" else body.removesuffix("くる") + "き"
    if last.surface.endswith("る") and not _godan(body, last):
        return body.removesuffix("る")
    return body[:-1] + _I_ROW.get(body[-1], "")


def _godan(body: str, verb: Token) -> bool:
    """Whether a verb in る conjugates like 取る and not like 見る: read off how the dictionary takes it with ます."""
    if verb.surface[-2:-1] in "あかさたなはまやらわがざだばうくすつぬふむゆるぐずづぶおこそとのほもよろごぞどぼ":
        return True
    words = _words(body[:-1] + "ます")
    single = any(word.dictionary == verb.dictionary for word in words[-3:])
    words = _words(body[:-1] + "ります")
    several = any(word.dictionary == verb.dictionary for word in words[-3:])
    return several and not single


def _stem_of_volitional(body: str) -> str:
    """The ます stem of a sentence that ends in a verb's volitional form but for its う (…取り組も, …進めよ)."""
    words = _words(body + "う")
    verb = words[-1] if words else None
    if verb is None or not verb.pos.startswith("動詞") or not verb.dictionary:
        return ""
    head = _cut(body + "う", verb.surface)
    if verb.dictionary.endswith("する"):
        return head + verb.dictionary.removesuffix("する") + "し"
    return _stem_of_dictionary(head + verb.dictionary)


def _stem_of_noun(body: str) -> str:
    """The ます stem of a sentence that ends in a noun of doing (…の復習, …を復習), "" for another noun."""
    words = _words(body)
    if not words or "サ変可能" not in words[-1].pos:
        return ""
    if words[-1].surface in _REACHED:
        return body + "し"
    kinds = [word.surface for word in words]
    joined = next((kind for kind in reversed(kinds) if kind in ("を", "の", "に", "は", "が", "、", "で")), "")
    if joined in ("を", "に"):
        return body + "し"
    return body + "を行い" if joined in ("の", "") else ""


def _cut(text: str, ending: str) -> str:
    """The text without its ending, whose width and case may differ from the dictionary's."""
    return text[: len(text) - len(ending)]


def _words(text: str) -> tuple[Token, ...]:
    plain = normalise(text)
    return tokenize(plain, True) if len(plain) == len(text) else tokenize(text, True)
