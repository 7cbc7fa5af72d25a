"""``nippo init``: from nothing to a settings file, with three questions at most."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from daemon.config import Config, VaultSettings, load, user_config_file
from daemon.errors import UsageError
from daemon.learning.training_call import call
from daemon.setup.settings_file import first_answers, write_settings
from daemon.system.hardware import choose, probe
from daemon.vault.help_page import write_help_page
from daemon.vault.layout import read_layout
from daemon.vault.obsidian import known_vaults
from daemon.vault.scan import DiaryNote, find_diaries
from daemon.words import tr


def register(app: typer.Typer) -> None:
    app.command("init")(init)


def init(
    vault: Annotated[Path | None, typer.Argument(help="The Obsidian vault.", show_default="as Obsidian says")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file to make.", show_default="the user's own")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what was found.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a settings file that is there.")] = False,
) -> None:
    """Find the vault, read its daily-note settings, choose the model, write a commented config.toml."""
    quiet = yes or not sys.stdin.isatty()
    config = config or user_config_file()
    if config.exists() and not force:
        raise UsageError(
            tr("{config} is there already.", config=config),
            tr("Edit it, name another with --config, or overwrite with --force."),
        )
    root = vault.expanduser() if vault else _choose_vault(known_vaults(), quiet)
    root = root.absolute()
    layout = read_layout(Config(vault=VaultSettings(path=str(root))))
    notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote)]
    answers = first_answers(root, config)
    typer.echo(tr("vault    {root}", root=root))
    where = f"{layout.diary_folder or '(root)'}/{layout.diary_format.text.removesuffix('.md')}.md"
    typer.echo(tr("diary    {where} ({source}), {count} notes", where=where, source=layout.source, count=len(notes)))
    if not notes and not quiet:
        folder = typer.prompt(tr("No note fits. The diary's folder inside the vault"), default=layout.diary_folder)
        if folder != layout.diary_folder:
            answers["vault", "diary_folder"] = folder
    choice = choose(probe())
    typer.echo(tr("model    {model}: {why}", model=choice.model, why=choice.why))
    if choice.model != "starter" and (
        quiet or typer.confirm(tr("Use {model} on the GPU?", model=choice.model), default=True)
    ):
        answers["engine", "kind"] = choice.kind
        answers["engine", "model"] = choice.model
    write_settings(config, answers)
    for path in write_help_page(read_layout(load(config))):
        typer.echo(tr("wrote    {path} (in the vault)", path=path))
    typer.echo(
        tr("wrote    {config}\nNext: `nippo doctor`, then `nippo run` or `nippo service install`.", config=config)
    )
    if answers.get(("engine", "kind")) == "transformers":
        _first_adapter(config, quiet)


def _first_adapter(config: Path, quiet: bool) -> None:
    """A base without an adapter writes as it came; the corpus that ships can teach it."""
    typer.echo(tr("There is no adapter for this base yet: `nippo train --starter-corpus` makes the first one."))
    if not quiet and typer.confirm(tr("Make it now? It says first how long it will take."), default=False):
        call([sys.executable, "-m", "daemon.cli", "train", "--starter-corpus", "--config", str(config)])


def _choose_vault(found: list[Path], quiet: bool) -> Path:
    if not found:
        raise UsageError(tr("Obsidian knows no vault on this machine."), tr("Name it: nippo init /path/to/vault"))
    if len(found) == 1 or quiet:
        return found[0]
    for number, path in enumerate(found, start=1):
        typer.echo(f"  {number}  {path}")
    number = int(typer.prompt(tr("Which vault"), type=int, default=1))
    if not 1 <= number <= len(found):
        raise UsageError(tr("There is no vault {number}.", number=number), tr("Take a number of the list."))
    return found[number - 1]
