"""``nippo form``: the form of report that one's school wants."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.config.report_form import ReportSettings
from daemon.drafting.compose import ReportLine, lay_out
from daemon.drafting.form_reading import read_form
from daemon.drafting.school_layout import dress
from daemon.errors import NoteUnreadable, UsageError
from daemon.options import ConfigFile
from daemon.service.service import now
from daemon.setup.form_settings import as_toml, put_into
from daemon.system.files import write_atomically
from daemon.vault.note_text import decode
from daemon.vault.report_note import read
from daemon.words import tr

app = typer.Typer(help="The form of report that your school wants.", no_args_is_help=True)

SAMPLE = (
    "* Javaの授業で、配列の使い方を学びました。",
    "* SQLの課題を提出しました。",
    "今後は、配列の復習に取り組みたいと考えています。",
)


def register(parent: typer.Typer) -> None:
    parent.add_typer(app, name="form")


@app.command()
def learn(
    file: Annotated[Path, typer.Argument(help="One report that your school accepts, as text or Markdown.")],
    config: ConfigFile = None,
    write: Annotated[bool, typer.Option("--write", help="Put it into config.toml; comments stay.")] = False,
) -> None:
    """Read the form off one report that your school accepts, and show it as settings to paste.

    What that day told is dropped. Look at each section: `take` says which lines go there, "rest" takes what no other
    section does; one without `take` and `text` is left for you.
    """
    settings = load(config)
    found = read_form(_text(file), settings.report)
    typer.echo(as_toml(found))
    shown = ["この様式の日報の例:", "", *example(found, now().date())]
    typer.echo("\n".join(f"# {line}".rstrip() for line in shown))
    if not write:
        typer.echo(tr("nothing was written; paste the table over [report] in config.toml, or add --write"), err=True)
        return
    if settings.file is None:
        raise UsageError(
            tr("There is no settings file to write into."), tr("Make one with `nippo init`, or name it: --config")
        )
    before = settings.file.read_text(encoding="utf-8-sig")
    after = put_into(before, found)
    Config(**tomllib.loads(after))
    write_atomically(settings.file, after)
    typer.echo(
        tr("written into {file}; a running daemon takes it at its next start or reload", file=settings.file), err=True
    )


def example(report: ReportSettings, today: date) -> list[str]:
    """A made-up report of today in a form, line by line, for a person to compare."""
    lines = [ReportLine(text, at, 1.0) for at, text in enumerate(SAMPLE)]
    return dress(lay_out(lines, report), report, today).split("\n")


def _text(file: Path) -> str:
    try:
        return read(decode(file.read_bytes(), str(file)).encode()).body  # of a note the body alone
    except FileNotFoundError:
        raise UsageError(tr("{file}: no such file", file=file), tr("Name a report as you hand it in.")) from None
    except OSError as problem:
        raise NoteUnreadable(
            tr("{file}: cannot be read ({why})", file=file, why=problem.strerror), tr("Check the file and its rights.")
        ) from None
