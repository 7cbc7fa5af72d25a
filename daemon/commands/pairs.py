"""``nippo pairs``: what the model may learn from, with ``show`` what it learns from one, and which diary it has."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer

from daemon.config import Config, load
from daemon.drafting.learned_form import with_learned_form
from daemon.errors import UsageError
from daemon.learning.edit_distance import edit_distance
from daemon.learning.edit_rows import edit_rows
from daemon.learning.edit_view import lines_of, to_json
from daemon.learning.ledger import Ledger
from daemon.learning.pair_answers import keep as keep_pair
from daemon.learning.pair_answers import take_diary
from daemon.options import ConfigFile, Json, to_date
from daemon.service.service import now
from daemon.setup.completion import days
from daemon.store.store import Pair, Store
from daemon.vault.layout import Layout, read_layout
from daemon.versions.artifact import list_versions, trained_on
from daemon.words import tr

Day = Annotated[
    str, typer.Argument(metavar="DATE", autocompletion=days, help="The day of the pair, such as 2026-01-07.")
]

pairs = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(pairs, name="pairs")


@pairs.callback()
def listed(context: typer.Context, config: ConfigFile = None, as_json: Json = False) -> None:
    """List the accepted reports, how much each draft was edited, and the versions that were trained on it."""
    if context.invoked_subcommand is not None:
        context.obj = (config, as_json)
        return
    settings = load(config)
    store = Store.open_existing(settings.data_path)
    rows: list[dict[str, Any]] = []
    if store is not None:
        versions, _ = list_versions(settings)
        with store:
            held_out = Ledger(store).held_out
            for pair in store.pairs():
                rows.append(
                    {
                        "id": pair.id,
                        "day": pair.day,
                        "source": pair.source,
                        "accepted_at": pair.accepted_at,
                        "missing_since": pair.missing_since or None,
                        "question": pair.question or None,
                        "diary_characters": len(pair.diary),
                        "report_characters": len(pair.report),
                        "edited_characters": edit_distance(pair.draft, pair.report) if pair.draft else None,
                        "held_out": pair.id in held_out,
                        "versions": trained_on(versions, pair.id),
                    }
                )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    typer.echo(tr("{count} accepted pair(s)", count=len(rows)))
    for row in rows:
        edited = (
            ""
            if row["edited_characters"] is None
            else tr(", {edited_characters} characters edited", edited_characters=row["edited_characters"])
        )
        use = tr("held out for the gate") if row["held_out"] else ", ".join(row["versions"]) or tr("not trained on yet")
        gone = (
            tr(", note missing since {missing_since}", missing_since=row["missing_since"][:10])
            if row["missing_since"]
            else ""
        )
        typer.echo(
            tr(
                "  {id}  {source}  {report_characters} characters{edited}  {use}{gone}",
                id=row["id"],
                source=row["source"],
                report_characters=row["report_characters"],
                edited=edited,
                use=use,
                gone=gone,
            )
        )


@pairs.command("show")
def show(
    context: typer.Context,
    wanted: Annotated[str, typer.Argument(metavar="DATE|ID", help="A day such as 2026-01-07, or a pair's id.")],
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show what the model learns from an accepted report, sentence by sentence.

    The lines that each sentence of the diary gives, what your edits say of the lines that were drafted, and the lines
    of yours that no sentence tells.
    """
    before, json_before = context.obj or (None, False)
    settings = load(config or before)
    form = with_learned_form(settings)
    found = [edit_rows(pair, form) for pair in pairs_named(settings, wanted)]
    if as_json or json_before:
        typer.echo(json.dumps([to_json(rows) for rows in found], ensure_ascii=False, indent=1))
        return
    for rows in found:
        for line in lines_of(rows):
            typer.echo(line)


@pairs.command("keep")
def keep(day: Day, config: ConfigFile = None) -> None:
    """Learn a day as it was accepted: with its diary of then, though the note has lost most of its text; or with its
    report, though something private seems to stand in it."""
    _answer(day, config, keep_pair)


@pairs.command("renew")
def renew(day: Day, config: ConfigFile = None) -> None:
    """Learn a day with its diary as it is now, though the note has lost most of its text."""
    _answer(day, config, take_diary)


def _answer(day: str, config: ConfigFile, act: Callable[[Config, Store, Layout, date], None]) -> None:
    settings = load(config)
    wanted = to_date(day, now().date())
    with Store.open(settings.data_path) as store:
        act(settings, store, read_layout(settings), wanted)
        pair = store.pair(wanted.isoformat())
    typer.echo(
        tr("{wanted}: learned with a diary of {what} characters", wanted=wanted, what=len(pair.diary) if pair else 0)
    )


def pairs_named(settings: Config, wanted: str) -> list[Pair]:
    """The accepted pair with an id, else all of a day. Raises ``UsageError`` without one."""
    store = Store.open_existing(settings.data_path)
    found: list[Pair] = []
    if store is not None:
        with store:
            every = store.pairs()
        found = [pair for pair in every if pair.id == wanted and pair.id != pair.day]
        if not found:
            with contextlib.suppress(UsageError):
                day = to_date(wanted, now().date()).isoformat()
                found = [pair for pair in every if pair.day == day]
    if not found:
        raise UsageError(
            tr("{wanted}: no accepted pair has this day or id.", wanted=wanted), tr("`nippo pairs` lists them.")
        )
    return found
