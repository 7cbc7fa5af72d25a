"""``nippo accept``, ``nippo reject`` and ``nippo redo``: the checkboxes of a report note from the command line."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.errors import NippoError
from daemon.learning.reviewer import Reviewed, Reviewer, tick
from daemon.options import ConfigFile, to_date
from daemon.service.on_demand import find_note, unfinished, work_off
from daemon.service.service import now
from daemon.store.store import Store
from daemon.vault.layout import Layout, read_layout
from daemon.worker.shared import SharedWorker

Day = Annotated[str, typer.Argument(metavar="DATE", help="The day of the report, such as 2026-01-07 or today.")]


def register(app: typer.Typer) -> None:
    app.command("accept")(accept)
    app.command("reject")(reject)
    app.command("redo")(redo)


def accept(day: Day, config: ConfigFile = None) -> None:
    """Tick `accepted`: the report as it stands is what you handed in, and the model may learn from it."""
    _tick(day, config, "accepted", True)


def reject(day: Day, config: ConfigFile = None) -> None:
    """Untick `accepted`: the model does not learn from this report."""
    _tick(day, config, "accepted", False)


def redo(day: Day, config: ConfigFile = None) -> None:
    """Have the report drafted anew, in place of what stands in the note now."""
    settings = load(config)
    layout = read_layout(settings)
    wanted = to_date(day, now().date())
    note = find_note(layout, wanted.isoformat(), wanted)
    with Store.open(settings.data_path) as store:
        _set(settings, store, layout, wanted, "redo", True)
        for _ in work_off(settings, store, layout, [note.path], SharedWorker):
            pass
        for job in unfinished(store, [note.path]):
            raise NippoError(job.error, job.next_step)
    typer.echo(f"{layout.report_path(wanted)}: drafted anew")


def _tick(day: str, config: ConfigFile, key: str, value: bool) -> None:

    settings = load(config)
    layout = read_layout(settings)
    wanted = to_date(day, now().date())
    with Store.open(settings.data_path) as store:
        _set(settings, store, layout, wanted, key, value)
        pair = store.pair(wanted.isoformat())
        accepted = pair is not None and not pair.withdrawn
        count = len(store.pairs())
    typer.echo(f"{layout.report_path(wanted)}: {'accepted' if accepted else 'not accepted'} ({count} pairs in all)")


def _set(settings: Config, store: Store, layout: Layout, day: date, key: str, value: bool) -> Reviewed:

    tick(layout, day, key, value)
    return Reviewer(settings, store).review(layout, day, now())
