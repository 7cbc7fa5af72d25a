"""Where a line of Japanese may end on a terminal.

rich breaks lines at spaces only: a Japanese sentence would be one word, which is cut off in a table and begins a line
of its own after a short word. Here every Japanese letter is a word, except that no line begins with a mark that closes
(JIS X 4051's kinsoku).
"""

from __future__ import annotations

import re

NEVER_FIRST = "、。,.!?)]}、。，．・：；！？）］｝」』】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜…%"
NEVER_LAST = "([{（［｛「『【〈《"
JAPANESE = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
LATIN = f"[^\\s{JAPANESE}]+"
WORD = re.compile(
    rf"\s*[{re.escape(NEVER_LAST)}]*(?:[{JAPANESE}]|{LATIN})[{re.escape(NEVER_FIRST)}]*\s*|\s*\S+\s*",
)


def break_japanese() -> None:
    """Have rich, in this process, break lines of Japanese as Japanese is broken."""
    from rich import _wrap

    _wrap.re_word = WORD
