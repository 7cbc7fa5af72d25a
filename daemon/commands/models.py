"""``nippo models``: the models that this machine could write with, and putting one to use."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from daemon.config import load
from daemon.errors import UsageError
from daemon.models.known import KNOWN
from daemon.models.local_servers import LocalServer, look
from daemon.models.reference import HUB_ID, is_here
from daemon.options import ConfigFile, Json
from daemon.setup.doctor_server import METHODS
from daemon.setup.engine_settings import use_model
from daemon.setup.model_offers import WORTHS, Offer, details, known_models, offers, this_machine, worth_in_words
from daemon.setup.status import model_in_use
from daemon.words import tr

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
    now, _, method = model_in_use(settings)
    machine = this_machine()
    servers = look()
    found = offers(servers, machine)
    known = known_models(machine)
    if as_json:
        values = {
            "in_use": {"model": now, "method": method},
            "machine": {"memory": machine.memory, "cores": machine.cores, "gpu_memory": machine.gpu_memory},
            "servers": [{"program": one.kind, "url": one.url, "trouble": one.trouble} for one in servers],
            "offers": [offer.to_json() for offer in found],
            "known": known,
        }
        typer.echo(json.dumps(values, ensure_ascii=False, indent=1))
        return
    typer.echo(tr("in use: {model}", model=now))
    if method:
        typer.echo(tr("writes {how}", how=tr(METHODS[method])))
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
    url = server or _place_of(model)
    file = use_model(settings, model, url)
    where = tr("{model} at {url}", model=model, url=url) if url else model
    typer.echo(tr("{model}: written into {file}; a running daemon takes it after a reload", model=where, file=file))


def _place_of(model: str) -> str:
    """The address of the one program here that has this model, "" for a name that is a model reference."""
    if model in KNOWN:
        return ""
    found = [
        offer for offer in offers(look(), this_machine()) if model in (offer.name, offer.name.removesuffix(":latest"))
    ]
    if not found:
        if is_here(model) or HUB_ID.fullmatch(model):
            return ""
        raise UsageError(
            tr("No program on this machine has a model {model!r}, and nippo knows none.", model=model),
            tr("`nippo models` lists them; a file or a hub id owner/name is taken too."),
        )
    if not all(offer.usable for offer in found):
        raise UsageError(
            tr("{path}: {reason}.", path=model, reason=tr(WORTHS[found[0].appraisal.worth])),
            tr("Name its address with --server all the same."),
        )
    if len(found) > 1:
        places = ", ".join(offer.url for offer in found)
        raise UsageError(tr("{model} is at {places}.", model=model, places=places), tr("Say which with --server."))
    return found[0].url


def _print_offers(servers: list[LocalServer], found: list[Offer]) -> None:
    if not servers:
        typer.echo("\n" + tr("No program here serves models (looked for Ollama, LM Studio and llama-server)."))
        return
    typer.echo("\n" + tr("On this machine, the best first:"))
    for number, offer in enumerate(found, start=1):
        typer.echo(f"  {number:2}  {offer.name} ({offer.program}): {details(offer)}")
        typer.echo(f"      {worth_in_words(offer)}")
    for server in servers:
        if server.trouble or not server.models:
            trouble = tr(server.trouble) if server.trouble else tr("has no model that writes")
            typer.echo(f"      {server.kind} ({server.url}): {trouble}")
    if best := next((offer for offer in found if offer.usable), None):
        typer.echo(f"  → `nippo evaluate --against {best.name} --server {best.url}`  {tr('(on your accepted days)')}")
        typer.echo(f"  → `nippo models use {best.name} --server {best.url}`")


def _print_known(known: list[dict[str, Any]]) -> None:
    typer.echo("\n" + tr("By name, from a hub that answers (`nippo fetch NAME`, then `nippo models use NAME`):"))
    for row in known:
        if row["sha256"] is None:
            unverified = tr("no verified hash, refused by name; licence {licence}", licence=row["licence"])
            typer.echo(f"      {row['name']}: {unverified}")
            continue
        state = tr("is here") if row["here"] else tr("too large here") if not row["fits"] else ""
        state = state or ("" if row["quick"] else tr("slow here"))
        best = tr("the largest for this machine") if row["best"] else ""
        words = (f"{row['parameters']:g}B", f"{row['bytes'] / 1e9:.1f} GB", row["licence"], state, best)
        typer.echo(f"  {'→' if row['best'] else ' '}   {row['name']}: {', '.join(filter(None, words))}")
