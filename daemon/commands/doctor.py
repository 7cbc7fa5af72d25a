"""``nippo doctor``: everything that could be wrong, each with its remedy."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from daemon.config import load
from daemon.errors import NippoError
from daemon.options import ConfigFile, Json, columns, padded, to_date
from daemon.setup.doctor import examine
from daemon.setup.doctor_rights import close, left_open
from daemon.words import marked, tr

MARKS = {
    "ok": (marked("ok"), typer.colors.GREEN),
    "warn": (marked("warn"), typer.colors.YELLOW),
    "fail": (marked("fail"), typer.colors.RED),
}
NAMES = (
    marked("config"),
    marked("vault"),
    marked("diary"),
    marked("reports"),
    marked("observer"),
    marked("data"),
    marked("space"),
    marked("engine"),
    marked("model"),
    marked("adapter"),
    marked("training"),
    marked("private"),
    marked("rights"),
    marked("service"),
    marked("linger"),
    marked("gpu"),
    marked("time zone"),
    marked("vault mount"),
)
"""What is looked at (``DoctorLine.name``), where it has another name in Japanese."""


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    config: ConfigFile = None,
    as_json: Json = False,
    day: Annotated[
        str, typer.Option("--day", metavar="DATE", help="Of this diary tell what is cut before a model sees it.")
    ] = "",
    fix: Annotated[bool, typer.Option("--fix", help="Close what other users may read of nippo's files.")] = False,
) -> None:
    """Look at settings, vault, private parts, model, observer and machine. Exit code 1 when something fails."""
    wanted = to_date(day, date.today()) if day else None
    if fix:
        _close_what_is_open(config, as_json)
    lines = examine(config, wanted)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=1))
    else:
        width = max(9, *(columns(tr(line.name)) for line in lines))
        for line in lines:
            mark, colour = MARKS[line.state]
            typer.echo(f"{typer.style(padded(tr(mark), 4), fg=colour)}  {padded(tr(line.name), width)} {line.message}")
            if line.remedy and line.state != "ok":
                typer.echo(f"{' ' * (width + 7)}→ {line.remedy}")
        question = tr("Close nippo's files to other users of this machine now?")
        if not fix and sys.stdin.isatty() and _open_paths(config) and typer.confirm(question, default=True):
            _close_what_is_open(config, as_json)
    if any(line.state == "fail" for line in lines):
        raise typer.Exit(1)


def _close_what_is_open(config: Path | None, quiet: bool) -> None:
    """Close what is open, and say what was closed and what could not be."""
    paths = _open_paths(config)
    problems = close(paths)
    if paths and not quiet:
        typer.echo(tr("Closed to other users: {count} files and folders of nippo.", count=len(paths) - len(problems)))
    for problem in problems:
        typer.echo(tr("Not closed: {problem}. Its owner can: chmod go= on it.", problem=problem), err=True)


def _open_paths(config: Path | None) -> list[Path]:
    try:
        return left_open(load(config))
    except NippoError:
        return []
