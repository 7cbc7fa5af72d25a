"""The edge of one periodic job of the main loop: what it raises ends neither the loop nor the other jobs.

It is told once, shown as the daemon's trouble, and the job is left alone for a while that grows, never beyond
``PAUSES[-1]``, so that everything goes on within ten seconds of a disk that has room again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from daemon.errors import NippoError, NoRoom, StorageError, VaultUnavailable, unforeseen
from daemon.words import tr

PAUSES = (0.5, 1.0, 2.0, 5.0)
"""Seconds."""

log = logging.getLogger(__name__)


class PeriodicJob:
    """Given what the job is called, and the errors that are the loop's own business. ``trouble`` is what its last turn
    ended with, None when that was good."""

    def __init__(self, name: str, *passed: type[NippoError]) -> None:
        self._name = name
        self._passed: tuple[type[NippoError], ...] = (VaultUnavailable, *passed)
        self.trouble: NippoError | None = None
        self._failures = 0
        self._not_before = 0.0

    def turn(self, monotonic: float, work: Callable[[], None]) -> bool:
        """Do the work unless it is to be left alone; True when it was done. Raises ``VaultUnavailable`` and the errors
        that are passed on."""
        if monotonic < self._not_before:
            return False
        try:
            work()
        except self._passed:
            raise
        except Exception as problem:
            self._failed(problem, monotonic)
            return False
        if self.trouble is not None:
            log.info("%s: goes on", self._name)
        self.trouble, self._failures, self._not_before = None, 0, 0.0
        return True

    def delayed(self, time: float) -> float:
        """A time of the job's own, not before it may be tried again."""
        return max(time, self._not_before)

    def _failed(self, problem: Exception, monotonic: float) -> None:
        self._not_before = monotonic + PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        said = in_words(problem, self._name)
        if self.trouble is None or self.trouble.what != said.what:
            log.error("%s: %s", self._name, said.what)
        self.trouble = said


def first_trouble(jobs: Iterable[PeriodicJob], more: NippoError | None) -> NippoError | None:
    """What is to be told of these jobs and of ``more``: a full disk before all others, None when all is well."""
    found = [job.trouble for job in jobs if job.trouble] + ([more] if more else [])
    return next((problem for problem in found if isinstance(problem, NoRoom)), found[0] if found else None)


def in_words(problem: Exception, name: str) -> NippoError:
    """What a job raised, for a person; of an unforeseen error its kind and place, since its text may quote a diary."""
    if isinstance(problem, NippoError):
        return problem
    if isinstance(problem, OSError):
        place = problem.filename or name
        if full := NoRoom.of(problem, place):
            return full
        return StorageError(
            f"{place}: {problem.strerror}.", tr("nippo tries again by itself; `nippo doctor` looks closer.")
        )
    return NippoError(
        tr("{path}: {reason}.", path=name, reason=unforeseen(problem)),
        tr("It is tried again. Please report this line as a bug."),
    )
