"""``nippo demo``: a diary is saved, a report appears, in a temporary vault."""

from __future__ import annotations

import signal
from datetime import date

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from daemon.commands.fetch import fetch_with_progress
from daemon.config import Config
from daemon.options import folded
from daemon.setup.demo import tell
from daemon.words import tr
from daemon.words.breaking import break_japanese


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo() -> None:
    """Show nippo at work on the sample vault, in a temporary folder that goes away at the end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: the daemon and the folder go too
    console = Console()
    break_japanese()
    fetch_with_progress(Config().engine.model, console)
    try:
        story = tell(date.today(), console.print)
    except KeyboardInterrupt:
        console.print(tr("Stopped; nothing is left behind."))
        raise typer.Exit(130) from None
    console.print(Panel(Text("\n".join(story.before)), title=tr("vault before"), expand=False))
    console.print(Panel(Text(folded(story.diary.strip(), console.width - 4)), title=tr("the diary that was saved")))
    console.print(Panel(Text("\n".join(_marked(story.before, story.after))), title=tr("vault after"), expand=False))
    console.print(Panel(Text(folded(story.report.strip(), console.width - 4)), title=story.report_path))
    behind = Table(show_lines=True)
    for head in (tr("line of the report"), tr("sentence of the diary behind it")):
        behind.add_column(head, overflow="fold")
    for line, sentence in story.evidence:
        behind.add_row(Text(line.removeprefix("* "), overflow="fold"), Text(sentence, overflow="fold"))
    if story.evidence:
        console.print(behind)
    table = Table(tr("stage"), tr("seconds"))
    for stage in story.stages:
        table.add_row(stage.name, f"{stage.seconds:.1f}")
    console.print(table)


def _marked(before: tuple[str, ...], after: tuple[str, ...]) -> list[str]:
    return [path if path in before else tr("{path}   ← new", path=path) for path in after]
