"""Whose deed: another's work, or a favour received, told as the writer's own."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage
from daemon.checks.meaning.people import TEACHER, WRITER, names

_RECEIVED = re.compile(r"教わ|指摘|聞[きい]|もらい|いただ|受け|見学|助言|手伝|借り|見せ|知り|紹介")
_LEARNED = re.compile(
    r"学[びん]|確認|理解|見ました|分か|知|読み|参加|聴|覚え|見つか|出ま|なりました|でした|できました|決ま"
)
_ENDING = 40
"""Characters after what line and sentence share in which the doer may be named."""
_FAVOUR = re.compile(r"(?:て|で)(?:くれ|下さ|くださ|もら|いただ|おくれ)(?!な|へん|ません)")
_OWNED = (
    r"(?:の(?:担当|案|作|手柄|ぶん|分|係|仕事|宿題|役|設定|図)|"
    r"が(?:担当|やる|やっ|作|書|直|見つけ|描|つく|まとめ|出し|決め|消し|設定))"
)


def favour(passage: Passage) -> str | None:
    """Given a line told as the writer's deed, return a message if its sentence says that another did it for the
    writer (〜てくれた, 〜てもらった)."""
    if not passage.is_done or _RECEIVED.search(passage.line) or passage.shared_end < 0:
        return None
    if _FAVOUR.search(passage.rest) and (re.search(r"も(?:ら|ろ)", passage.rest) or names(passage)):
        return "日記ではほかの人がしてくれたことですが、自分がしたこととして書かれています。"
    return None


def doer(passage: Passage) -> str | None:
    """Given any line that tells no learning, return a message if its sentence names another as the one who did it, or
    is to do it: at its end (見つけたのは〜, 〜の案, 〜がまとめる), or as the subject of the clause it comes from."""
    if _RECEIVED.search(passage.line) or passage.shared_end < 0:
        return None
    people = sorted(set(names(passage)))
    ending = passage.sentence[passage.shared_end :][:_ENDING]
    if any(_owns(person, ending) for person in people):
        return "日記ではほかの人の担当や作業ですが、自分のこととして書かれています。"
    if _LEARNED.search(passage.line) or WRITER.search(passage.clause + passage.rest):
        return None
    if any(_does(person, passage.clause, passage.rest) for person in people):
        return "日記ではほかの人がしたことのようですが、自分がしたこととして書かれています。"
    return None


def _does(person: str, clause: str, rest: str) -> bool:
    """Whether the person is the subject of a clause: at its head (no teacher: they lead a lesson), or behind its
    object."""
    key = re.escape(person)
    head = clause.lstrip("・-[] x>*「")
    if not TEACHER.search(person) and re.match(rf"{key}[ぁ-ん]{{0,2}}[がはも]", head):
        return True
    inside = re.search(rf"[はもを]{key}(?:と[^、]{{1,8}})?が[^が]{{0,12}}$", clause)
    return (
        inside is not None
        or re.match(rf"[^、。]{{0,4}}[はもを]{key}(?:と[^、]{{1,8}})?が(?![言教聞])", rest) is not None
    )


def _owns(person: str, ending: str) -> bool:
    key = re.escape(person)
    found = re.search(rf"^[^、。]{{0,14}}のは(?:[^、。]{{0,6}}の)?{key}(?:$|[。、でだら(])", ending)
    return found is not None or re.search(rf"^[^。]{{0,10}}[はも、]{key}{_OWNED}", ending) is not None
