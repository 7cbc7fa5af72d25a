"""``nippo fetch``: download a model ahead of time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from daemon.config import load
from daemon.models.reference import is_here, resolve_gguf
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("fetch")(fetch)


def fetch(
    model: Annotated[str, typer.Argument(help="A model reference; without one, engine.model of the settings.")] = "",
    config: Annotated[Path | None, typer.Option("--config", help="The settings file.")] = None,
) -> None:
    """Download the model now, so that the first report does not wait for it. A broken download goes on."""
    fetch_with_progress(model or load(config).engine.model, Console())


def fetch_with_progress(reference: str, console: Console) -> Path:
    """Given a model reference and where to show a progress bar, return the model's file; raises ``ModelMissing``."""
    if is_here(reference):
        file = resolve_gguf(reference)
        console.print(
            tr("{reference} is here: {file}", reference=reference, file=file), highlight=False, soft_wrap=True
        )
        return file
    columns = (
        TextColumn(tr("fetching") + " {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(reference, total=None)
        file = resolve_gguf(reference, lambda done, total: bar.update(task, completed=done, total=total))
    console.print(f"{reference}: {file}", highlight=False, soft_wrap=True)
    return file
