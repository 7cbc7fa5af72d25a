"""The console command ``nippo``. A command's module is loaded when that command is asked for, and no other."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from daemon.commands import COMMANDS, ELSEWHERE
from daemon.errors import NippoError, NoRoom, UsageError
from daemon.words import speak, tr
from daemon.words.of_typer import in_words, translate

try:
    from daemon import __version__
except ImportError:  # the file that says it is another's, or went away with the other's
    sys.exit(
        tr(
            "nippo: another package called `daemon`, such as python-daemon's, was installed over "
            "this one, or removed.\n  → Install nippo into an environment of its own: `uv tool "
            "install` or `pipx install` (docs/install.md)."
        )
    )

WORK_FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130


class CommandsOnDemand(TyperGroup):
    """The list of commands by name and line of help; the one that is called takes its stand-in's place."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        translate(self)
        for name, line in COMMANDS.items():
            self.add_command(TyperCommand(name, help=tr(line)))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, translate(load_command(name)) if name else command, rest

    def make_context(self, *given: Any, **named: Any) -> Any:
        with _spoken():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:
        with _spoken():
            return super().invoke(ctx)


@contextmanager
def _spoken() -> Iterator[None]:
    """What typer finds wrong with a command line, in the language of the person."""
    try:
        yield
    except Exception as problem:
        said = getattr(problem, "format_message", None)
        if said is not None:
            words = in_words(said())
            setattr(problem, "format_message", lambda: words)  # noqa: B010 (typer's errors make their text anew)
        raise


def load_command(name: str) -> Any:
    """The command of that name, out of its module. Raises ``KeyError`` for one that the list lacks."""
    app = typer.Typer()
    importlib.import_module(f"daemon.commands.{ELSEWHERE.get(name, name)}").register(app)
    return get_group(app).commands[name]


app = typer.Typer(
    name="nippo",
    cls=CommandsOnDemand,
    help="Write a private diary in Obsidian, get a daily report, made on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nippo {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the command line. Exit codes: 0 fine, 1 the work failed, 2 wrong usage or configuration."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    speak()
    try:
        app()
    except NippoError as problem:
        typer.secho(f"nippo: {problem}", err=True)
        sys.exit(WRONG_USAGE if isinstance(problem, UsageError) else WORK_FAILED)
    except OSError as problem:
        full = NoRoom.of(problem, problem.filename or tr("A disk"))
        if full is None:
            raise
        typer.secho(f"nippo: {full}", err=True)
        sys.exit(WORK_FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
