"""``nippo models``: the models that this machine could write with, and putting one to use."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from daemon.config import Config, load
from daemon.errors import UsageError
from daemon.models.local_servers import LocalServer, look
from daemon.options import ConfigFile, Json
from daemon.setup.doctor_server import METHODS
from daemon.setup.engine_settings import use_model
from daemon.setup.model_offers import Offer, details, known_models, offers, this_machine
from daemon.setup.status import method_told, model_in_use

WORTHS = {
    "likely": "likely better than the starter",
    "perhaps": "perhaps better than the starter",
    "hardly": "hardly better than the starter",
    "too large": "more than this machine holds",
    "elsewhere": "runs on another machine: your diary would go there",
}
LANGUAGES = {
    "japanese": "made for Japanese",
    "multilingual": "many languages",
    "english": "mostly English",
    "unknown": "languages unknown",
}

models = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(models, name="models")


@models.callback()
def listed(context: typer.Context, config: ConfigFile = None, as_json: Json = False) -> None:
    """List the models that this machine could write with: Ollama's, LM Studio's, llama-server's, and known ones.

    Asks three ports of this machine (11434, 1234, 8080) for their lists, and sends nothing else. What a model is said
    to be worth is a guess by size and family; `nippo evaluate --against` measures it on your own accepted days.
    """
    if context.invoked_subcommand is not None:
        context.obj = config
        return
    settings = load(config)
    machine = this_machine()
    servers = look()
    found = offers(servers, machine)
    known = known_models(machine)
    if as_json:
        values = {
            "in_use": {"model": model_in_use(settings)[0], "method": method_told(settings)},
            "machine": {"memory": machine.memory, "cores": machine.cores, "gpu_memory": machine.gpu_memory},
            "servers": [{"program": one.kind, "url": one.url, "trouble": one.trouble} for one in servers],
            "offers": [offer.to_json() for offer in found],
            "known": known,
        }
        typer.echo(json.dumps(values, ensure_ascii=False, indent=1))
        return
    typer.echo(f"in use   {model_in_use(settings)[0]}")
    if method := method_told(settings):
        typer.echo(f"         writes {METHODS[method]}")
    _print_offers(servers, found)
    _print_known(known)


@models.command("use")
def use(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A model of a program on this machine, or a model reference.")],
    server: Annotated[
        str,
        typer.Option(
            "--server", metavar="URL", help="The server that has it, ending in /v1.", show_default="looked for"
        ),
    ] = "",
    config: ConfigFile = None,
) -> None:
    """Let a model write from the next start on: put it into config.toml, whose comments and other keys stay."""
    settings = load(config or context.obj)
    url = server or _place_of(settings, model)
    file = use_model(settings, model, url)
    typer.echo(f"{model}{f' at {url}' if url else ''}: written into {file}; a running daemon takes it after a reload")


def _place_of(settings: Config, model: str) -> str:
    """The address of the one program here that has this model, "" for a name that is a model reference."""
    if model in {row["name"] for row in known_models(this_machine())}:
        return ""
    found = [
        offer for offer in offers(look(), this_machine()) if model in (offer.name, offer.name.removesuffix(":latest"))
    ]
    if not found:
        return ""
    if not all(offer.usable for offer in found):
        raise UsageError(
            f"{model}: {WORTHS[found[0].appraisal.worth]}.", "Name its address with --server all the same."
        )
    if len(found) > 1:
        places = ", ".join(offer.url for offer in found)
        raise UsageError(f"{model} is at {places}.", "Say which with --server.")
    return found[0].url


def _print_offers(servers: list[LocalServer], found: list[Offer]) -> None:
    if not servers:
        typer.echo("\nNo program here serves models (looked for Ollama, LM Studio and llama-server).")
        return
    typer.echo("\nOn this machine, the best first:")
    for number, offer in enumerate(found, start=1):
        slow = ", slow here" if offer.appraisal.slow else ""
        typer.echo(f"  {number:2}  {offer.name} ({offer.program}): {details(offer, LANGUAGES)}")
        typer.echo(f"      {WORTHS[offer.appraisal.worth]}{slow}")
    for server in servers:
        if server.trouble or not server.models:
            typer.echo(f"      {server.kind} at {server.url}: {server.trouble or 'has no model that writes'}")
    if any(offer.usable for offer in found):
        best = next(offer for offer in found if offer.usable)
        typer.echo(f"  → nippo evaluate --against {best.name} --server {best.url}   (on your accepted days)")
        typer.echo(f"  → nippo models use {best.name} --server {best.url}")


def _print_known(known: list[dict[str, Any]]) -> None:
    typer.echo("\nBy name, from a hub that answers (`nippo fetch NAME`, then `nippo models use NAME`):")
    for row in known:
        if row["sha256"] is None:
            typer.echo(f"      {row['name']}: no verified hash, refused by name; licence {row['licence']}")
            continue
        state = (
            "is here" if row["here"] else "too large here" if not row["fits"] else "" if row["quick"] else "slow here"
        )
        best = "the largest for this machine" if row["best"] else ""
        words = ", ".join(
            filter(None, (f"{row['parameters']:g}B", f"{row['bytes'] / 1e9:.1f} GB", row["licence"], state, best))
        )
        typer.echo(f"  {'→' if row['best'] else ' '}   {row['name']}: {words}")
