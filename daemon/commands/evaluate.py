"""``nippo evaluate``: reports for rows of diaries, scored, in a child process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.config import load
from daemon.learning.training_call import call, check, evaluate_argv
from daemon.options import ConfigFile, Json

Rows = Annotated[list[Path], typer.Argument(help="JSONL rows: id, date, diary; report, private, facts where known.")]
Version = Annotated[str, typer.Option("--version", help="A version of `nippo versions`.", show_default="the champion")]
Bare = Annotated[bool, typer.Option("--base", help="The bare model, without adapter.")]
AdapterFolder = Annotated[Path | None, typer.Option("--adapter", help="An adapter's folder.")]
EngineKind = Annotated[
    str, typer.Option("--engine", help="llamacpp, transformers, server or transformers-batch.", show_default="settings")
]
Drafts = Annotated[int | None, typer.Option("--drafts", min=1, help="At most so many drafts for each diary.")]
Raw = Annotated[bool, typer.Option("--raw", help="One greedy draft, no checks, no repair.")]
Split = Annotated[str, typer.Option("--split", help="Only the rows of this split: train or dev.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for one Markdown file per report, and scores.jsonl.")]


def register(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)


def evaluate(
    rows: Rows,
    config: ConfigFile = None,
    version: Version = "",
    base: Bare = False,
    adapter: AdapterFolder = None,
    engine: EngineKind = "",
    drafts: Drafts = None,
    raw: Raw = False,
    split: Split = "",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Write a report for every row and print a table: leaks, fact recall, inventions, style, form, chrF, seconds."""
    settings = load(config)
    values = (
        ("--config", settings.file),
        ("--version", version),
        ("--adapter", adapter),
        ("--engine", engine),
        ("--drafts", drafts),
        ("--split", split),
        ("--out", out),
    )
    arguments = [str(file) for file in rows]
    arguments += [text for option, value in values if value for text in (option, str(value))]
    arguments += [option for option, wanted in (("--base", base), ("--raw", raw), ("--json", as_json)) if wanted]
    check(*call(evaluate_argv(arguments)))
