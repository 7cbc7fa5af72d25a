"""What of a diary a line of a report may have been written from, where nothing is remembered: only its words tell.
What is known is ``daemon.drafting.evidence``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daemon.checks import PrivateTerm

WORD = re.compile(r"[A-Za-z0-9]{2,}|[ァ-ヶー]{2,}|[一-龠々]{2,}")


def perhaps_behind(told: str, lines: Sequence[int], diary: str, hidden: Sequence[PrivateTerm]) -> str:
    """What the diary says in some lines (from 1) about what a line of the report tells: the sentences that share a word
    with it, with every ``hidden`` piece blotted out; "" where none does."""
    letters = list(diary)
    for term in hidden:
        letters[term.start : term.end] = ["\n" if letter == "\n" else "■" for letter in diary[term.start : term.end]]
    words = WORD.findall(told)
    every = "".join(letters).split("\n")
    sentences = [
        one for number in lines if number <= len(every) for one in re.split("(?<=[。！？])", every[number - 1])
    ]
    return " … ".join(one.strip() for one in sentences if any(word in one for word in words))
