"""Processes of this machine through psutil: who lives, what a child and all it started use, their end, their priority.

psutil is imported by the first call and not by a starting command. What it does not offer stays elsewhere: which cores
share their units among those a process may use (``daemon.engines.cpu``), who holds a lock (``daemon.system.lock``), and
a child's death with its parent (``daemon.system.parent_death``).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

LOWER = 10
"""Steps of niceness that a process in the background gives way by."""


def is_running(pid: int) -> bool:
    """Whether a process of that number exists, whoever it belongs to."""
    import psutil

    return psutil.pid_exists(pid)


def memory_of(pid: int) -> int:
    """The resident bytes of a process; 0 where it is gone or not ours to look at."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.Error, OverflowError):
        return 0


def group_memory(leader: int) -> int:
    """The resident bytes of a process and all it started that lives (see ``members``)."""
    return sum(memory_of(pid) for pid in members(leader))


def members(leader: int) -> list[int]:
    """A process and all it started. POSIX: its process group, so that a grandchild whose parent has died still counts;
    elsewhere its children and theirs."""
    import psutil

    if os.name == "posix":
        return [pid for pid in psutil.pids() if _group(pid) == leader]
    return [process.pid for process in _tree(leader)]


def listens(leader: int, port: int) -> bool:
    """Whether a process, or one that it started, waits for TCP connections on a port."""
    import psutil

    for process in _tree(leader):
        with contextlib.suppress(psutil.Error):
            for each in process.net_connections("tcp"):
                if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port:
                    return True
    return False


def end_group(leader: int, name: str) -> None:
    """Send a signal ("SIGTERM", "SIGKILL") to a process and all it started. Windows has no signals: there they end."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.killpg(leader, getattr(signal, name))
        return
    import psutil

    for process in _tree(leader):
        with contextlib.suppress(psutil.Error):
            process.kill()


def lower_priority(pid: int) -> None:
    """Let a process give way to others for processor and disk; what it starts afterwards does too. Where the system
    refuses, it stays as it is."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
            process.ionice(psutil.IOPRIO_VERYLOW)
        else:
            process.nice(min(process.nice() + LOWER, 19))
            if sys.platform == "linux":
                process.ionice(psutil.IOPRIO_CLASS_IDLE)


def _tree(leader: int) -> list[psutil.Process]:
    import psutil

    try:
        process = psutil.Process(leader)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0
