"""``nippo forget``: a day that the model must not know."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.options import ConfigFile, to_date


def register(app: typer.Typer) -> None:
    app.command("forget")(forget)


def forget(
    day: Annotated[str, typer.Argument(metavar="DATE", help="The day to forget, such as 2026-01-07.")],
    config: ConfigFile = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Train again without it at once.")] = False,
) -> None:
    """Withdraw a day's pair and draft, remove its text from the database, name the versions trained on it.

    Diary and report stay in the vault as they are, only `accepted` is unticked.
    """
    from daemon.config import load
    from daemon.learning.forgetting import forget as forget_day
    from daemon.learning.ledger import request_run
    from daemon.service.service import now
    from daemon.store.store import Store
    from daemon.system.lock import holder_of
    from daemon.vault.layout import read_layout
    from daemon.versions.champion import STARTER, champion

    settings = load(config)
    layout = read_layout(settings)
    wanted = to_date(day, now().date())
    with Store.open(settings.data_path) as store:
        found = forget_day(settings, store, layout, wanted)
        if retrain:
            request_run(store, now(), "forget")
    typer.echo(f"{wanted}: {len(found.pair_ids)} pair(s) forgotten, {found.files} file(s) of training runs wiped")
    if found.problem:
        typer.echo(f"  untick `accepted` yourself: {found.problem}")
    for name in found.notes:
        typer.echo(f"  quoted in the note {name}, which is yours to edit or delete")
    if found.versions:
        typer.echo(f"trained on it: {', '.join(found.versions)}")
        inside = champion(settings) in found.versions
        typer.echo(
            "  in use now; `nippo rollback` leaves it, and the next training starts without it"
            if inside
            else "  none of them is in use; `nippo prune` removes old ones"
        )
    else:
        typer.echo(f"no version was trained on it ({STARTER} holds nobody's diary)")
    if retrain:
        if holder_of(settings.data_path) is None:
            typer.echo("the training starts with the daemon (`nippo run`)")
        else:
            typer.echo("the training starts now; `nippo status` shows it")
