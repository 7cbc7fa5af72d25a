"""The start of the daemon on a disk that may be full: each step is taken as soon as there is room for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from daemon.errors import NoRoom
from daemon.store.store import Store

Done = TypeVar("Done")
ROOM_SECONDS = 2.0
"""So often a full disk is tried again."""

log = logging.getLogger(__name__)


def once_there_is_room(step: Callable[[], Done], wait: Callable[[NoRoom], bool]) -> Done | None:
    """Take a step and return what it gives. While its disk is full or read-only ``wait`` is called with what stands in
    the way; when it says False the step is given up, None."""
    told = ""
    while True:
        try:
            return step()
        except NoRoom as problem:
            if told != problem.what:
                told = problem.what
                log.error("start: %s", problem.what)
            if not wait(problem):
                return None


def first_day(store: Store, today: date) -> date:
    """The date of the first run, remembered at that."""
    first = store.get_meta("first_run_date")
    if first is None:
        store.set_meta("first_run_date", first := today.isoformat())
    return date.fromisoformat(first)
