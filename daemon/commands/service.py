"""``nippo service``: install, uninstall, status and logs of the systemd service."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from daemon.commands.fetch import fetch_with_progress
from daemon.config import Config, load
from daemon.errors import UsageError
from daemon.models.reference import is_gguf, is_here
from daemon.setup import service_install, systemctl
from daemon.setup.service_unit import CACHE, ServicePlan
from daemon.words import tr

app = typer.Typer(help="Run nippo as a systemd service that starts with the machine.", no_args_is_help=True)

System = Annotated[bool, typer.Option("--system", help="A hardened system service instead of a user service.")]
Name = Annotated[str, typer.Option("--name", help="The unit's name; another one for a second vault.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="The settings file.", show_default=False)]

User = Annotated[str, typer.Option("--user", help="With --system: run as this user.", show_default="the vault's owner")]
DynamicUser = Annotated[bool, typer.Option("--dynamic-user", help="With --system: as a user made up by systemd.")]
Gpu = Annotated[bool | None, typer.Option("--gpu/--no-gpu", help="Open NVIDIA's devices.", show_default="auto")]


def register(parent: typer.Typer) -> None:
    parent.add_typer(app, name="service")


@app.command()
def install(
    config: ConfigFile = None,
    system: System = False,
    name: Name = "nippo",
    user: User = "",
    dynamic_user: DynamicUser = False,
    gpu: Gpu = None,
    download: Annotated[bool, typer.Option(help="With --system: fetch the model for the service first.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the unit and change nothing.")] = False,
) -> None:
    """Write, enable and start the service. Running it again changes nothing, or takes over new settings."""
    if not dry_run:
        systemctl.require()
    if not system and (user or dynamic_user):
        raise UsageError(tr("--user and --dynamic-user belong to --system"), tr("Add --system, or leave them out."))
    if gpu is None:
        gpu = next(Path("/dev").glob("nvidia[0-9]*"), None) is not None
    settings = load(config)
    service = service_install.plan(settings, system=system, gpu=gpu, user=user, dynamic=dynamic_user, name=name)
    if dry_run:
        typer.echo(service_install.unit_text(service), nl=False)
        return
    if system and download and not service.server_url:
        _fetch_for_the_service(settings)
    done = service_install.install(service)
    typer.echo(tr("{file}: {change}; {name} is enabled and runs.", file=done.file, change=tr(done.change), name=name))
    for hint in _hints(service):
        typer.echo(hint)


@app.command()
def uninstall(system: System = False, name: Name = "nippo") -> None:
    """Stop and remove the service. The vault, the settings and the data stay."""
    systemctl.require()
    if service_install.uninstall(name, system):
        typer.echo(tr("{name} is stopped and removed. Vault, settings and data are as they were.", name=name))
    else:
        typer.echo(tr("{unit_file} does not exist: nothing to remove.", unit_file=systemctl.unit_file(name, system)))


@app.command()
def status(
    system: System = False,
    name: Name = "nippo",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What systemd says about the service. Exit code 1 when it does not run."""
    systemctl.require()
    known = systemctl.show(name, system)
    if as_json:
        typer.echo(json.dumps(known, ensure_ascii=False, indent=2))
    elif known.get("LoadState") == "not-found":
        typer.echo(
            tr(
                "{name} is not installed. Install it with `nippo service install{system}`.",
                name=name,
                system=" --system" if system else "",
            )
        )
    else:
        for line in _describe(name, known):
            typer.echo(line)
    if known.get("ActiveState") != "active":
        raise typer.Exit(1)


@app.command()
def logs(
    system: System = False,
    name: Name = "nippo",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="So many of the last lines.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")] = False,
) -> None:
    """The service's lines in the journal."""
    systemctl.require()
    try:
        raise typer.Exit(subprocess.run(systemctl.logs_command(name, system, lines, follow)).returncode)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _describe(name: str, known: dict[str, str]) -> list[str]:
    lines = [
        tr(
            "{name}: {active} ({sub}), {start} at start",
            name=name,
            active=known.get("ActiveState"),
            sub=known.get("SubState"),
            start=known.get("UnitFileState"),
        )
    ]
    if known.get("StatusText"):
        lines.append(tr("  now: {said}", said=known["StatusText"]))
    if known.get("ActiveEnterTimestamp"):
        lines.append(
            tr("  since: {time}, restarts: {number}", time=known["ActiveEnterTimestamp"], number=known.get("NRestarts"))
        )
    if known.get("MainPID", "0") != "0":
        memory = known.get("MemoryCurrent", "")
        lines.append(
            tr("  process: {number}", number=known["MainPID"])
            + (tr(", {memory} MiB", memory=int(memory) >> 20) if memory.isdecimal() else "")
        )
    if known.get("ActiveState") != "active":
        lines.append(tr("  last result: {result}; see `nippo service logs`", result=known.get("Result")))
    return lines


def _hints(service: ServicePlan) -> list[str]:
    hints = _identity_hints(service)
    if service.key_file and not Path(service.key_file).is_file():
        hints.append(
            tr(
                "Write the server's key as NAME=value into {key_file} (chmod 600), then restart {name}.",
                key_file=service.key_file,
                name=service.name,
            )
        )
    return hints


def _identity_hints(service: ServicePlan) -> list[str]:
    if not service.system:
        user = getpass.getuser()
        if systemctl.lingers(user) is False:
            return [
                tr("It stops when you log out. To let it run always: sudo loginctl enable-linger {user}", user=user)
            ]
        return []
    if not service.user:
        return [
            tr("It runs as a user made by systemd: give the vault's group the right to write its report folder."),
            tr("Its data lies in /var/lib/nippo: your own commands find it with NIPPO_DATA__FOLDER=/var/lib/nippo."),
        ]
    return []


def _fetch_for_the_service(settings: Config) -> None:
    """The system service has no network: its model is fetched now, into its own cache."""
    model = settings.engine.model
    os.environ["NIPPO_CACHE"] = CACHE
    if is_gguf(model) or is_here(model) or settings.engine.kind == "llamacpp":
        fetch_with_progress(model, Console())
    else:
        service_install.fetch_from_hub(model, Path(CACHE) / "huggingface")
    if Path(CACHE).is_dir():
        service_install.hand_over(Path(CACHE).resolve())
