"""``nippo setup``: from nothing to a first report, with four questions at most."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from daemon.commands.evaluate import compared, shown
from daemon.commands.fetch import fetch_with_progress
from daemon.commands.report import write_now
from daemon.config import Config, load, named_config_file, user_config_file
from daemon.errors import NippoError, UsageError
from daemon.learning.comparison_run import accepted_days
from daemon.learning.model_comparison import LEAST_DAYS, config_in_use
from daemon.learning.places import known_places, place_among
from daemon.models.reference import is_gguf, is_here
from daemon.options import folded, on_the_way
from daemon.setup import service_install
from daemon.setup.engine_settings import use_model
from daemon.setup.first_settings import settings_in
from daemon.setup.questions import Questions
from daemon.system.extras import adding, lacking
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import read
from daemon.vault.scan import DiaryNote, find_diaries
from daemon.words import marked, tr

OFFERED = 5
"""So many of the newest diaries are offered for the first report."""
SIZES = {
    "dashboard": marked("about 0.5 GB"),
    "train": marked("about 1.5 GB where there is only a CPU, about 6 GB with an NVIDIA GPU"),
}


def register(app: typer.Typer) -> None:
    app.command("setup")(setup)


def setup(
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file.", show_default="the user's own")
    ] = None,
) -> None:
    """Set nippo up: vault, settings, model, service, first report. Settings that are there stay."""
    if not attended():
        raise UsageError(
            tr("`nippo setup` asks questions and needs a terminal."), tr("In scripts: `nippo init --yes`.")
        )
    typer.echo(tr("Setting nippo up. Four questions at most; Enter alone takes the answer in [ ].\n"))
    questions = Questions()
    settings, service = settings_in(named_config_file(config) or user_config_file(), questions)
    layout = read_layout(settings)
    note = _first_note(layout, known_places(settings), questions)
    compare = _compare_first(settings, questions)
    extra = _extra(questions)
    typer.echo()
    not_compared, settings = _compare(settings) if compare else ("", settings)
    failed = [
        words
        for words in (
            not_compared,
            _fetch(settings),
            _report(settings, layout, note) if note else "",
            _serve(settings) if service else "",
            _install(extra) if extra else "",
        )
        if words
    ]
    _closing(settings, layout, service, extra)
    for words in failed:
        typer.echo(f"\n※ {words}", err=True)
    if failed:
        raise typer.Exit(1)


def attended() -> bool:
    """Whether a person sits before the questions."""
    return sys.stdin.isatty()


def _first_note(layout: Layout, places: Mapping[str, str], questions: Questions) -> DiaryNote | None:
    """The diary that the person wants a first report of, of the newest that have none yet. ``places``: where reports
    were last seen."""
    notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote)]
    where = f"{layout.diary_folder or tr('(root)')}/{layout.diary_format.text}.md"
    typer.echo(tr("diary      {where} ({count} notes)", where=where, count=len(notes)))
    open_notes = [note for note in notes if not layout.file(place_among(layout, places, note.day)).exists()]
    newest = sorted(open_notes, key=lambda note: note.day, reverse=True)[:OFFERED]
    if not newest:
        if not notes:
            typer.echo(
                tr("           None yet. Write a daily note in Obsidian: nippo finds it and makes a report of it.")
            )
        return None
    if not questions.left:
        typer.echo(tr("           For a first report: nippo report {day}", day=newest[0].day))
        return None
    typer.echo("\n" + tr("A first report can be made now."))
    number = questions.one_of(tr("Of which diary"), [note.path for note in newest], tr("not now"), 1)
    return newest[number - 1] if number else None


def _compare_first(settings: Config, questions: Questions) -> bool:
    """Whether a server's model is compared with nippo's before it is put to use: where there are days to compare on."""
    if settings.engine.kind != "server":
        return False
    days = len(accepted_days(config_in_use(settings)))
    if days < LEAST_DAYS or not questions.left:
        typer.echo(
            tr(
                "It can be compared with nippo's own model once {least} reports are accepted: nippo evaluate",
                least=LEAST_DAYS,
            )
        )
        return False
    return questions.yes(
        tr("Compare it first with nippo's own model on {days} accepted days (1 to 3 minutes a day)", days=days),
        usual=False,
    )


def _extra(questions: Questions) -> str:
    """The extra that the person wants added: the page, or page and training; "" for none or where all is there."""
    if not lacking(("dashboard", "train")):
        return ""
    if not questions.left:
        typer.echo(tr("To add the review page and the weekly training: {adding}", adding=adding("dashboard", "train")))
        return ""
    typer.echo("\n" + tr("What can be added, now or later:"))
    choices = (
        tr("the review page ({size}, about a minute)", size=tr(SIZES["dashboard"])),
        tr("the review page and the weekly training ({size}, some minutes)", size=tr(SIZES["train"])),
    )
    return ("", "dashboard", "dashboard,train")[questions.one_of(tr("Which"), choices, tr("not now"), 0)]


def _fetch(settings: Config) -> str:
    """Bring the model. What went wrong, in words; "" for nothing, as in all steps below."""
    model = settings.engine.model
    if settings.engine.kind == "server" or not is_gguf(model):
        return ""
    if not is_here(model):
        typer.echo(
            tr("Fetching the model (about 1.1 GB, only once). If it breaks off, the next time goes on from there.")
        )
    try:
        fetch_with_progress(model, Console())
    except NippoError as problem:
        return _told(tr("The model could not be fetched"), problem, "nippo fetch")
    return ""


def _compare(settings: Config) -> tuple[str, Config]:
    """Compare the server's model with nippo's own, and go back to that where the other is not better. What went wrong,
    in words, and the settings from then on."""
    model, url = settings.engine.server_model, settings.engine.server_url
    try:
        fetch_with_progress("starter", Console())
        found = compared(settings, model, url)
    except NippoError as problem:
        return _told(tr("They could not be compared"), problem, "nippo evaluate"), settings
    typer.echo(shown(found))
    if found.advice == "use":
        return "", settings
    typer.echo(
        tr("nippo's own model is used. For {model}: nippo models use {model} --server {url}", model=model, url=url)
    )
    return "", load(use_model(settings, "starter", ""))


def _report(settings: Config, layout: Layout, note: DiaryNote) -> str:
    typer.echo(tr("Writing the report of {path} (1 to 3 minutes).", path=note.path))
    try:
        with on_the_way("  ") as told:
            file = write_now(settings, note.path, told)
    except NippoError as problem:
        return _told(tr("The report could not be written"), problem, f"nippo report {note.day}")
    report = read(file.read_bytes())
    console = Console()
    console.print(
        Panel(Text(folded(report.body.strip(), console.width - 4)), title=file.relative_to(layout.root).as_posix())
    )
    for warning in report.warnings:
        typer.echo(f"※ {warning}")
    return ""


def _serve(settings: Config) -> str:
    try:
        done = service_install.install(service_install.plan(settings))
    except NippoError as problem:
        return _told(tr("The service could not be installed"), problem, "nippo service install")
    typer.echo(tr("service    {file} (installed)", file=done.file))
    return ""


def _install(extra: str) -> str:
    """Run the command that adds packages. It comes last: uv and pipx make the environment of this process anew."""
    command = adding(*extra.split(","))
    typer.echo(f"$ {command}")
    if sys.platform == "win32":
        return tr("Close this window first, then run: {command}", command=command)
    code = subprocess.call(shlex.split(command))
    return (
        tr("The packages were not added (exit code {code}). Again: {command}", code=code, command=command)
        if code
        else ""
    )


def _told(failed: str, problem: NippoError, again: str) -> str:
    return tr("{failed}: {problem}\n  → Again: {again}", failed=failed, problem=problem, again=again)


def _closing(settings: Config, layout: Layout, service: bool, extra: str) -> None:
    where = f"{layout.report_folder}/" if layout.report_folder else tr("the vault's root")
    typer.echo("\n" + tr("nippo is ready."))
    if not service:
        _offer("nippo run", tr("begins to watch (Ctrl-C ends it)"))
    _offer("nippo status", tr("how things stand"))
    if extra or not lacking(("dashboard",)):
        _offer("nippo dashboard", tr("the review page"))
    typer.echo(
        tr(
            "Write your diary: its report appears in {where}. "
            "When you have handed it in, tick `accepted` in its properties.",
            where=where,
        )
    )
    if settings.report.evidence:
        quoted = tr(
            "The diary's sentences behind each line go to {evidence}/: whoever shares {where} shares them.\n"
            "To switch that off, write evidence = false under [report] in {file}.",
            evidence=layout.evidence_folder,
            where=where,
            file=settings.file,
        )
        typer.echo(quoted)


def _offer(command: str, words: str) -> None:
    typer.echo(f"  {command:17} {words}")
