"""``nippo versions``, ``promote``, ``rollback``, ``prune``: the trained versions."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.learning.run_folder import RunScores
from daemon.options import ConfigFile, Json
from daemon.service.service import now
from daemon.versions.artifact import STARTER, base_matches, list_versions, prompt_matches
from daemon.versions.champion import champion
from daemon.versions.champion import promote as put_in_use
from daemon.versions.champion import rollback as go_back
from daemon.versions.prune import prunable, remove
from daemon.versions.served_adapter import announce
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("versions")(versions)
    app.command("promote")(promote)
    app.command("rollback")(rollback)
    app.command("prune")(prune)


def versions(config: ConfigFile = None, as_json: Json = False) -> None:
    """List the versions: the one in use, what each was trained on, and how the gate judged it."""
    settings = load(config)
    good, bad = list_versions(settings)
    fallback = next((one.name for one in good if base_matches(one.meta, settings.engine.model)), None)
    current = champion(settings) or (fallback if fallback == STARTER else None)
    rows = [
        {
            "name": one.name,
            "in_use": one.name == current,
            "created": one.meta.created,
            "base": one.meta.base,
            "fits": base_matches(one.meta, settings.engine.model) and prompt_matches(one.meta),
            "method": one.meta.method,
            "pairs": len(one.meta.pair_ids),
            "outcome": str((RunScores.from_json(one.meta.scores) or RunScores()).outcome or ""),
        }
        for one in good
    ]
    if as_json:
        typer.echo(json.dumps({"versions": rows, "damaged": bad, "champion": current}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        notes = [tr(str(row["outcome"]))] if row["outcome"] else []
        if not row["fits"]:
            other = row["base"] if row["base"] != settings.engine.model else tr("other questions than this nippo asks")
            notes.append(tr("for {other}, not for {model}", other=other, model=settings.engine.model))
        mark = "*" if row["in_use"] else " "
        typer.echo(
            tr(
                "{mark} {name:10} {created}  {pairs} pairs  {notes}",
                mark=mark,
                name=row["name"],
                created=row["created"],
                pairs=row["pairs"],
                notes=", ".join(notes),
            )
        )
    for name, why in bad.items():
        typer.echo(f"! {name:10} {why}")
    if not rows and not bad:
        typer.echo(tr("no versions; the bare model writes the reports"))


def promote(
    version: Annotated[str, typer.Argument(help="A name of `nippo versions`.")], config: ConfigFile = None
) -> None:
    """Use a version from the next report on; a running daemon needs no restart."""
    settings = load(config)
    found = put_in_use(settings, version, now())
    typer.echo(tr("{name} is in use from the next report on", name=found.name))
    _tell_server(settings)


def rollback(config: ConfigFile = None) -> None:
    """Go back to the version that was in use before."""
    settings = load(config)
    found = go_back(settings, now())
    typer.echo(tr("{name} is in use from the next report on", name=found.name))
    _tell_server(settings)


def _tell_server(settings: Config) -> None:

    if trouble := announce(settings):
        typer.echo(tr("{trouble}\nThe version stays in use; the next report registers it.", trouble=trouble), err=True)


def prune(
    keep: Annotated[int, typer.Option("--keep", min=1, help="Keep so many of the newest versions.")],
    config: ConfigFile = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove old versions. The one in use and the one to roll back to always stay."""
    settings = load(config)
    names = prunable(settings, keep)
    if not names:
        typer.echo(tr("nothing to remove"))
        return
    if not yes and not typer.confirm(tr("Remove {names}?", names=", ".join(names))):
        raise typer.Exit(1)
    for name in names:
        remove(settings, name)
        typer.echo(tr("{name}: removed", name=name))
