"""The questions of ``nippo setup``: asked in the terminal, and counted."""

from __future__ import annotations

from collections.abc import Sequence

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

    def one_of(self, words: str, choices: Sequence[str], otherwise: str, usual: int) -> int:
        """The number of one of the choices, which are shown, from 1 on; 0 for ``otherwise``."""
        for number, choice in enumerate(choices, start=1):
            typer.echo(f"  {number}  {choice}")
        typer.echo(f"  0  {otherwise}")
        return self.number(words, len(choices), usual)
