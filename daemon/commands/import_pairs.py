"""``nippo import``: pairs that are there already, such as those of an earlier fine-tuning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.config import load
from daemon.learning.pair_import import read_pairs
from daemon.options import ConfigFile
from daemon.service.service import now
from daemon.store.store import Pair, Store
from daemon.vault.writer import digest
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("import")(import_pairs)


def import_pairs(
    source: Annotated[Path, typer.Argument(metavar="FILE.jsonl|DIR", help="Rows, or a folder of notes and reports.")],
    config: ConfigFile = None,
) -> None:
    """Take in diaries and their reports as accepted pairs. Rows that cannot be taken are listed; exit code 1 then."""
    settings = load(config)
    rows, refused = read_pairs(source.expanduser())
    count = len(rows) + len(refused)
    moment = now().isoformat(timespec="seconds")
    with Store.open(settings.data_path) as store, store.batch():
        known = {pair.id: pair for pair in store.pairs(withdrawn=True)}
        new, there = 0, []
        for row in rows:
            old = known.get(row.id)
            if old and not old.withdrawn and (old.diary, old.report) == (row.diary, row.report):
                there.append(row.place)
                continue
            sha = digest(row.diary.encode())
            store.put_pair(Pair(row.id, row.day, row.diary, sha, row.report, "", moment, False, "import"))
            new += 1
        total = len(store.pairs())
    typer.echo(tr("{new} of {count} row(s) taken; {total} pairs in all", new=new, count=count, total=total))
    for one in refused:
        typer.echo(f"  {one}")
    for place in there:
        typer.echo(tr("  {place}: is there already", place=place))
    if refused:
        raise typer.Exit(1)
