"""Done on another day (先週, 昨日 …), told as of this day."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage

_EARLIER = r"先々週|先週|昨日|きのう|先月|おととい|一昨日|去年|昨年|昨夜|ゆうべ"
_WORD = re.compile(_EARLIER)
_REST = re.compile(
    rf"(?:{_EARLIER})(?:の(?:分|話|こと|うち|ノート)|$|。|だ|に(?!比))|とこまでが|のは(?:もう)?(?:{_EARLIER})"
)
_TODAY = re.compile(
    r"今日|本日|きょう|けふ|今朝|今夜|今回|今度|続き|つづき|復習|返|直し|やっと|ようやく|比べ|より|から(?!の)|まで(?:は|の|$)|のに"
)


def earlier(passage: Passage) -> str | None:
    """Given a line told as done, return a message if the clause that tells it names an earlier day and no other."""
    if not passage.is_done or _WORD.search(passage.line):
        return None
    if _REST.search(passage.rest):
        return "日記では前の日のことですが、この日にしたこととして書かれています。"
    if passage.shared_end < 0 or _TODAY.search(passage.sentence):
        return None
    if _WORD.search(passage.clause):
        return "日記では前の日のことですが、この日にしたこととして書かれています。"
    return None
