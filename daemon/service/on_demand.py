"""Reports that a command asks for: by the running daemon's queue, or done here when no daemon runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.config import Config
from daemon.errors import EngineError, NippoError, NoteError, ReportTouched, UsageError
from daemon.learning.announcement import settle_all
from daemon.learning.places import place_of
from daemon.service.heartbeat import NO_STAGE, read_heartbeat
from daemon.service.intake import take_in
from daemon.service.job_runner import JobRunner
from daemon.service.service import now
from daemon.service.standing import Owner, standing
from daemon.store.store import Job, JobSource, Store
from daemon.system.lock import VaultLock, holder_of
from daemon.system.plain_files import is_plain
from daemon.vault.habits import Habits
from daemon.vault.layout import Layout
from daemon.vault.note_text import decode
from daemon.vault.scan import DiaryNote, Oddity, find_diaries, look_at, read_note
from daemon.words import tr

if TYPE_CHECKING:
    from daemon.worker.shared import Worker

POLL_SECONDS = 0.2


def find_note(layout: Layout, wanted: str, day: date | None) -> DiaryNote:
    """The diary note of a day, or the one that a file name means. Raises ``UsageError`` with what was looked for."""
    if day is not None:
        notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote) and note.day == day]
        if notes:
            return notes[0]
        where = layout.diary_folder or tr("the vault's root")
        raise UsageError(
            tr("No diary note of {day} in {where} ({text}).", day=day, where=where, text=layout.diary_format.text),
            tr("`nippo doctor` shows which names count as diary notes."),
        )
    path = layout.path_of(Path(wanted).expanduser())
    inside = path is not None and is_plain(layout.file(path))
    note = look_at(layout, path if inside and path is not None else wanted)
    if isinstance(note, Oddity):
        raise UsageError(note.what, note.next_step)
    if note is None:
        raise UsageError(
            tr("{wanted}: is no diary note of {root}.", wanted=wanted, root=layout.root),
            tr("Name a date or a diary note; --stdout takes any text file."),
        )
    return note


def read_text(layout: Layout, note: DiaryNote, config: Config) -> str:
    """The text of a diary note. Raises ``NoteUnreadable``."""
    data = read_note(layout, note.path, config.watch.max_note_kilobytes)
    if data is None:
        raise NoteError(tr("{path}: has vanished.", path=note.path), tr("Is the vault being synced? Try again."))
    return decode(data, note.path)


def ask(
    layout: Layout, store: Store, config: Config, notes: Sequence[DiaryNote], source: JobSource, moment: datetime
) -> list[str]:
    """Queue notes; return the paths that were queued. For the one note that a person asks for raises ``ReportTouched``
    when its report is a person's own, ``NoteError`` when the diary cannot be read."""
    queued: list[str] = []
    habits = Habits(layout, config.privacy)
    for note in notes:
        if source == "report":
            found = standing(layout, store, note.day)
            if found.owner is Owner.PERSON:
                place = place_of(layout, store, note.day)
                raise ReportTouched(
                    tr("{place}: is not as nippo wrote it, so it is yours and stays as it is.", place=place),
                    tr("Tick `redo` in the note, or delete it and ask again."),
                )
        try:
            data = read_note(layout, note.path, config.watch.max_note_kilobytes)
        except NoteError as problem:
            store.put_aside(note.path, note.day, "", "failed", problem, moment)
            if source == "report":
                raise
            continue
        if data is not None and take_in(layout, store, note, data, source, moment, habits):
            queued.append(note.path)
        elif source == "report" and (job := store.job(note.path)):
            raise NoteError(job.error, job.next_step)
    return queued


def work_off(
    config: Config,
    store: Store,
    layout: Layout,
    paths: Collection[str],
    make_worker: Callable[[Config], Worker],
    on_stage: Callable[[str, int, int], None] | None = None,
) -> Iterator[str]:
    """Do these jobs in this process, which must hold the lock, or wait for the daemon that does; yield the path of each
    one that has ended, whatever its end. ``on_stage`` hears of what is done now, at which sentence of how many."""
    left, told = set(paths), NO_STAGE
    with _runner(config, store, layout, make_worker) as turn:
        while left:
            stage = turn(left)
            if on_stage is not None and stage != told:
                told = stage
                on_stage(*stage)
            for path in sorted(left):
                job = store.job(path)
                if job is None or job.state != "waiting":
                    left.discard(path)
                    yield path


@contextmanager
def _runner(
    config: Config, store: Store, layout: Layout, make_worker: Callable[[Config], Worker]
) -> Iterator[Callable[[Collection[str]], tuple[str, int, int]]]:
    if holder_of(config.data_path) is not None:
        yield lambda paths: _wait_for_daemon(config)
        return
    with VaultLock(config.data_path) as lock:
        lock.acquire_vault(layout.root)
        settle_all(layout, store)
        wake = threading.Event()
        runner = JobRunner(layout, store, config, make_worker(config), wake.set)

        def turn(paths: Collection[str]) -> tuple[str, int, int]:
            runner.turn(now(), time.monotonic(), only=paths)
            if runner.trouble:
                raise runner.trouble
            wake.wait(POLL_SECONDS)
            wake.clear()
            return runner.stage

        try:
            yield turn
        finally:
            runner.stop()


def _wait_for_daemon(config: Config) -> tuple[str, int, int]:
    time.sleep(POLL_SECONDS)
    beat = read_heartbeat(config.data_path)
    if holder_of(config.data_path) is None:
        raise NippoError(
            tr("The daemon ended meanwhile; the note stays in its queue."), tr("Start it again with `nippo run`.")
        )
    if beat.get("message") and not beat.get("working_on"):
        raise EngineError(tr("{message}\nThe note stays in the daemon's queue.", message=beat["message"]))
    kind, number, total = beat.get("stage") or NO_STAGE
    return str(kind), int(number), int(total)


def unfinished(store: Store, paths: Collection[str]) -> list[Job]:
    """The jobs of these notes that were set aside."""
    return [job for job in store.jobs() if job.path in paths and job.state != "waiting"]
