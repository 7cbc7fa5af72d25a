"""``nippo rebuild``: the state from the vault alone."""

from __future__ import annotations

import typer

from daemon.config import load
from daemon.learning.carry_over import carry_pairs, read_before, without_record
from daemon.learning.first_versions import find_again
from daemon.learning.review import VAULT
from daemon.learning.reviewer import Reviewer
from daemon.options import ConfigFile
from daemon.service.service import now
from daemon.store.set_aside import FRESH, clear_fresh, put_in_place
from daemon.store.store import FILE_NAME, Store
from daemon.system.lock import VaultLock
from daemon.vault.layout import read_layout
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("rebuild")(rebuild)


def rebuild(config: ConfigFile = None) -> None:
    """Make the database anew from the vault: every accepted report becomes a pair again, wherever its note lies.

    The old database is kept beside the new one; as far as it can be read, all pairs are taken over as they were
    accepted, and days you had forgotten. Every report that is there counts as yours from then on, so none is
    overwritten.
    """
    settings = load(config)
    layout = read_layout(settings)
    with VaultLock(settings.data_path):
        moment = now()
        clear_fresh(settings.data_path)
        before = read_before(settings.data_path / FILE_NAME)
        with Store.open(settings.data_path, FRESH) as store:
            carry_pairs(before, store)
            done = Reviewer(settings, store).review_all(layout, moment, everywhere=True)
            find_again(layout, store)
            unknown = without_record(store)
            pairs = store.pairs()
        old = put_in_place(settings.data_path, moment)
    own = sum(pair.source == VAULT for pair in pairs)
    gone = sum(bool(pair.missing_since) for pair in pairs)
    typer.echo(tr("{own} pair(s) from {report_folder}", own=own, report_folder=layout.report_folder or layout.root))
    if len(pairs) > own:
        typer.echo(tr("{count} imported pair(s) taken over", count=len(pairs) - own))
    if gone:
        typer.echo(tr("{gone} of them kept though the note is gone; `nippo status` says more", gone=gone))
    if unknown:
        typer.echo(
            tr(
                "{unknown} without the record of their draft: what they teach is read off diary and report",
                unknown=unknown,
            )
        )
    for path, found in sorted(done.items()):
        if found.problem:
            typer.echo(tr("  not taken: {path}: {problem}", path=path, problem=found.problem))
    if old:
        typer.echo(tr("the old database is {old}", old=old))
        if not before.readable:
            typer.echo(tr("  it cannot be read: take imported pairs in again with `nippo import`"))
