"""``nippo backfill``: reports for notes from before the first run."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from daemon.config import load
from daemon.errors import NippoError, UsageError
from daemon.learning.places import known_places, place_among
from daemon.options import ConfigFile, to_date
from daemon.service.on_demand import ask, unfinished, work_off
from daemon.service.service import now
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.vault.scan import DiaryNote, find_diaries
from daemon.words import tr
from daemon.worker.shared import SharedWorker


def register(app: typer.Typer) -> None:
    app.command("backfill")(backfill)


def backfill(
    from_: Annotated[str, typer.Option("--from", help="The first date, such as 2026-01-07.")],
    to: Annotated[str, typer.Option("--to", help="The last date.")] = "today",
    config: ConfigFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the notes and write nothing.")] = False,
) -> None:
    """Write reports for older diary notes that have none. Stopping and starting again goes on where it was."""
    settings = load(config)
    moment = now()
    first, last = to_date(from_, moment.date()), to_date(to, moment.date())
    if first > last:
        raise UsageError(
            tr("--from {first} is after --to {last}.", first=first, last=last), tr("Give the earlier date first.")
        )
    layout = read_layout(settings)
    notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote) and first <= note.day <= last]
    places = known_places(settings)
    missing = [note for note in notes if not layout.file(place_among(layout, places, note.day)).exists()]
    if dry_run:
        for note in missing:
            typer.echo(note.path)
        typer.echo(tr("{count} of {count2} notes have no report yet.", count=len(missing), count2=len(notes)), err=True)
        return
    with Store.open(settings.data_path) as store:
        queued = ask(layout, store, settings, missing, "backfill", moment)
        typer.echo(
            tr(
                "{count} notes from {first} to {last}, {count2} reports to write.",
                count=len(notes),
                first=first,
                last=last,
                count2=len(queued),
            ),
            err=True,
        )
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), disable=not queued) as progress:
            task = progress.add_task(tr("reports"), total=len(queued))

            def told(kind: str, number: int, total: int) -> None:
                progress.update(
                    task,
                    description=tr("reports, sentence {number} of {total}", number=number, total=total)
                    if number
                    else tr("reports"),
                )

            for path in work_off(settings, store, layout, queued, SharedWorker, told):
                progress.update(task, advance=1, description=path)
        failed = unfinished(store, [note.path for note in missing])
    for job in failed:
        typer.echo(f"{job.error}\n  → {job.next_step}", err=True)
    if any(job.state == "failed" for job in failed):
        raise NippoError(tr("{count} notes have no report.", count=len(failed)), tr("The others are written."))
