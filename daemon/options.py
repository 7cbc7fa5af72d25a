"""Options and forms that several commands share, and the line that shows how far a draft is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from daemon.errors import UsageError
from daemon.words import marked, tr

ConfigFile = Annotated[Path | None, typer.Option("--config", help="The settings file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def folded(text: str, width: int) -> str:
    """A text whose lines are cut at ``width`` columns of a terminal. Japanese has no spaces: wrapped by words, a line
    that is too long would leave its bullet alone."""
    from rich.cells import chop_cells

    return "\n".join("\n".join(chop_cells(line, width)) if line else "" for line in text.splitlines())


def padded(text: str, width: int) -> str:
    """A text filled with blanks up to so many columns of a terminal; a Japanese letter takes two."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def to_date(text: str, today: date) -> date:
    """Given "2026-01-07", "today" or "yesterday", return the day. Raises ``UsageError``."""
    before = date.fromordinal(today.toordinal() - 1)
    words = {"today": today, "今日": today, "yesterday": before, "昨日": before}
    if text in words:
        return words[text]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            tr('"{text}" is no date.', text=text), tr("Write it as 2026-01-07, or today, or yesterday.")
        ) from None


WORDS = {
    "reading": marked("reads the diary"),
    "writing": marked("writes"),
    "checking": marked("judges its lines"),
    "again": marked("tries again"),
}
"""What a draft does, by the kind of its stage."""


@contextmanager
def on_the_way(head: str) -> Iterator[Callable[[str, int, int], None]]:
    """Given what the line begins with, give the listener of ``work_off``'s stages."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda kind, number, total: None
        return
    started = time.monotonic()
    with console.status(head) as line:

        def told(kind: str, number: int, total: int) -> None:
            line.update(f"{head}{describe(kind, number, total, time.monotonic() - started)}")

        yield told


def describe(kind: str, number: int, total: int, seconds: float) -> str:
    """A stage in words, with the time that is left where it can be guessed from the sentences done. Pure."""
    verb = tr(WORDS.get(kind, ""))
    if not number or not total:
        return f" {verb}" if verb else ""
    if kind != "writing":
        return tr(" {verb}: sentence {number} of {total}", verb=verb, number=number, total=total)
    left = seconds / number * (total - number)
    return tr(
        " {verb}: sentence {number} of {total}, about {left:.0f} s left",
        verb=verb,
        number=number,
        total=total,
        left=left,
    )
