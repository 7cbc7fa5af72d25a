"""``nippo retrain``: the weekly training now."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.errors import UsageError
from daemon.learning.ledger import request_run
from daemon.learning.run_report import follow, summary
from daemon.learning.training_call import need_training
from daemon.learning.weekly import Teacher, stop_run
from daemon.options import ConfigFile
from daemon.service.service import now
from daemon.store.store import Store
from daemon.system.lock import VaultLock, holder_of
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("retrain")(retrain)


def retrain(
    config: ConfigFile = None,
    watch: Annotated[bool, typer.Option("--follow", help="Show the progress until it has ended.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the training that runs; the champion stays.")] = False,
) -> None:
    """Learn from the accepted reports now: the weekly training, with gate and verdict, without waiting for Sunday.

    A running daemon does it; without one it is done here, and this command ends with it.
    """
    settings = load(config)
    with Store.open(settings.data_path) as store:
        if stop:
            if not stop_run(settings, store):
                raise UsageError(tr("no training runs"), tr("`nippo status` shows the last one."))
            typer.echo(tr("the training ends; the version in use stays"))
            return
        need_training()
        request_run(store, now(), "asked")
    if holder_of(settings.data_path) is None:
        _here(settings)
    elif watch:
        _follow(settings, asked=True)
    else:
        typer.echo(tr("the daemon starts it; watch it with `nippo train --follow`"))


def _follow(settings: Config, asked: bool) -> None:

    for line in summary(follow(settings, typer.echo, asked=asked)):
        typer.echo(line)


def _here(settings: Config) -> None:
    """Without a daemon: do here what it would do, for one run."""
    with VaultLock(settings.data_path), Store.open(settings.data_path) as store:
        teacher = Teacher(settings, store)

        def turn() -> None:
            teacher.turn(now(), time.monotonic())
            time.sleep(0.2)

        try:
            turn()
            state = follow(settings, typer.echo, turn)
        except KeyboardInterrupt:
            teacher.stop()
            typer.echo(tr("stopped; the next start goes on from the last saved step"))
            raise typer.Exit(130) from None
    for line in summary(state):
        typer.echo(line)
