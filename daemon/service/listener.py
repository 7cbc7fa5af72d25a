"""Who is told of what the daemon notices beside diary notes, and how it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Protocol

from daemon.config import Config
from daemon.errors import StorageError, unforeseen

log = logging.getLogger(__name__)


class Listener(Protocol):
    """A neighbour of the main flow, such as the review of reports or the weekly schedule, called from the main loop.
    It must return quickly and may use the store; what it raises is logged and does not stop the daemon, and with
    ``StorageError`` it is told the same again until that passes."""

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        """A report note was made, changed or deleted, and has been quiet since; also by the daemon itself."""
        ...

    def scanned(self, now: datetime) -> None:
        """The whole vault has just been looked through; the place to look at all reports for missed events."""
        ...

    def turn(self, now: datetime, monotonic: float) -> None:
        """Called at least every few seconds."""
        ...

    def reconfigure(self, config: Config) -> None:
        """The settings were read again and have changed."""
        ...

    def stop(self) -> None:
        """The daemon ends."""
        ...


def tell(listeners: Sequence[Listener], message: Callable[[Listener], None]) -> None:
    """Call every listener. What one raises is logged by its kind alone, since its text may quote a diary; but
    ``StorageError`` is raised, after all were called, since the message must be told again."""
    missed: StorageError | None = None
    for listener in listeners:
        try:
            message(listener)
        except StorageError as problem:
            missed = missed or problem
        except Exception as problem:
            log.error("%s: %s", type(listener).__name__, unforeseen(problem))
    if missed is not None:
        raise missed
