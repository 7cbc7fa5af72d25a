"""``nippo accept``, ``reject``, ``redo`` and ``restore``: what a person does with a report, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer

from daemon.config import Config, load
from daemon.errors import NippoError, NoteError
from daemon.learning.leak_question import leak_lines
from daemon.learning.pair_answers import restore as bring_back
from daemon.learning.pair_answers import withdraw
from daemon.learning.pair_keeper import PairKeeper
from daemon.learning.places import place_of
from daemon.learning.reviewer import Reviewer, read_file
from daemon.learning.ticking import tick
from daemon.options import ConfigFile, on_the_way, to_date
from daemon.service.on_demand import find_note, unfinished, work_off
from daemon.service.service import now
from daemon.setup.completion import days
from daemon.store.store import Store
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import read
from daemon.words import tr
from daemon.worker.shared import SharedWorker

Day = Annotated[
    str, typer.Argument(metavar="DATE", autocompletion=days, help="The day of the report, such as 2026-01-07 or today.")
]


def register(app: typer.Typer) -> None:
    app.command("accept")(accept)
    app.command("reject")(reject)
    app.command("redo")(redo)
    app.command("restore")(restore)


def accept(
    day: Day,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask where something private seems to stand in it.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Tick `accepted`: the report as it stands is what you handed in, and the model may learn from it."""

    def act(settings: Config, store: Store, layout: Layout, wanted: date) -> None:
        if not yes:
            _ask_about_leaks(settings, store, layout, wanted)
        _tick(settings, store, layout, wanted, "accepted")

    _say_accepted(day, config, act)


def reject(day: Day, config: ConfigFile = None) -> None:
    """Untick `accepted`: the model does not learn from this report, even where its note is gone."""
    _say_accepted(day, config, lambda settings, store, layout, wanted: withdraw(settings, store, layout, wanted, now()))


def redo(day: Day, config: ConfigFile = None) -> None:
    """Have the report drafted anew, in place of what stands in the note now. A body that you edited is kept."""
    settings = load(config)
    layout = read_layout(settings)
    wanted = to_date(day, now().date())
    note = find_note(layout, wanted.isoformat(), wanted)
    with Store.open(settings.data_path) as store:
        before = _body(layout, store, wanted)
        _tick(settings, store, layout, wanted, "redo")
        with on_the_way(tr("{path}: the model", path=note.path)) as told:
            for _ in work_off(settings, store, layout, [note.path], SharedWorker, told):
                pass
        for job in unfinished(store, [note.path]):
            raise NippoError(job.error, job.next_step)
        path, same = place_of(layout, store, wanted), _body(layout, store, wanted) == before
    typer.echo(
        tr("{path}: drafted anew", path=path)
        + (tr(", and the same came out: the model has no other words for it") if same else "")
    )


def _body(layout: Layout, store: Store, day: date) -> str:
    try:
        return read(layout.file(place_of(layout, store, day)).read_bytes()).body
    except OSError:
        return ""


def restore(
    day: Day,
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="The number of a copy in .history.")] = None,
    config: ConfigFile = None,
) -> None:
    """Bring back what you wrote: a report whose note is gone, or the body that a new draft has replaced.

    The body that stands there now is kept in its turn, so that a second `restore` undoes the first.
    """
    settings = load(config)
    layout = read_layout(settings)
    wanted = to_date(day, now().date())
    with Store.open(settings.data_path) as store:
        done = bring_back(settings, store, layout, wanted, now(), number)
    typer.echo(
        tr("{path}: restored", path=done.path) + (tr(" from {source}", source=done.source) if done.source else "")
    )
    if done.kept:
        typer.echo(tr("  what stood there is {kept}", kept=done.kept))


def _say_accepted(day: str, config: ConfigFile, act: Callable[[Config, Store, Layout, date], object]) -> None:
    """Do it, and say whether the report is accepted now."""
    settings = load(config)
    layout = read_layout(settings)
    wanted = to_date(day, now().date())
    with Store.open(settings.data_path) as store:
        act(settings, store, layout, wanted)
        path = place_of(layout, store, wanted)
        pair = store.pair(wanted.isoformat())
        accepted = pair is not None and not pair.withdrawn
        count = len(store.pairs())
    typer.echo(
        tr(
            "{path}: {what} ({count} pairs in all)",
            path=path,
            what=tr("accepted") if accepted else tr("not accepted"),
            count=count,
        )
    )


def _ask_about_leaks(settings: Config, store: Store, layout: Layout, day: date) -> None:
    """Ask once where something private seems to stand in a report; a no, or nobody there to say yes, ends the
    command."""
    data = read_file(layout.file(place_of(layout, store, day)), settings.watch.max_note_kilobytes)
    note = read(data or b"")
    try:
        diary = PairKeeper(settings, store).diary_of(layout, day, note).text
    except NoteError:
        return  # the tick itself says what is missing
    found = leak_lines(settings, note.body, diary)
    for line, what in found:
        typer.echo(f"  {line}\n    ← {what}")
    if found:
        typer.confirm(tr("Something private seems to stand in this report. Accept it all the same?"), abort=True)


def _tick(settings: Config, store: Store, layout: Layout, day: date, key: str) -> None:
    tick(layout, place_of(layout, store, day), day, key, True)
    Reviewer(settings, store).review(layout, day, now())
