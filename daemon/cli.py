"""The console command ``nippo``. Every module of ``daemon.commands`` brings its own commands by ``register(app)``."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Annotated

import typer

from daemon import __version__, commands
from daemon.errors import NippoError, UsageError

WORK_FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130

app = typer.Typer(
    name="nippo",
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


def register_all() -> None:
    """Bring in the commands of every module of ``daemon.commands``."""
    for module in sorted(entry.name for entry in pkgutil.iter_modules(commands.__path__)):
        importlib.import_module(f"daemon.commands.{module}").register(app)


register_all()


def main() -> None:
    """Run the command line. Exit codes: 0 fine, 1 the work failed, 2 wrong usage or configuration."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except NippoError as problem:
        typer.secho(f"nippo: {problem}", err=True)
        sys.exit(WRONG_USAGE if isinstance(problem, UsageError) else WORK_FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
