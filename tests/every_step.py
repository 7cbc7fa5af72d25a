"""Standing between any two steps of a change: a real process that kills itself there, and a disk that is full there."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from daemon.errors import NippoError
from daemon.system import steps

MANY = 200
"""More steps than any change has: whoever gets there goes round in a circle."""


def killed_before(number: int, work: Callable[[], object]) -> bool:
    """Do the work in a child process that gets SIGKILL before the step of this number, counted from 0; return False
    when it came to its end."""
    assert number < MANY
    child = os.fork()
    if child == 0:
        try:
            with counted(number, lambda name: os.kill(os.getpid(), signal.SIGKILL)):
                work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), "the work failed by itself"
    return code != 0


def full_before(number: int, work: Callable[[], object], for_good: bool = False) -> bool:
    """Do the work with a disk that is full at the step of this number, ``for_good`` at each one after it too; return
    False when it never came so far. What the work raises then is looked at: it must be one of the full disk."""
    assert number < MANY
    told: list[str] = []

    def full(name: str) -> None:
        told.append(name)
        if name.startswith("database"):
            problem = sqlite3.OperationalError("database or disk is full")
            problem.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise problem
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with counted(number, full, for_good):
        try:
            work()
        except (OSError, sqlite3.OperationalError, NippoError):
            assert told, "the work failed by itself"
    return bool(told)


@contextmanager
def counted(number: int, act: Callable[[str], None], for_good: bool = False) -> Iterator[None]:
    """Act before the step of this number, with ``for_good`` before each later one as well."""
    count = -1

    def hook(name: str) -> None:
        nonlocal count
        count += 1
        if count == number or (for_good and count > number):
            act(name)

    steps.hook = hook
    try:
        yield
    finally:
        steps.hook = None
