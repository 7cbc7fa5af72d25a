"""``nippo report``: one report now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.errors import NippoError, NoteUnreadable, UsageError
from daemon.learning.places import place_of
from daemon.options import ConfigFile, on_the_way, to_date
from daemon.service.on_demand import ask, find_note, read_text, unfinished, work_off
from daemon.service.service import now
from daemon.setup.completion import days
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.vault.note_text import decode
from daemon.words import tr
from daemon.worker.shared import SharedWorker


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    note: Annotated[
        str,
        typer.Argument(
            metavar="DATE|FILE", autocompletion=days, help="A date such as 2026-01-07, today, or a diary note."
        ),
    ],
    config: ConfigFile = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the report and write nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but the last write.")] = False,
) -> None:
    """Write the report of one diary note now, by the running daemon or without one.

    A report that you have changed is never overwritten.
    """
    settings = load(config)
    file = Path(note).expanduser()
    day = None if file.suffix.lower() == ".md" or file.is_file() else to_date(note, now().date())
    if stdout and day is None and file.is_file():
        _show(_draft(settings, now().date(), _any_text(file, settings)))
        return
    layout = read_layout(settings)
    found = find_note(layout, note, day)
    if stdout:
        _show(_draft(settings, found.day, read_text(layout, found, settings)))
    elif dry_run:
        result = _draft(settings, found.day, read_text(layout, found, settings))
        _show(result)
        typer.echo(tr("dry run: {report_path} was not written.", report_path=layout.report_path(found.day)), err=True)
    else:
        with on_the_way(tr("{path}: the model", path=found.path)) as told:
            file = write_now(settings, found.path, told)
        typer.echo(file.relative_to(layout.root).as_posix())


def write_now(settings: Config, path: str, told: Callable[[str, int, int], None] | None = None) -> Path:
    """Have the report of one diary note written, by the daemon or here; return its file. Raises ``NippoError``."""
    layout = read_layout(settings)
    note = find_note(layout, path, None)
    with Store.open(settings.data_path) as store:
        queued = ask(layout, store, settings, [note], "report", now())
        for _ in work_off(settings, store, layout, queued, SharedWorker, told):
            pass
        for job in unfinished(store, queued):
            raise NippoError(job.error, job.next_step)
        return layout.file(place_of(layout, store, note.day))


def _draft(settings: Config, day: date, text: str) -> DraftResult:

    with SharedWorker(settings) as worker:
        return worker.draft(DraftRequest(date=day.isoformat(), diary=text), settings.engine.timeout_seconds)


def _any_text(file: Path, settings: Config) -> str:

    try:
        data = file.read_bytes()
    except OSError as problem:
        raise UsageError(
            tr("{file}: cannot be read ({why}).", file=file, why=problem.strerror), tr("Name a text file.")
        ) from None
    if len(data) > settings.watch.max_note_kilobytes * 1024:
        raise NoteUnreadable(
            tr(
                "{file}: larger than {max_note_kilobytes} KB.",
                file=file,
                max_note_kilobytes=settings.watch.max_note_kilobytes,
            ),
            tr("Split the file."),
        )
    return decode(data, file.name)


def _show(result: DraftResult) -> None:
    typer.echo(result.body)
    for warning in result.warnings:
        typer.echo(f"※ {warning}", err=True)
