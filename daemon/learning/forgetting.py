"""Forgetting a day: its pair, draft and every copy of its text in the data folder.

Text is overwritten where it lies (SQLite's ``secure_delete``, ``VACUUM``, an emptied journal; zeros over files before
they are removed). On flash storage the drive may keep old blocks; only encryption of the disk helps there. The vault is
the person's: of it only the ``accepted`` line of the report changes, and the evidence that nippo wrote beside it goes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from daemon.config import Config
from daemon.errors import NippoError, ReportBlocked, UsageError
from daemon.learning.announcement import settle
from daemon.learning.evidence_notes import remove_evidence
from daemon.learning.kept import Kept
from daemon.learning.ledger import Ledger
from daemon.learning.note_hints import NoteHints
from daemon.learning.pair_keeper import withdrawn
from daemon.learning.places import place_of
from daemon.learning.review import FORGOTTEN, VAULT
from daemon.learning.run_folder import PROGRESS, RUNS, WEEKLY
from daemon.learning.ticking import tick
from daemon.store.set_aside import databases_aside
from daemon.store.store import Store
from daemon.system.files import TEMPORARY
from daemon.system.plain_files import read_plain
from daemon.vault.history import evidence_copies, kept_bodies
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import read
from daemon.vault.writer import LARGEST, report_digest
from daemon.versions.artifact import list_versions, trained_on
from daemon.words import tr

TEXT_PATTERNS = ("**/*.jsonl", "reports/**/*", WEEKLY, f"**/{TEMPORARY}")
"""What in a run's folder may quote a diary or a report; figures of the run (``progress.jsonl``) may not."""
HARMLESS = (PROGRESS,)


UNFINISHED = "forgetting"


@dataclass(frozen=True)
class Unfinished(Kept):
    """What is being forgotten: the pairs of a day, or with ``whole_day`` all that is known of it."""

    day: str
    pair_ids: tuple[str, ...]
    whole_day: bool


@dataclass(frozen=True)
class Forgotten:
    """What was forgotten: ids of the pairs, versions trained on them, vault notes that quote the day, files removed;
    what stands in the way of unticking the note, and databases moved aside that cannot be opened and may hold it."""

    pair_ids: tuple[str, ...]
    versions: tuple[str, ...]
    notes: tuple[str, ...]
    files: int
    problem: str = ""
    unopened: tuple[Path, ...] = ()


def forget(config: Config, store: Store, layout: Layout, day: date) -> Forgotten:
    """Withdraw every pair of a day for good and remove its text, the draft and its record. What a crash cuts off is
    remembered: doing it again goes on from there, and so does the next daemon (``finish_forgetting``)."""
    settle(layout, store, day)
    ids = {pair.id for pair in store.pairs(withdrawn=True) if pair.day == day.isoformat()}
    place = place_of(layout, store, day)
    accepted = _is_ticked(layout, place)
    with contextlib.suppress(ReportBlocked):  # one that its person has edited stays, and is named
        remove_evidence(store, layout, day)
    with store.batch():
        known = _begin(store, Unfinished(day.isoformat(), tuple(ids), whole_day=True))
        for pair_id in known.pair_ids:
            pair = store.pair(pair_id)
            if pair and pair.source in (VAULT, FORGOTTEN) and accepted:
                # Stays until the note is seen unticked, so that the tick is not taken for a new one.
                store.put_pair(
                    replace(withdrawn(pair, "unticked"), diary="", report="", draft="", record="", source=FORGOTTEN)
                )
            else:
                store.delete_pair(pair_id)
        _drop_day(store, day)
        Ledger(store).forget(known.pair_ids)
    problem = ""
    if accepted:
        try:
            tick(layout, place, day, "accepted", False)
        except ReportBlocked as blocked:
            problem = blocked.what
    return _clean(config, store, layout, known, problem)


def forget_pair(config: Config, store: Store, layout: Layout, pair_id: str) -> Forgotten:
    """Withdraw one imported pair for good and remove its text; the other pairs of its day and its draft stay. Raises
    ``UsageError`` for an id that is not there and for a vault's own pair, which has a day."""
    pair = store.pair(pair_id)
    if pair is None or pair.source in (VAULT, FORGOTTEN):
        raise UsageError(
            tr("{pair_id}: no imported pair has this id.", pair_id=pair_id), tr("`nippo pairs` lists them.")
        )
    with store.batch():
        known = _begin(store, Unfinished(pair.day, (pair_id,), whole_day=False))
        store.delete_pair(pair_id)
        Ledger(store).forget([pair_id])
    return _clean(config, store, layout, known, "")


