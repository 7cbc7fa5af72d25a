"""What the writer keeps to themselves (内緒, 秘密, 書かない …)."""

from __future__ import annotations

import re

from daemon.checks.meaning.passage import Passage

_SECRET = re.compile(
    r"内緒|ないしょ|ナイショ|秘密(?:で|に(?:し|す|てお)|だ|です|の(?:話|こと)|。|$)|オフレコ|墓まで|口外|明かさ|黙ってお[こくい]|黙っと[こく]|伏せてお|"
    r"(?:日報|報告書?|ここ|レポート|日記|提出物|学校|先生|誰|だれ|人)(?:に|には|にも|では)(?:[^、。]{0,6})(?:書かな|書けな|言えな|言わな|出せな|伏せ|隠[しすせ])|"
    r"書かないで(?:お|く|ほし)|書かないこと(?:に|と)|言わないで(?:お|く|ほし)|(?:だれ|誰)にも(?:言|見せ|話|教|ばら)"
)


def secret(passage: Passage) -> str | None:
    """Given any line, return a message if its sentence is to be kept secret."""
    if _SECRET.search(passage.sentence):
        return "日記で内緒や秘密とされていることが書かれています。"
    return None
