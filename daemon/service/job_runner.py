"""Working through the queue: one note at a time is drafted in a thread, its report is written in the main loop.

A draft whose note says something else by then is given up between two sentences, and begun anew when the note is quiet.
A note that fails is tried again after a while and set aside after three failures; a model that cannot run at all
holds the whole queue without blaming the notes. A draft that vault or database do not take is kept until they do.
"""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from daemon.config import Config
from daemon.drafting.record import DayRecord
from daemon.drafting.result import DraftRequest
from daemon.errors import (
    EngineCrashed,
    EngineTimeout,
    NippoError,
    NoteChanged,
    NoteError,
    OutOfMemory,
    ServerAway,
    StorageError,
    VaultUnavailable,
    WorkerStopped,
    unforeseen,
)
from daemon.learning.evidence_notes import try_evidence
from daemon.service.apart import told
from daemon.service.delivery import deliver
from daemon.service.first_version import FirstVersions
from daemon.service.follow import follows
from daemon.service.heartbeat import NO_STAGE
from daemon.service.other_seed import other_seed
from daemon.service.pauses import ATTEMPTS, AWAY_SECONDS, HOLD_SECONDS, RETRY_SECONDS, ROOM_SECONDS
from daemon.service.periodic import in_words
from daemon.service.settle import SettleTracker
from daemon.service.standing import Owner, leave_to_person, may_write, standing
from daemon.store.store import Job, Store
from daemon.vault.diary import declared_private, private_note
from daemon.vault.essence import essence
from daemon.vault.habits import Habits
from daemon.vault.layout import Layout
from daemon.vault.note_text import decode
from daemon.vault.scan import read_note
from daemon.vault.writer import digest
from daemon.words import tr

if TYPE_CHECKING:
    from daemon.drafting.ask_day import Stage
    from daemon.drafting.result import DraftResult
    from daemon.worker.shared import Worker

log = logging.getLogger(__name__)


