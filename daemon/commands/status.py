"""``nippo status``: what the daemon does, what waits, what was set aside and why."""

from __future__ import annotations

import json
from typing import Any

import typer

from daemon.config import load
from daemon.learning.run_report import summary
from daemon.options import ConfigFile, Json
from daemon.setup.status import status as look
from daemon.system.processes import memory_of

STATES = {"no room": "waits for room on a disk"}
"""States of the daemon whose names are no words for a person."""


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(config: ConfigFile = None, as_json: Json = False) -> None:
    """Show the daemon, its queue and the notes that were set aside. Exit code 1 when no daemon runs."""
    found = look(load(config))
    if as_json:
        training = found["training"]
        values = {**found, "training": training.to_json() if training else {}}
        typer.echo(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        _print(found)
    if not found["daemon"]["running"]:
        raise typer.Exit(1)


def _in_memory(pid: int) -> str:

    used = memory_of(pid)
    return f"in memory (process {pid}, {used / 2**20:,.0f} MiB)" if used else "not in memory any more"


def _print(found: dict[str, Any]) -> None:

    daemon = found["daemon"]
    if daemon["running"]:
        work = f", writing the report of {daemon['working_on']}" if daemon.get("working_on") else ""
        since = f" since {daemon['started']}" if daemon.get("started") else ""
        state = STATES.get(daemon.get("state", "running"), daemon.get("state", "running"))
        typer.echo(f"daemon   {state}{work} (process {daemon['pid']}{since})")
    else:
        typer.echo("daemon   does not run; start it with `nippo run`")
    if daemon.get("message"):
        typer.echo("\n".join(f"         {line}" for line in daemon["message"].splitlines()))
    for line in found["storage"] if daemon.get("state") != "no room" else ():
        typer.echo(f"room     {line}")
    typer.echo(f"vault    {found['vault']}")
    typer.echo(f"model    {found['model']}")
    if daemon["running"] and daemon.get("worker_pid"):
        typer.echo(f"         {_in_memory(daemon['worker_pid'])}")
    if found["advice"]:
        typer.echo(f"         {found['advice']}")
    typer.echo(f"reports  {found['reports']} written, {found['accepted_pairs']} accepted")
    if found["first_run_date"]:
        typer.echo(f"         of notes from {found['first_run_date']} on; `nippo backfill` takes older ones")
    for report in found["last_reports"]:
        typer.echo(f"         {report['report_path']}  {report['status']}  {report['model']}  {report['written_at']}")
    for number, line in enumerate(summary(found["training"]) if found["training"] else ()):
        typer.echo(f"{'' if number else 'training':8} {line}")
    for state, title in (("waiting", "waiting"), ("failed", "failed"), ("skipped", "skipped")):
        if found[state]:
            typer.echo(f"{title:8} {len(found[state])}")
        for job in found[state][:20]:
            typer.echo(f"         {job['error'] or job['path']}")
            if job["next_step"] and job["error"]:
                typer.echo(f"           → {job['next_step']}")
