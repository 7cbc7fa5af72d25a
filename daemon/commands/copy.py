"""``nippo copy`` and ``nippo open``: a report on its way out of the vault, by clipboard or in Obsidian."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.errors import NippoError, UsageError
from daemon.learning.places import all_reports, known_places, place_among
from daemon.options import ConfigFile, to_date
from daemon.service.service import now
from daemon.setup.completion import days
from daemon.system.clipboard import put
from daemon.vault.layout import read_layout
from daemon.vault.obsidian import open_address
from daemon.vault.report_note import ReadReport, is_begun, read
from daemon.words import tr

Day = Annotated[
    str,
    typer.Argument(
        metavar="[DATE]", autocompletion=days, help="The day of the report.", show_default="the newest report's"
    ),
]


def register(app: typer.Typer) -> None:
    app.command("copy")(copy)
    app.command("open")(open_in_obsidian)


def copy(day: Day = "", config: ConfigFile = None) -> None:
    """Put the body of a report on the clipboard, ready to be pasted into the school's form."""
    wanted, _, report = _find(load(config), day)
    if is_begun(report):
        raise UsageError(
            tr("The report of {wanted} is not written yet.", wanted=wanted), tr("`nippo status` says how far it is.")
        )
    put(report.body + "\n")
    typer.echo(
        tr(
            "{wanted}: {count} characters are on the clipboard ({state}).",
            wanted=wanted,
            count=len(report.body),
            state=_state(report),
        )
    )


def open_in_obsidian(day: Day = "", config: ConfigFile = None) -> None:
    """Open a report in Obsidian."""
    _, file, _ = _find(load(config), day)
    typer.echo(file)
    address = open_address(file)
    if typer.launch(address):
        raise NippoError(
            tr("{address} could not be opened.", address=address), tr("Is Obsidian installed? Open the note by hand.")
        )


def _find(config: Config, day: str) -> tuple[date, Path, ReadReport]:
    """The report note of a day, or the newest one. Raises ``UsageError`` where there is none."""
    layout, places = read_layout(config), known_places(config)
    if day:
        wanted: date | None = to_date(day, now().date())
    else:
        wanted = max(all_reports(layout, places), default=None)
    if wanted is None:
        raise UsageError(tr("There is no report yet."), tr("`nippo report DATE` writes one."))
    file = layout.file(place_among(layout, places, wanted))
    with contextlib.suppress(OSError):
        return wanted, file, read(file.read_bytes())
    raise UsageError(
        tr("There is no report of {wanted}.", wanted=wanted), tr("`nippo report {wanted}` writes it.", wanted=wanted)
    )


def _state(report: ReadReport) -> str:
    """What a person should know before pasting."""
    if report.accepted:
        return tr("accepted")
    doubts = len(report.warnings)
    if not doubts:
        return tr("not accepted yet")
    if doubts == 1:
        return tr("not accepted yet, 1 warning: read it first")
    return tr("not accepted yet, {doubts} warnings: read it first", doubts=doubts)
