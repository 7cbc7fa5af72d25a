"""Memory and end of a child and all it started, with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import psutil
import pytest

from daemon.system import processes
from daemon.system.processes import end_group, group_memory, is_running, members, memory_of

GRANDCHILD = "hoard = bytearray(60_000_000); print(flush=True); import time; time.sleep(60)"
CHILD = f"""
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}], stdout=subprocess.PIPE)
grandchild.stdout.readline()
print(grandchild.pid, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def family() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A child that leads a group, and the process id of its grandchild, which holds 60 MB."""
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, bufsize=0
    ) as child:
        assert child.stdout
        yield child, int(child.stdout.readline())
        end_group(child.pid, "SIGKILL")


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_running(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_what_a_child_has_started_counts_even_when_the_child_is_gone(
    family: tuple[subprocess.Popen[bytes], int],
) -> None:
    child, grandchild = family
    assert members(child.pid) == [child.pid, grandchild]
    assert group_memory(child.pid) > memory_of(grandchild) > 60_000_000
    assert child.stdin
    child.stdin.write(b"\n")
    child.wait()
    assert group_memory(child.pid) > 60_000_000
    end_group(child.pid, "SIGTERM")
    assert gone(grandchild)
    assert group_memory(child.pid) == 0


def test_without_process_groups_the_family_tree_counts(
    family: tuple[subprocess.Popen[bytes], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    child, grandchild = family
    monkeypatch.setattr(processes, "os", SimpleNamespace(name="nt"))
    assert members(child.pid) == [child.pid, grandchild]
    assert group_memory(child.pid) > 60_000_000
    end_group(child.pid, "SIGTERM")
    assert gone(grandchild) and gone(child.pid)
    monkeypatch.undo()


def test_who_is_gone_takes_nothing_and_ends_without_a_word() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], start_new_session=True) as child:
        child.wait()
    assert not is_running(child.pid) and is_running(os.getpid())
    assert (memory_of(child.pid), group_memory(child.pid)) == (0, 0)
    end_group(child.pid, "SIGKILL")
    processes.lower_priority(child.pid)
