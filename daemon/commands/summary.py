"""``nippo summary``: a week or a month of reports on one page."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.config import load
from daemon.drafting.learned_form import with_learned_form
from daemon.errors import UsageError
from daemon.learning.places import known_places
from daemon.options import ConfigFile, to_date
from daemon.service.service import now
from daemon.setup.completion import days
from daemon.store.store import Store
from daemon.summaries.days import read_days
from daemon.summaries.notes import write_summary
from daemon.summaries.page import render
from daemon.summaries.periods import month_of, week_of
from daemon.vault.layout import read_layout
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("summary")(summary)


def summary(
    day: Annotated[
        str, typer.Argument(metavar="[DATE]", autocompletion=days, help="A day of the week or month.")
    ] = "today",
    week: Annotated[bool, typer.Option("--week/--month", help="The week, Monday to Sunday, or the month.")] = True,
    config: ConfigFile = None,
    write: Annotated[bool, typer.Option("--write", help="Put it into the vault beside the reports.")] = False,
) -> None:
    """Put the reports of a week or a month together: by subject, with days, every line as a report has it.

    Reports that were handed in and drafts; a line of a draft is marked. Diaries are not read.
    """
    settings = load(config)
    layout = read_layout(settings)
    period = (week_of if week else month_of)(to_date(day, now().date()))
    if not write:
        kilobytes = settings.watch.max_note_kilobytes
        days = read_days(layout, period.first, period.last, kilobytes, places=known_places(settings))
        typer.echo(render(period, days, with_learned_form(settings).report), nl=False)
        return
    path = layout.summary_path(period.kind, period.name)
    with Store.open(settings.data_path) as store:
        done = write_summary(layout, store, settings, period, asked=True)
    if done == "empty":
        raise UsageError(tr("{name} has no report yet.", name=period.name), tr("Name a day of another week or month."))
    if done == "edited":
        raise UsageError(
            tr("{path}: is not as nippo wrote it, so it is yours and stays as it is.", path=path),
            tr("Rename or delete it."),
        )
    typer.echo(path)
