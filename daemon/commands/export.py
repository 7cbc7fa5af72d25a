"""``nippo export``: the reports of a range of days as a file."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from daemon.config import load
from daemon.drafting.learned_form import with_learned_form
from daemon.errors import UsageError
from daemon.learning.places import known_places
from daemon.options import ConfigFile, to_date
from daemon.service.service import now
from daemon.summaries.days import read_days
from daemon.summaries.export import as_csv, as_docx, as_markdown
from daemon.system.files import write_atomically
from daemon.vault.layout import read_layout
from daemon.words import tr


class FileKind(StrEnum):
    """What ``--as`` takes."""

    MD = "md"
    CSV = "csv"
    DOCX = "docx"


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    first: Annotated[str, typer.Argument(metavar="FROM", help="The first day, such as 2026-11-01.")],
    last: Annotated[str, typer.Argument(metavar="TO", help="The last day, such as 2026-11-30 or today.")],
    kind: Annotated[FileKind, typer.Option("--as", help="Markdown, a table, or a Word document.")] = FileKind.MD,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help='The file; "-" prints.', show_default="nippo_FROM_TO in this folder"),
    ] = None,
    accepted: Annotated[bool, typer.Option("--accepted", help="Only reports that were handed in.")] = False,
    config: ConfigFile = None,
) -> None:
    """Write the reports of a range of days into one file: Markdown, CSV or DOCX. Diaries are not read.

    A file that is there already is never overwritten.
    """
    settings = load(config)
    today = now().date()
    begin, end = to_date(first, today), to_date(last, today)
    if begin > end:
        raise UsageError(tr("{begin} is later than {end}.", begin=begin, end=end), tr("Name the earlier day first."))
    kilobytes = settings.watch.max_note_kilobytes
    days = read_days(read_layout(settings), begin, end, kilobytes, accepted, known_places(settings))
    if not days:
        raise UsageError(
            tr("There is no report from {begin} to {end}.", begin=begin, end=end),
            tr("`nippo backfill` writes missing ones."),
        )
    if kind is FileKind.CSV:
        data = as_csv(days, with_learned_form(settings).report)
    else:
        data = as_docx(days, begin, end) if kind is FileKind.DOCX else as_markdown(days)
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(data)
        return
    file = (output or Path(f"nippo_{begin}_{end}.{kind.value}")).expanduser()
    if file.exists():
        raise UsageError(
            tr("{file}: is there already.", file=file), tr("Name another file with --output, or remove it.")
        )
    try:
        write_atomically(file, data)
    except OSError as problem:
        raise UsageError(
            tr("{file}: cannot be written ({why}).", file=file, why=problem.strerror), tr("Name another folder.")
        ) from None
    typer.echo(tr("{file}  ({count} report(s))", file=file, count=len(days)))
