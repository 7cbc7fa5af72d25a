"""``nippo forget``: a day, or an imported pair, that the model must not know."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.config import load
from daemon.errors import UsageError
from daemon.learning.forgetting import forget as forget_day
from daemon.learning.forgetting import forget_pair
from daemon.learning.ledger import request_run
from daemon.learning.training_call import need_training
from daemon.options import ConfigFile, to_date
from daemon.service.service import now
from daemon.store.store import Store
from daemon.system.lock import holder_of
from daemon.vault.layout import read_layout
from daemon.versions.artifact import STARTER
from daemon.versions.champion import champion
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("forget")(forget)


def forget(
    wanted: Annotated[
        str, typer.Argument(metavar="DATE|ID", help="The day to forget, such as 2026-01-07, or an imported pair's id.")
    ],
    config: ConfigFile = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Train again without it at once.")] = False,
) -> None:
    """Withdraw a day's pairs and draft, remove their text from the database, name the versions trained on them.

    Diary and report stay in the vault as they are, only `accepted` is unticked. An id takes that pair alone.
    """
    settings = load(config)
    layout = read_layout(settings)
    cannot = ""
    with Store.open(settings.data_path) as store:
        pair = store.pair(wanted)
        if pair is not None and pair.id != pair.day:
            found = forget_pair(settings, store, layout, wanted)
        else:
            try:
                day = to_date(wanted, now().date())
            except UsageError:
                raise UsageError(
                    tr("{wanted}: is no date, and no pair has this id.", wanted=wanted), tr("`nippo pairs` lists them.")
                ) from None
            wanted = day.isoformat()
            found = forget_day(settings, store, layout, day)
        if retrain:
            try:
                need_training()
                request_run(store, now(), "forget")
            except UsageError as problem:
                cannot = tr("no training here: {what}\n  {next_step}", what=problem.what, next_step=problem.next_step)
    typer.echo(
        tr(
            "{wanted}: {count} pair(s) forgotten, {files} file(s) of training runs wiped",
            wanted=wanted,
            count=len(found.pair_ids),
            files=found.files,
        )
    )
    if found.problem:
        typer.echo(tr("  untick `accepted` yourself: {problem}", problem=found.problem))
    for file in found.unopened:
        typer.echo(tr("  {file} cannot be opened and may still hold it: delete it when you need it no more", file=file))
    for name in found.notes:
        typer.echo(tr("  quoted in the note {name}, which is yours to edit or delete", name=name))
    if found.versions:
        typer.echo(tr("trained on it: {versions}", versions=", ".join(found.versions)))
        inside = champion(settings) in found.versions
        typer.echo(
            tr("  in use now; `nippo rollback` leaves it, and the next training starts without it")
            if inside
            else tr("  none of them is in use; `nippo prune` removes old ones")
        )
    else:
        typer.echo(tr("no version was trained on it ({starter} holds nobody's diary)", starter=STARTER))
    if cannot:
        typer.echo(cannot)
    elif retrain:
        if holder_of(settings.data_path) is None:
            typer.echo(tr("the training starts with the daemon (`nippo run`)"))
        else:
            typer.echo(tr("the training starts now; `nippo status` shows it"))
