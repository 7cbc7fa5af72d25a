"""``nippo status``: what the daemon does, what waits, what was set aside and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from daemon.config import load
from daemon.learning.run_report import summary
from daemon.options import ConfigFile, Json
from daemon.service.passed_over import Passed, PassedKind
from daemon.setup.not_taken import not_taken
from daemon.setup.status import status as look
from daemon.system.clock import local_time
from daemon.system.processes import memory_of

ATTENTION_SHOWN = 20
WHOLE = ", writes a diary as a whole (it was not trained on sentences)"
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


def in_words(one: Mapping[str, str]) -> tuple[str, str]:
    """A matter to look at (``daemon.learning.attention``), as values: what it is, and what to do next."""
    day, path = one["day"], one["path"]
    give_up = f"`nippo reject {day}` takes the pair back"
    return {
        "missing": (
            f"{path}: the note of an accepted report is gone; the pair is kept until {one['until']}",
            f"`nippo restore {day}` writes the note again, {give_up}",
        ),
        "diary": (
            f"{day}: the diary has lost most of its text since; the pair keeps the one that was accepted",
            f"`nippo pairs keep {day}` leaves it so, `nippo pairs renew {day}` takes the diary of now, {give_up}",
        ),
        "body": (
            f"{path}: is ticked, but its text is gone; the pair keeps the text that was accepted",
            f"`nippo restore {day}` brings the text back, {give_up}",
        ),
        "redo": (
            f"{path}: was drafted anew; the pair keeps the text that was accepted",
            f"Tick the new draft, or `nippo restore {day}` brings the old text back, {give_up}",
        ),
        "leak": (
            f"{path}: is accepted, but something private seems to stand in it: it is not learned from",
            f"Mend the text, or: nippo pairs keep {day} (learn it as it is), nippo reject {day}",
        ),
        "hint": (f"{path}: {one['what']}", "The same hint stands in the note's `warnings`."),
        "stale-text": (
            f"{path}: the diary has changed since; the report holds your words, so it stays as it is",
            f"`nippo redo {day}` drafts it anew and keeps your text",
        ),
        "stale-properties": (
            f"{path}: the diary has changed since; somebody, perhaps a plugin, has changed the report's properties,"
            " so it stays as it is",
            f"`nippo redo {day}` drafts it anew",
        ),
        "stale-accepted": (
            f"{path}: is accepted, and the diary has changed since",
            f"Nothing, if it was handed in so; else `nippo redo {day}`",
        ),
    }[one["kind"]]


def _in_memory(pid: int) -> str:

    used = memory_of(pid)
    return f"in memory (process {pid}, {used / 2**20:,.0f} MiB)" if used else "not in memory any more"


def _print(found: dict[str, Any]) -> None:

    daemon = found["daemon"]
    if daemon["running"]:
        work = f", writing the report of {daemon['working_on']}" if daemon.get("working_on") else ""
        _, number, total = daemon.get("stage") or ("", 0, 0)
        work += f" (sentence {number} of {total})" if work and number else ""
        since = f" since {local_time(daemon['started'])}" if daemon.get("started") else ""
        state = STATES.get(daemon.get("state", "running"), daemon.get("state", "running"))
        typer.echo(f"daemon   {state}{work} (process {daemon['pid']}{since})")
    else:
        typer.echo("daemon   does not run; start it with `nippo run`")
    if daemon.get("message"):
        typer.echo("\n".join(f"         {line}" for line in daemon["message"].splitlines()))
    for line in found["storage"] if daemon.get("state") != "no room" else ():
        typer.echo(f"room     {line}")
    typer.echo(f"vault    {found['vault']}")
    typer.echo(f"model    {found['model']}{WHOLE if found['method'] == 'whole' else ''}")
    if daemon["running"] and daemon.get("worker_pid"):
        typer.echo(f"         {_in_memory(daemon['worker_pid'])}")
    if found["advice"]:
        typer.echo(f"         {found['advice']}")
    typer.echo(f"reports  {found['reports']} written, {found['accepted_pairs']} accepted")
    if found["first_run_date"]:
        typer.echo(f"         of notes from {found['first_run_date']} on; `nippo backfill` takes older ones")
    for report in found["last_reports"]:
        written = local_time(report["written_at"])
        typer.echo(f"         {report['report_path']}  {report['status']}  {report['model']}  {written}")
    passed: dict[PassedKind, tuple[int, list[Passed]]] = {
        kind: (values["count"], [Passed(**one) for one in values["newest"]])
        for kind, values in found["not_taken"].items()
    }
    for number, (what, next_step) in enumerate(
        not_taken(passed, found["first_run_date"], found["diary_format"], Path(found["vault"]))
    ):
        typer.echo(f"{'' if number else 'left out':8} {what}")
        if next_step:
            typer.echo(f"           → {next_step}")
    for number, one in enumerate(found["attention"][:ATTENTION_SHOWN]):
        what, next_step = in_words(one)
        typer.echo(f"{'' if number else 'look at':8} {what}")
        typer.echo(f"           → {next_step}")
    if len(found["attention"]) > ATTENTION_SHOWN:
        typer.echo(f"         and {len(found['attention']) - ATTENTION_SHOWN} more; `nippo status --json` has all")
    for number, line in enumerate(summary(found["training"]) if found["training"] else ()):
        typer.echo(f"{'' if number else 'training':8} {line}")
    for state, title in (("waiting", "waiting"), ("failed", "failed"), ("skipped", "skipped")):
        if found[state]:
            typer.echo(f"{title:8} {len(found[state])}")
        for job in found[state][:20]:
            typer.echo(f"         {job['error'] or job['path']}")
            if job["next_step"] and job["error"]:
                typer.echo(f"           → {job['next_step']}")
