"""Lines that a person may take for the beginning of a private section, and that are none: a heading that only begins
like a declared one, a line in bold, a label. They are told in the terminal, so that nobody trusts in vain. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.config import PrivacySettings
from daemon.vault.code import Code
from daemon.vault.diary import Prepared
from daemon.vault.frontmatter import split
from daemon.vault.heading_words import wanted, words_key
from daemon.words import tr

_MARKS = re.compile(r"[ \t\u3000>*+\-_=~]*(?:\[.\][ \t])?(#{0,6})")
_LABEL = re.compile(r"^([^:：]{1,40})[:：]")


def near_headings(seen: Prepared, privacy: PrivacySettings) -> Iterator[tuple[int, str]]:
    """Given a prepared diary and the [privacy] settings, yield (line of the diary, what it is) of such lines."""
    keys = wanted(privacy.private_headings).words
    if not keys or seen.private:
        return
    head, body = split(seen.text, dots=True)
    fences = Code(body).fences
    position, skipped = 0, head.count("\n")
    for number, line in zip(seen.lines[skipped:], body.split("\n"), strict=True):
        mark = _MARKS.match(line)
        words = line[mark.end() :] if mark else line
        label = _LABEL.match(words)
        whole = words_key(words)
        if fences.around(position) is None and whole:
            if whole in keys:
                yield number, tr("stands alone like a private heading, but is none")
            elif mark and mark[1] and any(key in whole for key in keys):
                yield number, tr("is a heading that holds more than the words of a private one")
            elif label and words_key(label[1]) in keys:
                yield number, tr("begins with the words of a private heading")
        position += len(line) + 1
