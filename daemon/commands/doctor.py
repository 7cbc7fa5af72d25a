"""``nippo doctor``: everything that could be wrong, each with its remedy."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from daemon.options import ConfigFile, Json, to_date
from daemon.setup.doctor import examine

MARKS = {"ok": ("ok  ", typer.colors.GREEN), "warn": ("warn", typer.colors.YELLOW), "fail": ("fail", typer.colors.RED)}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    config: ConfigFile = None,
    as_json: Json = False,
    day: Annotated[
        str, typer.Option("--day", metavar="DATE", help="Of this diary tell what is cut before a model sees it.")
    ] = "",
) -> None:
    """Look at settings, vault, private parts, model, observer and machine. Exit code 1 when something fails."""
    lines = examine(config, to_date(day, date.today()) if day else None)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=1))
    else:
        for line in lines:
            mark, colour = MARKS[line.state]
            typer.echo(f"{typer.style(mark, fg=colour)}  {line.name:9} {line.message}")
            if line.remedy and line.state != "ok":
                typer.echo(f"                → {line.remedy}")
    if any(line.state == "fail" for line in lines):
        raise typer.Exit(1)
