"""Stopped, failed, not begun or half done, told as done."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage

_STOPPED = (
    r"やめ|止め(?!て.{0,4}(?:直|解))|諦|あきらめ|断念|中止|見送|放置|手つかず|手付かず|未着手|未修正|未提出|未完|未対|未実|触って(?:い|お)?[なら]|"
    r"手をつけて(?:い)?な|白紙|まっしろ|真っ白|まんだ|まだ(?!っ)|途中|(?<=[りきちみしびぎけえせめべれげじ])かけ(?:て(?:止|や|い|る|終|断|$)|の|$|た(?:とこ|だけ|まま|が|け|。|$))|しそこね|寝た|"
    r"とらん|ておらぬ|てへん(?!か)|ておらず|ておりません|半分(?:で|だけ|しか|$)"
)
_REST = re.compile(_STOPPED)
_LEARNED = re.compile(r"教わ|学び|調べ|読みました|見ました|聞き|指摘|決め")


def stopped(passage: Passage) -> str | None:
    """Given a line told as done without reserve, return a message if its sentence says that it was stopped or left."""
    if not passage.is_whole or _LEARNED.search(passage.line):
        return None
    if _REST.search(re.split(r"だけで|ないと", passage.rest)[0]):
        return "日記では途中や中止、手つかずですが、したこととして書かれています。"
    return None
