"""A sentence in です・ます form as one in である form. Pure but for Sudachi's dictionary."""

from __future__ import annotations

import re

from daemon.checks.text import normalise
from daemon.checks.tokens import Token, tokenize

_ENDINGS = (
    ("ませんでした", "なかった"),
    ("でした", "だった"),
    ("ています", "ている"),
    ("ません", "ない"),
    ("です", "である"),
)
_SOUND = {
    "う": "った",
    "つ": "った",
    "る": "った",
    "む": "んだ",
    "ぶ": "んだ",
    "ぬ": "んだ",
    "く": "いた",
    "ぐ": "いだ",
}
_SOUND |= {"す": "した"}


def to_plain(text: str) -> str:
    """Given a line in です・ます form, return it in である form, sentence by sentence; an ending that is not known
    stays."""
    return "".join(_sentence(part) for part in re.split(r"(?<=。)", text))


def _sentence(text: str) -> str:
    body = text.rstrip()
    stop = "。" if body.endswith("。") else ""
    body = body.removesuffix("。")
    if body.endswith("ました") and not body.endswith("ませんでした"):
        return _past(body.removesuffix("ました")) + stop
    if body.endswith("ませんでした"):
        return _negated(body.removesuffix("ませんでした")) + "なかった" + stop
    for polite, plain in _ENDINGS:
        if body.endswith(polite):
            return body.removesuffix(polite) + plain + stop
    return text


def _last_verb(stem: str) -> Token | None:
    tokens = tokenize(normalise(stem + "ました"), True)
    found = [token for token in tokens if token.end <= len(normalise(stem))]
    return found[-1] if found else None


def _past(stem: str) -> str:
    verb = _last_verb(stem)
    base = verb.dictionary if verb else ""
    if not verb or not base:
        return stem + "た"  # れ, られ, せ, させ behind a verb conjugate like 食べる
    before = stem[: len(stem) - len(verb.surface)]
    if base.endswith("する") and verb.surface.endswith("し"):
        return stem + "た"
    if base.endswith("来る") or base == "くる" or base[:-1] == verb.surface:
        return stem + "た"
    root = verb.surface[:-1]
    if base in ("行く", "いく", "ゆく"):
        return before + root + "った"
    return before + root + _SOUND.get(base[-1], "た")


_A_ROW = dict(zip("うつるむぶぬくぐす", "わたらまばなかがさ", strict=True))


def _negated(stem: str) -> str:
    verb = _last_verb(stem)
    base = verb.dictionary if verb else ""
    if not verb or not base or base[:-1] == verb.surface or base.endswith("する"):
        return stem
    before = stem[: len(stem) - len(verb.surface)]
    if base == "ある":
        return before
    return before + verb.surface[:-1] + _A_ROW.get(base[-1], "")
