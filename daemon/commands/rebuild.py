"""``nippo rebuild``: the state from the vault alone."""

from __future__ import annotations

import typer

from daemon.config import load
from daemon.learning.reviewer import Reviewer
from daemon.options import ConfigFile
from daemon.service.service import now
from daemon.store.set_aside import set_aside_database
from daemon.store.store import Store
from daemon.system.lock import VaultLock
from daemon.vault.layout import read_layout


def register(app: typer.Typer) -> None:
    app.command("rebuild")(rebuild)


def rebuild(config: ConfigFile = None) -> None:
    """Make the database anew from the vault: every accepted report becomes a pair again.

    The old database is kept beside the new one. Every report that is there counts as yours from then on, so none is
    overwritten.
    """
    settings = load(config)
    layout = read_layout(settings)
    with VaultLock(settings.data_path):
        moment = now()
        old = set_aside_database(settings.data_path, moment)
        with Store.open(settings.data_path) as store:
            done = Reviewer(settings, store).review_all(layout, moment)
            count = len(store.pairs())
    typer.echo(f"{count} pair(s) from {layout.report_folder or layout.root}")
    for path, found in sorted(done.items()):
        if found.problem:
            typer.echo(f"  not taken: {path}: {found.problem}")
    if old:
        typer.echo(f"the old database is {old}")
