"""Options and forms that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from daemon.errors import UsageError

ConfigFile = Annotated[Path | None, typer.Option("--config", help="The settings file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def folded(text: str, width: int) -> str:
    """A text whose lines are cut at ``width`` columns of a terminal. Japanese has no spaces: wrapped by words, a line
    that is too long would leave its bullet alone."""
    from rich.cells import chop_cells

    return "\n".join("\n".join(chop_cells(line, width)) if line else "" for line in text.splitlines())


def to_date(text: str, today: date) -> date:
    """Given "2026-01-07", "today" or "yesterday", return the day. Raises ``UsageError``."""
    words = {"today": today, "今日": today, "yesterday": date.fromordinal(today.toordinal() - 1)}
    if text in words:
        return words[text]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f'"{text}" is no date.', "Write it as 2026-01-07, or today, or yesterday.") from None
