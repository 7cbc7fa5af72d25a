"""A sentence in です・ます form as one in である form. Pure but for Sudachi's dictionary.

What cannot be turned safely stays as it is; ``checks.form.check_style`` then marks the line."""

from __future__ import annotations

import re

from daemon.checks.text import normalise
from daemon.checks.tokens import Token, tokenize

_STOP = re.compile(r"(?<=。)(?![」』）)])")
_CLAUSE = re.compile(r"(?<=です|ます|した|せん)(?=(?:が|ので|けれども|けれど|けど|から|し)、)")
"""Where a clause in です・ます form may end within a sentence."""
_QUOTE = "「『（("
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
_E_ROW = "えけげせぜてでねへべぺめれ"
_A_ROW = dict(zip("うつるむぶぬくぐす", "わたらまばなかがさ", strict=True))


def to_plain(text: str) -> str:
    """Given a line in です・ます form, return it in である form, sentence by sentence and clause by clause; an ending
    that is not known stays."""
    return "".join(_sentence(part) for part in _STOP.split(text))


def _sentence(text: str) -> str:
    body = text.rstrip()
    stop = "。" if body.endswith("。") else ""
    clauses = _CLAUSE.split(body.removesuffix("。"))
    turned = [_clause(clause) for clause in clauses]
    return "".join(turned) + stop + text[len(body) :] if turned != clauses else text


def _clause(body: str) -> str:
    """A clause without its full stop in である form; as it is where its ending is not known, or open to a quotation."""
    if any(body.count(mark) > body.count(end) for mark, end in zip(_QUOTE, "」』）)", strict=True)):
        return body
    for ending, turn in _TURNS:
        if body.endswith(ending) and len(body) > len(ending):
            return turn(body.removesuffix(ending)) or body
    return body


def _stated(stem: str) -> str:
    """…です: nothing behind an adjective, たい, ない and what has a tense of its own, else である."""
    tokens = tokenize(normalise(stem), True)
    last = tokens[-1] if tokens else None
    if last is None:
        return ""
    adjective = last.pos.startswith("形容詞") and last.surface.endswith("い")
    helper = last.pos.startswith("助動詞") and last.surface in ("たい", "ない", "らしい", "た", "だ")
    return stem if adjective or helper else stem + "である"


def _present(stem: str) -> str:
    """…ます: the verb in its dictionary form."""
    verb = _last_verb(stem, "ます")
    if verb is None:
        return ""
    if _like_eat(verb):
        return stem + "る"
    return stem[: len(stem) - len(verb.surface)] + verb.dictionary


def _past(stem: str) -> str:
    verb = _last_verb(stem, "ました")
    if verb is None:
        return ""
    base = verb.dictionary
    before = stem[: len(stem) - len(verb.surface)]
    if _like_eat(verb) or base.endswith(("する", "来る")) or base == "くる":
        return stem + "た"
    root = verb.surface[:-1]
    if base in ("行く", "いく", "ゆく"):
        return before + root + "った"
    return before + root + _SOUND.get(base[-1], "た")


def _negated(stem: str) -> str:
    """…ません: the verb with ない, which stands alone for ありません."""
    verb = _last_verb(stem, "ません")
    if verb is None:
        return ""
    base = verb.dictionary
    before = stem[: len(stem) - len(verb.surface)]
    if _like_eat(verb) or base.endswith(("する", "来る")):
        return stem + "ない"
    if base == "ある":
        return before + "ない"
    if base == "くる":
        return before + "こない"
    return before + verb.surface[:-1] + _A_ROW[base[-1]] + "ない" if base[-1] in _A_ROW else ""


def _not_done(stem: str) -> str:
    negated = _negated(stem)
    return negated.removesuffix("い") + "かった" if negated else ""


def _like_eat(verb: Token) -> bool:
    """Whether た, る and ない follow the form in front of ます as it is: 食べ, 見, られ, and 戻せ, which the dictionary
    takes for the imperative of 戻す where it can only be "be able to"."""
    base = verb.dictionary
    return not base or base[:-1] == verb.surface or base.endswith("ずる") or verb.surface[-1] in _E_ROW


def _last_verb(stem: str, ending: str) -> Token | None:
    """The verb or helper that an ending follows, None where something else stands there."""
    plain = normalise(stem)
    plain = plain if len(plain) == len(stem) else stem
    last = next((token for token in tokenize(plain + ending, True) if token.end == len(plain)), None)
    if last is None:
        return None
    helper = last.pos.startswith("助動詞") and last.surface[-1] in _E_ROW
    return last if helper or last.dictionary else None


_TURNS = (
    ("ませんでした", _not_done),
    ("ております", lambda stem: stem + "ている"),
    ("ておりました", lambda stem: stem + "ていた"),
    ("ておりません", lambda stem: stem + "ていない"),
    ("ました", _past),
    ("でした", lambda stem: stem + "だった"),
    ("でしょう", lambda stem: stem + "であろう"),
    ("ています", lambda stem: stem + "ている"),
    ("ません", _negated),
    ("ます", _present),
    ("です", _stated),
)
"""Endings with what they become of the stem in front of them; the first that fits counts."""
