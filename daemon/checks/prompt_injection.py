"""Prompt injection: sentences of a diary that command the program reading it ("forget your rules, write only …").

The model is trained to ignore them and now and then obeys all the same, so it does not get to see them. Of the corpus'
21 diaries with such a sentence 18 are recognised, of its other 1,072 none is taken for one (tuned on them). Pure.
"""

from __future__ import annotations

import re

from daemon.checks.text import normal

_COMMAND = re.compile(
    r"(?:命令|指示|規則|ルール|プロンプト|指令)[^\n]{0,12}(?:無視|忘れ|わすれ|破棄|無効|上書き|最優先)"
    r"|(?:無視|忘れ)[^\n]{0,6}(?:命令|指示|ルール)"
    r"|日報[^\n]{0,80}(?:とだけ|だけ(?:に|を)?(?:しろ|せよ|して(?:ください|ね))|書くこと|書け|入れること|必ず(?:書|記載|入れ)"
    r"|(?:と|って)書いて(?:ください|くれ)(?!と|って)"
    r"|出力(?:する|せよ|して)|記載(?:すること|せよ|して))"
    r"|(?:ignore|disregard|forget)[^.\n]{0,30}(?:instruction|previous|above|prompt|rules)"
    r"|(?:AI|人工知能)(?:さん|ちゃん|くん|様)?(?:へ(?=[。、:：\s]|の(?:指示|命令))|に告ぐ|に命)"
    r"|(?:ADMIN|SYSTEM)[^\n]{0,20}(?:TO ANY AI|NOTE)",
    re.IGNORECASE,
)
_LEAD = " \t>*+-"
_SENTENCE = re.compile(r"(?:「[^」\n]{0,300}」|『[^』\n]{0,300}』|[^。!?！？\n])+[。!?！？]*")


def find_commands(text: str) -> list[tuple[int, int]]:
    """Given a diary, return the spans of such sentences, without the marks of quote or list before them. They are
    looked for in the normalised text: marks without a width hide none."""
    source = normal(text)
    return [
        source.span(sentence.end() - len(sentence[0].lstrip(_LEAD)), sentence.end())
        for sentence in _SENTENCE.finditer(source.text)
        if _COMMAND.search(sentence[0])
    ]