def finish_forgetting(config: Config, store: Store) -> None:
    """Go on with what a crash has cut off; the only thing that is not repeated is unticking a note that cannot be
    written."""
    for one in _unfinished(store):
        layout = read_layout(config)
        if one.whole_day:
            forget(config, store, layout, date.fromisoformat(one.day))
        else:
            _clean(config, store, layout, one, "")


def _unfinished(store: Store) -> list[Unfinished]:
    return [one for value in store.get_meta(UNFINISHED, []) if (one := Unfinished.from_json(value)) is not None]


def _begin(store: Store, wanted: Unfinished) -> Unfinished:
    """Remember what is to be forgotten, with what an earlier attempt knew of it: its pairs are gone by now."""
    others = []
    for one in _unfinished(store):
        if wanted.whole_day and one.whole_day and one.day == wanted.day:
            wanted = replace(wanted, pair_ids=tuple(sorted({*wanted.pair_ids, *one.pair_ids})))
        elif one != wanted:
            others.append(one)
    store.set_meta(UNFINISHED, [one.to_json() for one in [*others, wanted]])
    return wanted


def _clean(config: Config, store: Store, layout: Layout, known: Unfinished, problem: str) -> Forgotten:
    """Remove every copy of the text, and then the memory that this was to be done."""
    ids, day = known.pair_ids, date.fromisoformat(known.day)
    unopened = _from_databases_aside(config, ids, day if known.whole_day else None)
    cleaned = _cleaned(config, store, layout, ids, day)
    store.set_meta(UNFINISHED, [one.to_json() for one in _unfinished(store) if one != known])
    return Forgotten(*cleaned, problem, unopened)


def _drop_day(store: Store, day: date) -> None:
    """Remove what the database knows of a day beside its pairs."""
    for job in store.jobs():
        if job.day == day.isoformat():
            store.drop(job.path)
    store.leave_report(day)
    store.forget_draft(day)
    for one in store.announcements.all(day):
        if one.kind != "verdict":
            store.announcements.remove(one.temporary)
    NoteHints(store).put(store.place(day), "")


def _from_databases_aside(config: Config, ids: Sequence[str], day: date | None) -> tuple[Path, ...]:
    """Forget in the databases that ``nippo rebuild`` moved aside too; return those that cannot be opened."""
    unopened = []
    for file in databases_aside(config.data_path):
        try:
            with Store.open(config.data_path, file.name) as old:
                if day:
                    _drop_day(old, day)
                for pair in old.pairs(withdrawn=True):
                    if pair.id in ids or (day and pair.day == day.isoformat()):
                        old.delete_pair(pair.id)
                old.scrub()
        except NippoError:
            unopened.append(file)
    return tuple(unopened)


def _cleaned(
    config: Config, store: Store, layout: Layout, ids: Sequence[str], day: date
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], int]:
    """Wipe the texts of all runs and the database's free pages; the first four values of ``Forgotten``."""
    files = 0
    for run in (config.data_path / RUNS).glob("*"):
        for file in texts_of_run(run):
            wipe(file)
            files += 1
    store.scrub()
    versions, _ = list_versions(config)
    named = tuple(one.name for one in versions if any(trained_on([one], pair_id) for pair_id in ids))
    return tuple(ids), named, tuple(quoting_notes(layout, day)), files


def texts_of_run(run: Path) -> Iterator[Path]:
    """The files of a training run that may hold a person's text."""
    for pattern in TEXT_PATTERNS:
        for file in sorted(run.glob(pattern)):
            if file.is_file() and file.name not in HARMLESS:
                yield file


def wipe(file: Path) -> None:
    """Overwrite a file with zeros, flush, remove it."""
    with contextlib.suppress(FileNotFoundError):
        with file.open("r+b") as stream:
            stream.write(b"\0" * file.stat().st_size)
            stream.flush()
            os.fsync(stream.fileno())
        file.unlink()


def quoting_notes(layout: Layout, day: date) -> Iterator[str]:
    """The verdict notes in the vault that show a report of the day, its evidence, and copies of what was replaced."""
    yield from (copy.path for copy in kept_bodies(layout, day))
    yield from evidence_copies(layout, day)
    if os.path.lexists(layout.file(layout.evidence_path(day))):
        yield layout.evidence_path(day)
    folder = layout.file(f"{layout.report_folder}/_training" if layout.report_folder else "_training")
    for file in sorted(folder.glob("*.md")):
        with contextlib.suppress(OSError):
            if day.isoformat().encode() in read_plain(file, LARGEST):
                yield f"{folder.relative_to(layout.root).as_posix()}/{file.name}"


def _is_ticked(layout: Layout, path: str) -> bool:
    file = layout.file(path)
    with contextlib.suppress(ReportBlocked, OSError):
        return report_digest(file) is not None and read(read_plain(file, LARGEST)).accepted
    return False
