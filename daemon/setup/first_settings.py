"""The settings that ``nippo setup`` goes on with: those that are there, or a new file by what the person answers."""

from __future__ import annotations

from pathlib import Path

import typer

from daemon.config import Config, VaultSettings, load
from daemon.models.local_servers import look
from daemon.setup import systemctl
from daemon.setup.engine_settings import values_of
from daemon.setup.model_offers import running, suggestion, this_machine
from daemon.setup.model_question import pick
from daemon.setup.questions import Questions
from daemon.setup.settings_file import first_answers, write_settings
from daemon.system.hardware import choose, probe
from daemon.vault.help_page import write_help_page
from daemon.vault.layout import read_layout
from daemon.vault.obsidian import known_vaults
from daemon.words import tr


def settings_in(file: Path, questions: Questions) -> tuple[Config, bool]:
    """The settings that are there, as they are; else new ones, for the vault that the person names. And whether the
    person wants a service."""
    if file.is_file():
        typer.echo(tr("settings   {file} (used as they are)", file=file))
        settings = load(file)
        if settings.engine.kind != "server" and (programs := running()):
            typer.echo(
                tr("model      {names} runs here. To look at its models: nippo models", names=", ".join(programs))
            )
        return settings, systemctl.available() and questions.yes(tr("Keep it running (service)"))
    vault = _vault(known_vaults(), questions)
    answers = first_answers(vault, file)
    choice = choose(probe())
    if choice.model != "starter":
        answers |= {("engine", "kind"): choice.kind, ("engine", "model"): choice.model}
    read_layout(Config(vault=VaultSettings(path=str(vault))))
    service = False
    if systemctl.available():
        typer.echo("\n" + tr("Keep nippo running while you are logged in (service)?"))
        ways = (tr("yes, with a notification when a report is ready"), tr("yes, without notifications"))
        way = questions.one_of(tr("Number"), ways, tr("not now"), 1)
        service = way > 0
        answers["notify", "desktop"] = way == 1
    machine, programs = this_machine(), running()
    taken = pick(programs, machine, questions, look) if programs and questions.left > 1 else None
    if taken:
        answers |= values_of(taken.name, taken.url)
    write_settings(file, answers)
    settings = load(file)
    typer.echo(tr("vault      {vault}", vault=vault))
    typer.echo(tr("model      {model}", model=f"{taken.name} ({taken.program})" if taken else choice.model))
    if not taken and (larger := suggestion(machine, choice.model)):
        typer.echo(tr("           {name} would run here too (not measured): see nippo models", name=larger.name))
    typer.echo(tr("settings   {file} (written; every item is explained)", file=file))
    for path in write_help_page(read_layout(settings)):
        typer.echo(tr("in vault   {path} (written; delete it if you like)", path=path))
    return settings, service


def _vault(found: list[Path], questions: Questions) -> Path:
    """The one vault that Obsidian knows, or the one that the person names."""
    if len(found) == 1:
        return found[0].absolute()
    questions.asked += 1
    for number, path in enumerate(found, start=1):
        typer.echo(f"  {number}  {path}")
    words = tr("A number, or the folder of your Obsidian vault") if found else tr("The folder of your Obsidian vault")
    while True:
        answer = str(typer.prompt(words, default="1" if found else None)).strip().strip("'\"")
        if answer.isdecimal() and 1 <= int(answer) <= len(found):
            return found[int(answer) - 1].absolute()
        named = Path(answer).expanduser()
        if named.is_dir():
            return named.absolute()
        typer.echo(tr("{answer}: there is no such folder.", answer=answer))
