"""``nippo pairs``: what the model may learn from."""

from __future__ import annotations

import json
from typing import Any

import typer

from daemon.options import ConfigFile, Json


def register(app: typer.Typer) -> None:
    app.command("pairs")(pairs)


def pairs(config: ConfigFile = None, as_json: Json = False) -> None:
    """List the accepted reports, how much each draft was edited, and the versions that were trained on it."""
    from daemon.config import load
    from daemon.learning.edit_distance import edit_distance
    from daemon.learning.ledger import Ledger
    from daemon.store.store import Store
    from daemon.versions.champion import list_versions, trained_on

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
    typer.echo(f"{len(rows)} accepted pair(s)")
    for row in rows:
        edited = "" if row["edited_characters"] is None else f", {row['edited_characters']} characters edited"
        use = "held out for the gate" if row["held_out"] else ", ".join(row["versions"]) or "not trained on yet"
        typer.echo(f"  {row['id']}  {row['source']}  {row['report_characters']} characters{edited}  {use}")
