"""How far a draft is, on the line below: for those who watch a terminal, and for nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

WORDS = {"reading": "reads the diary", "writing": "writes", "checking": "judges its lines", "again": "tries again"}
WORDS_JA = {
    "reading": "日記を読んでいます",
    "writing": "書いています",
    "checking": "確かめています",
    "again": "書き直しています",
}


@contextmanager
def on_the_way(head: str, japanese: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Given what the line begins with, give the listener of ``work_off``'s stages."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda kind, number, total: None
        return
    started = time.monotonic()
    with console.status(head) as line:

        def told(kind: str, number: int, total: int) -> None:
            line.update(f"{head}{describe(kind, number, total, time.monotonic() - started, japanese)}")

        yield told


def describe(kind: str, number: int, total: int, seconds: float, japanese: bool = False) -> str:
    """A stage in words, with the time that is left where it can be guessed from the sentences done. Pure."""
    verb = (WORDS_JA if japanese else WORDS).get(kind, "")
    if not number or not total:
        return f" {verb}" if verb else ""
    left = seconds / number * (total - number)
    if japanese:
        return f" {verb}({number}/{total}文、残り約{left:.0f}秒)" if kind == "writing" else f" {verb}({number}文目)"
    return f" {verb}: sentence {number} of {total}" + (f", about {left:.0f} s left" if kind == "writing" else "")
