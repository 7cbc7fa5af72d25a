"""``nippo evaluate``: rows of diaries written and scored in a child process, or another model on the accepted days."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console

from daemon.commands.fetch import fetch_with_progress
from daemon.config import Config, load
from daemon.errors import UsageError
from daemon.learning.comparison_run import MOST_DAYS, compare_models
from daemon.learning.model_comparison import ModelComparison, summary
from daemon.learning.training_call import call, check, evaluate_argv
from daemon.models.known import UNVERIFIED
from daemon.models.local_servers import ELSEWHERE
from daemon.models.reference import is_gguf
from daemon.options import ConfigFile, Json
from daemon.system.addresses import is_loopback, is_private
from daemon.words import marked, tr

ADVICE = {
    "use": marked("the other model is better here"),
    "keep": marked("keep the model in use"),
    "abstain": marked("none"),
}

Rows = Annotated[
    list[Path] | None, typer.Argument(help="JSONL rows: id, date, diary; report, private, facts where known.")
]
Against = Annotated[
    str,
    typer.Option("--against", metavar="MODEL", help="Compare this model with the one in use, on your accepted days."),
]
Server = Annotated[
    str, typer.Option("--server", metavar="URL", help="With --against: the server that has the model, ending in /v1.")
]
Days = Annotated[int, typer.Option("--days", min=1, help="With --against: the newest so many accepted days.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Let the diaries go to a server that is not this machine.")]
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
    rows: Rows = None,
    config: ConfigFile = None,
    against: Against = "",
    server: Server = "",
    days: Days = MOST_DAYS,
    yes: Yes = False,
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
    """Write a report for every row and print a table: leaks, fact recall, inventions, style, form, chrF, seconds.

    With --against: write your accepted days with the model in use and with another one, and say which has to be edited
    less, what the checks find, and how long each takes.
    """
    settings = load(config)
    if not rows:
        model, url = _other(settings, against, server)
        _agree(settings, url, model, yes)
        if not url and (is_gguf(model) or model in UNVERIFIED):
            fetch_with_progress(model, Console(stderr=True))
        comparison = compared(settings, model, url, days, out)
        typer.echo(json.dumps(comparison.to_json(), ensure_ascii=False, indent=1) if as_json else shown(comparison))
        if comparison.advice == "use" and not as_json and settings.engine.kind != "server":
            place = f" --server {url}" if url else ""
            typer.echo(f"→ `nippo models use {model}{place}`")
        return
    if against or server:
        raise UsageError(tr("Rows of a file and --against do not go together."), tr("Leave one of them out."))
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


def compared(settings: Config, model: str, url: str, days: int = MOST_DAYS, out: Path | None = None) -> ModelComparison:
    """``compare_models``, with a line that shows how far it is."""
    with Console(stderr=True).status("") as line:
        return compare_models(
            settings, model, url, days, out, lambda name, done, total: line.update(progress(name, done, total))
        )


def progress(name: str, done: int, total: int) -> str:
    return tr("{name}: {done} of {total} days", name=name, done=done, total=total)


def shown(comparison: ModelComparison) -> str:
    """A comparison as a table for a person, with the advice under it."""
    before, after = (summary(days) for days in comparison.sides().values())
    groups = _cell("", 12) + "".join(_cell(name, 16) for name in (tr("to change"), tr("seconds"), tr("findings")))
    rows = [["", *[tr("now"), tr("other")] * 3]]
    for one, two in comparison.days:
        shares = [f"{day.edits / max(day.accepted, 1):.0%}" for day in (one, two)]
        found = [str(day.leaks + day.faults) for day in (one, two)]
        rows.append([one.day, *shares, f"{one.seconds:.1f}", f"{two.seconds:.1f}", *found])
    sides = (before, after)
    sums = [f"{side['leaks'] + side['faults']:.0f}" for side in sides]
    rows.append(
        [tr("all"), *(f"{side['edits']:.0%}" for side in sides), *(f"{side['seconds']:.1f}" for side in sides), *sums]
    )
    return "\n".join(
        [
            tr("now: {model}", model=comparison.now),
            tr("other: {model}", model=comparison.other),
            "",
            groups.rstrip(),
            *("".join(_cell(cell, 8 if at else 12) for at, cell in enumerate(row)).rstrip() for row in rows),
            "",
            tr("private terms: {now} now, {other} with the other", now=int(before["leaks"]), other=int(after["leaks"])),
            tr("advice: {advice}", advice=tr(ADVICE[comparison.advice])),
            *(f"  {reason}" for reason in comparison.reasons),
        ]
    )


def _cell(text: str, width: int) -> str:
    """A text at the left of a column; Japanese letters are two columns wide."""
    from rich.cells import set_cell_size

    return set_cell_size(text, width)


def _other(settings: Config, against: str, server: str) -> tuple[str, str]:
    """The model to compare with, and its server's address ("" for a model reference)."""
    if settings.engine.kind == "server" and not against:
        return settings.engine.server_model, settings.engine.server_url
    if not against:
        raise UsageError(
            tr("Nothing to evaluate."),
            tr("Name a file of rows, or a model: `nippo evaluate --against MODEL --server URL`."),
        )
    return against, server


def _agree(settings: Config, url: str, model: str, yes: bool) -> None:
    """Let no diary go to another machine unless its person says so; raises ``UsageError`` where nobody can be asked."""
    if not url or url == settings.engine.server_url:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            tr("{url!r} is no address of a server.", url=url), tr("Write it as http://127.0.0.1:11434/v1.")
        )
    if parts.scheme != "https" and not is_private(parts.hostname):
        raise UsageError(
            tr("{url} is a public address without encryption.", url=url),
            tr("Use https, or an address of your network."),
        )
    if yes or (is_loopback(url) and not ELSEWHERE.search(model)):
        return
    where = tr("{model} runs at its maker's", model=model) if is_loopback(url) else url
    if not sys.stdin.isatty():
        raise UsageError(
            tr("The diaries would leave this machine ({where}).", where=where), tr("Add --yes if you want that.")
        )
    typer.confirm(tr("The diaries of the accepted days leave this machine ({where}). Go on?", where=where), abort=True)
