"""The questions of ``nippo setup``: asked in the terminal, and counted."""

from __future__ import annotations

import typer

from daemon.words import tr


class Questions:
    """The questions that are asked, at most ``MOST`` of them: what would come after that is left to its own command."""

    MOST = 4

    def __init__(self) -> None:
        self.asked = 0

    @property
    def left(self) -> int:
        return self.MOST - self.asked

    def yes(self, words: str, usual: bool = True) -> bool:
        self.asked += 1
        return typer.confirm(words, default=usual)

    def number(self, words: str, most: int, usual: int) -> int:
        """A number from 0 to ``most``, asked for until it is one."""
        self.asked += 1
        while True:
            answer = str(typer.prompt(words, default=str(usual))).strip()
            if answer.isdecimal() and int(answer) <= most:
                return int(answer)
            typer.echo(tr("A number from 0 to {most}, please.", most=most))
