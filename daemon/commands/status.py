"""``nippo status``: what the daemon does, what waits, what was set aside and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from daemon.config import load
from daemon.learning.run_report import summary
from daemon.options import ConfigFile, Json, padded
from daemon.service.passed_over import Passed, PassedKind
from daemon.setup.not_taken import not_taken
from daemon.setup.status import status as look
from daemon.system.clock import local_time
from daemon.system.processes import memory_of
from daemon.words import marked, tr

ATTENTION_SHOWN = 20
WHOLE = marked(", writes a diary as a whole (it was not trained on sentences)")
STATES = {"no room": marked("waits for room on a disk")}
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
    give_up = tr("`nippo reject {day}` takes the pair back", day=day)
    return {
        "missing": (
            tr(
                "{path}: the note of an accepted report is gone; the pair is kept until {until}",
                path=path,
                until=one["until"],
            ),
            tr("`nippo restore {day}` writes the note again, {give_up}", day=day, give_up=give_up),
        ),
        "diary": (
            tr("{day}: the diary has lost most of its text since; the pair keeps the one that was accepted", day=day),
            tr(
                "`nippo pairs keep {day}` leaves it so, `nippo pairs renew {day}` takes the diary of now, {give_up}",
                day=day,
                give_up=give_up,
            ),
        ),
        "body": (
            tr("{path}: is ticked, but its text is gone; the pair keeps the text that was accepted", path=path),
            tr("`nippo restore {day}` brings the text back, {give_up}", day=day, give_up=give_up),
        ),
        "redo": (
            tr("{path}: was drafted anew; the pair keeps the text that was accepted", path=path),
            tr(
                "Tick the new draft, or `nippo restore {day}` brings the old text back, {give_up}",
                day=day,
                give_up=give_up,
            ),
        ),
        "leak": (
            tr("{path}: is accepted, but something private seems to stand in it: it is not learned from", path=path),
            tr("Mend the text, or: nippo pairs keep {day} (learn it as it is), nippo reject {day}", day=day),
        ),
        "hint": (f"{path}: {one['what']}", tr("The same hint stands in the note's `warnings`.")),
        "stale-text": (
            tr("{path}: the diary has changed since; the report holds your words, so it stays as it is", path=path),
            tr("`nippo redo {day}` drafts it anew and keeps your text", day=day),
        ),
        "stale-properties": (
            tr(
                "{path}: the diary has changed since; somebody, perhaps a plugin, has changed the "
                "report's properties, so it stays as it is",
                path=path,
            ),
            tr("`nippo redo {day}` drafts it anew", day=day),
        ),
        "stale-accepted": (
            tr("{path}: is accepted, and the diary has changed since", path=path),
            tr("Nothing, if it was handed in so; else `nippo redo {day}`", day=day),
        ),
    }[one["kind"]]


def _in_memory(pid: int) -> str:

    used = memory_of(pid)
    return (
        tr("in memory (process {pid}, {used:,.0f} MiB)", pid=pid, used=used / 2**20)
        if used
        else tr("not in memory any more")
    )


def _print(found: dict[str, Any]) -> None:

    daemon = found["daemon"]
    if daemon["running"]:
        _row(tr("daemon"), _doing(daemon))
    else:
        _row(tr("daemon"), tr("does not run; start it with `nippo run`"))
    for line in (daemon.get("message") or "").splitlines():
        _row("", line)
    for line in found["storage"] if daemon.get("state") != "no room" else ():
        _row(tr("room"), line)
    _row(tr("vault"), found["vault"])
    _row(tr("model"), found["model"] + (tr(WHOLE) if found["method"] == "whole" else ""))
    if daemon["running"] and daemon.get("worker_pid"):
        _row("", _in_memory(daemon["worker_pid"]))
    if found["advice"]:
        _row("", found["advice"])
    written, accepted = found["reports"], found["accepted_pairs"]
    _row(tr("reports"), tr("{written} written, {accepted} accepted", written=written, accepted=accepted))
    if found["first_run_date"]:
        first = found["first_run_date"]
        _row("", tr("of notes from {day} on; `nippo backfill` takes older ones", day=first))
    for report in found["last_reports"]:
        time = local_time(report["written_at"])
        _row("", f"{report['report_path']}  {report['status']}  {report['model']}  {time}")
    passed: dict[PassedKind, tuple[int, list[Passed]]] = {
        kind: (values["count"], [Passed(**one) for one in values["newest"]])
        for kind, values in found["not_taken"].items()
    }
    about = (found["first_run_date"], found["diary_format"], Path(found["vault"]))
    for number, (what, next_step) in enumerate(not_taken(passed, *about)):
        _row("" if number else tr("left out"), what)
        if next_step:
            _row("", f"  → {next_step}")
    for number, one in enumerate(found["attention"][:ATTENTION_SHOWN]):
        what, next_step = in_words(one)
        _row("" if number else tr("look at"), what)
        _row("", f"  → {next_step}")
    if len(found["attention"]) > ATTENTION_SHOWN:
        count = len(found["attention"]) - ATTENTION_SHOWN
        _row("", tr("and {count} more; `nippo status --json` has all", count=count))
    for number, line in enumerate(summary(found["training"]) if found["training"] else ()):
        _row("" if number else tr("training"), line)
    for state, title in (("waiting", tr("waiting")), ("failed", tr("failed")), ("skipped", tr("skipped"))):
        if found[state]:
            _row(title, str(len(found[state])))
        for job in found[state][:20]:
            _row("", job["error"] or job["path"])
            if job["next_step"] and job["error"]:
                _row("", f"  → {job['next_step']}")


def _row(label: str, text: str) -> None:
    typer.echo(f"{padded(label, 8)} {text}")


def _doing(daemon: Mapping[str, Any]) -> str:
    """What a running daemon does, and since when it runs."""
    state = daemon.get("state", "running")
    words = [tr(STATES.get(state, state))]
    if daemon.get("working_on"):
        words.append(tr("writing the report of {day}", day=daemon["working_on"]))
        _, number, total = daemon.get("stage") or ("", 0, 0)
        if number:
            words[-1] += tr(" (sentence {number} of {total})", number=number, total=total)
    since = tr(" since {time}", time=local_time(daemon["started"])) if daemon.get("started") else ""
    return tr("{work} (process {pid}{since})", work=", ".join(words), pid=daemon["pid"], since=since)