class JobRunner:
    """Given the vault, the queue and a worker, turns jobs into reports. ``wake`` is called when a draft has come;
    ``notes`` are those that are being written (None: nobody looks). The note of a draft that takes more than
    ``first_after`` seconds says so (``daemon.service.first_version``)."""

    def __init__(
        self,
        layout: Layout,
        store: Store,
        config: Config,
        worker: Worker,
        wake: Callable[[], None],
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        notes: SettleTracker | None = None,
        first_after: float = math.inf,
    ) -> None:
        self._layout = layout
        self._store = store
        self._config = config
        self._worker = worker
        self._wake = wake
        self._retry_seconds = retry_seconds
        self._notes = notes
        self._first = FirstVersions(layout, store, first_after)
        self._habits = Habits(layout, config.privacy)
        self._job: Job | None = None
        self._essence = ""
        self._looked_at = 0.0
        self._answer: DraftResult | Exception | None = None
        self._answers: queue.SimpleQueue[DraftResult | Exception] = queue.SimpleQueue()
        self._not_before: dict[str, float] = {}
        self._held_until = 0.0
        self._holds = 0
        self.trouble: NippoError | None = None
        """Why the whole queue is held, None when it is not."""
        self.stage: tuple[str, int, int] = NO_STAGE
        """How far the draft under way is: what is done now, at which sentence of how many."""

    @property
    def working_on(self) -> str:
        """The date of the note that is being drafted, "" when idle."""
        return self._job.day if self._job else ""

    @property
    def worker_pid(self) -> int | None:
        """The process that holds the model, None while there is none."""
        return self._worker.pid

    def turn(self, now: datetime, monotonic: float, only: Collection[str] | None = None) -> None:
        """Take in a finished draft, start the next one; ``only`` restricts the notes that are taken. Raises
        ``StorageError`` while vault or database take nothing; the draft is kept, and the next turn delivers it."""
        if self._job is not None and self._answer is None:
            try:
                self._answer = self._answers.get_nowait()
            except queue.Empty:
                self._look_again(self._job)
                self._first.drafting(self._job, now, monotonic)
                return
        self._worker.tick(monotonic)
        if self._job is not None and self._answer is not None:
            self._finish(self._job, self._answer, now, monotonic)
            self._job = self._answer = None
        if monotonic >= self._held_until:
            self._start_next(monotonic, now, only)

    def next_turn(self) -> float | None:
        """The monotonic time at which a held or failed note may be tried again, None without one."""
        times = [time for time in (*self._not_before.values(), self._held_until) if time]
        return min(times) if times and self._job is None else None

    def stop(self) -> None:
        """End a draft under way; its job stays in the queue."""
        self._job = self._answer = None
        self._worker.stop()

    def release(self) -> None:
        """Try at once what was put off."""
        self._held_until = 0.0
        self._not_before.clear()

    def _start_next(self, monotonic: float, now: datetime, only: Collection[str] | None) -> None:
        self._first.tidy()
        waiting = self._store.jobs("waiting")
        self._not_before = {job.path: self._not_before[job.path] for job in waiting if job.path in self._not_before}
        for job in waiting:
            if (only is not None and job.path not in only) or monotonic < self._not_before.get(job.path, 0.0):
                continue
            if self._notes is not None and job.path in self._notes and not job.asked:
                continue  # it comes again when it has settled
            try:
                request, job = self._prepare(job, now)
            except (StorageError, VaultUnavailable):
                raise
            except Exception as problem:
                self._failed(job, told(problem, job.path), monotonic)
                continue
            if request is not None:
                self._job, self.stage = job, NO_STAGE
                self._first.begun(monotonic)
                if self._notes is not None:
                    self._notes.patience.begun(job.path)
                log.info("%s: drafting", job.path)
                # Each draft has a queue of its own, so that one given up at a reload can never answer for another.
                self._answers = queue.SimpleQueue()
                threading.Thread(
                    target=self._draft, args=(request, self._answers), name="nippo-draft", daemon=True
                ).start()
                return

    def _prepare(self, job: Job, now: datetime) -> tuple[DraftRequest | None, Job]:
        """The request for a job, with the note as it is now; None when the job has ended because the note is gone or
        its report belongs to a person."""
        if self._notes is not None:
            self._looked_at = self._notes.patience.changed_at(job.path)
        data = read_note(self._layout, job.path, self._config.watch.max_note_kilobytes)
        if data is None:
            self._store.forget_notes([job.path])
            return None, job
        day = datetime.fromisoformat(job.day).date()
        sha, text = digest(data), decode(data, job.path)
        if declared_private(text, self._config.privacy):
            self._store.put_aside(job.path, day, sha, "skipped", private_note(job.path), now)
            return None, job
        found = standing(self._layout, self._store, day)
        if not may_write(found, job):
            leave_to_person(self._store, self._layout, job.path)
            return None, job
        self._essence = essence(text, self._config.privacy)
        if follows(self._store, found, sha, self._essence) and found.owner is Owner.DAEMON and not job.asked:
            self._store.drop(job.path)
            return None, job
        if sha != job.sha:
            self._store.queue(job.path, day, sha, job.source, now)
        self._store.essences.remember(sha, self._essence)
        job = self._store.job(job.path) or job
        anew = job.attempts or job.source == "redo"
        seed = (
            other_seed(self._config.engine.seed, job.attempts, found.row.report_sha if found.row else "")
            if anew
            else None
        )
        earlier = DayRecord.from_text(found.row.record if found.row else "")
        return DraftRequest(job.day, text, seed, earlier, self._habits.made(text)), job

    def _look_again(self, job: Job) -> None:
        """Give the draft under way up where its note has changed since and says something else. What a person asked for
        is finished."""
        changed = self._notes.patience.changed_at(job.path) if self._notes is not None else self._looked_at
        if changed <= self._looked_at or job.asked:
            return
        self._looked_at = changed
        with contextlib.suppress(NoteError):
            data = read_note(self._layout, job.path, self._config.watch.max_note_kilobytes)
            if data is None or essence(decode(data, job.path), self._config.privacy) != self._essence:
                log.info("%s: changed while its report is made, the draft is given up", job.path)
                self._worker.cancel()

    def _followed(self, job: Job, now: datetime) -> Job:
        """The job with the note's bytes of now, where they say what was drafted. Raises ``NoteUnreadable``."""
        data = read_note(self._layout, job.path, self._config.watch.max_note_kilobytes)
        if data is None or digest(data) == job.sha or self._store.job(job.path) is None:
            return job
        if essence(decode(data, job.path), self._config.privacy) != self._essence:
            return job
        self._store.queue(job.path, datetime.fromisoformat(job.day).date(), digest(data), job.source, now)
        self._store.essences.remember(digest(data), self._essence)
        return replace(job, sha=digest(data))

    def _draft(self, request: DraftRequest, answers: queue.SimpleQueue[DraftResult | Exception]) -> None:
        try:
            answers.put(self._worker.draft(request, self._config.engine.timeout_seconds, on_stage=self._at))
        except Exception as problem:
            answers.put(problem)
        self._wake()

    def _at(self, stage: Stage) -> None:
        self.stage = (stage.kind, stage.number, stage.total)
        self._wake()

    def _finish(self, job: Job, answer: DraftResult | Exception, now: datetime, monotonic: float) -> None:
        if isinstance(answer, OSError):  # of the process that drafts: its temporary folder, the accelerator's lock
            answer = in_words(answer, "drafting")
        try:
            if isinstance(answer, Exception):
                raise answer
            self._holds, self.trouble = 0, None
            job = self._followed(job, now)
            limit, evidence = self._config.watch.max_note_kilobytes, self._config.report.evidence
            written = deliver(self._layout, self._store, job, answer, limit, now, evidence)
            if written:
                try_evidence(self._config, self._store, self._layout, job.day)
            log.info(
                "%s: %s", job.path, tr("report written") if written else tr("the report is its person's, left alone")
            )
        except NoteChanged:
            log.info("%s: changed while its report was made, drafted again", job.path)
        except (NoteError, EngineCrashed, EngineTimeout, OutOfMemory) as problem:
            self._failed(job, problem, monotonic)
        except WorkerStopped:
            log.info("%s: the draft was given up, the note waits", job.path)
        except StorageError as problem:
            if problem is not answer:
                raise
            self._hold(job, problem, monotonic, ROOM_SECONDS)
        except ServerAway as problem:
            self._hold(job, problem, monotonic, AWAY_SECONDS)
        except NippoError as problem:
            self._hold(job, problem, monotonic, HOLD_SECONDS)
        except Exception as problem:
            # Its text may quote the diary, so only its kind is told.
            unknown = NoteError(
                tr("{path}: {unforeseen} while drafting.", path=job.path, unforeseen=unforeseen(problem)),
                tr("Please report this as a bug."),
            )
            self._failed(job, unknown, monotonic)

    def _failed(self, job: Job, problem: NippoError, monotonic: float) -> None:
        current = self._store.job(job.path)
        if current is None:
            return
        give_up = current.attempts + 1 >= ATTEMPTS
        self._store.fail(job.path, problem, give_up)
        pause = self._retry_seconds[min(current.attempts, len(self._retry_seconds) - 1)]
        self._not_before[job.path] = monotonic + pause
        log.warning("%s: attempt %d failed: %s", job.path, current.attempts + 1, problem.what)

    def _hold(self, job: Job, problem: NippoError, monotonic: float, pauses: tuple[float, ...]) -> None:
        self._held_until = monotonic + pauses[min(self._holds, len(pauses) - 1)]
        self._holds += 1
        self.trouble = problem
        self._first.fail(job.day)
        with contextlib.suppress(StorageError):
            self._store.set_meta("last_error", {"what": problem.what, "next_step": problem.next_step})
        log.error("the model cannot run: %s", problem.what)
