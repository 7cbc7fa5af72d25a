"""The weekly training as a child process: its command line, folder, limits and last words.

The child leads a process group of its own, so that ending it ends all it started. It holds ``training.lock`` while it
lives, which is how a daemon that was killed and started again finds it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections import deque
from datetime import datetime
from pathlib import Path

from daemon.config import Config
from daemon.errors import TrainingError
from daemon.learning.run_folder import LOG, RUNS, Ending
from daemon.system.files import private, private_folder
from daemon.system.processes import end_group, group_memory, lower_priority
from daemon.words import marked, tr
from daemon.worker.messages import config_message, to_line

LAST_LINES = 25
GRACE_SECONDS = 60.0
"""A child that was asked to end may take so long to save its step."""
OVERTIME = 1.5
"""The child stops training by itself after ``max_hours``; judging and writing may take half as long again."""

ENDED = {
    Ending.OK: marked("finished"),
    Ending.FAILED: marked("failed"),
    Ending.USAGE: marked("cannot start: the settings do not allow it"),
    Ending.OUT_OF_MEMORY: marked("ran out of memory"),
    Ending.STOPPED: marked("was stopped; its last step is saved"),
    Ending.TIME_UP: marked("ran out of time"),
    Ending.BUSY: marked("was refused: another training is running"),
    Ending.KILLED: marked("was killed"),
}


def weekly_argv(folder: Path, python: str = sys.executable) -> list[str]:
    """The child's command line. Pure."""
    return [python, "-P", "-m", "training.weekly.run", "--run", str(folder)]


def run_name(config: Config, now: datetime, taken: set[str]) -> str:
    """A name for a run of this week such as "2026-W47"; the second one is "2026-W47-2". ``taken``: names in use."""
    year, week, _ = now.isocalendar()
    name = base = f"{year}-W{week:02}"
    number = 1
    while name in taken or (config.data_path / RUNS / name).exists():
        number += 1
        name = f"{base}-{number}"
    return name


class TrainingJob:
    """A running child. ``poll`` is called from the daemon's loop; nothing here blocks but ``stop``."""

    def __init__(self, config: Config, folder: Path, python: str = sys.executable) -> None:
        private_folder(folder)
        self.folder = folder
        self._limit = config.training.max_memory_gigabytes * 2**30
        self._deadline = time.monotonic() + config.training.max_hours * 3600 * OVERTIME
        self._stopping = 0.0
        self.message = ""
        argv = weekly_argv(folder, python)
        with open(folder / LOG, "ab", opener=private) as log:
            try:
                self._process = subprocess.Popen(
                    argv, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=os.name == "posix"
                )
            except OSError as problem:
                raise TrainingError(
                    tr("the training cannot start ({why})", why=problem.strerror), tr("Run `nippo doctor`.")
                ) from None
        lower_priority(self._process.pid)  # before it is told what to do, so that all it starts gives way too
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(to_line(config_message(config)))
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> Ending | None:
        """How it ended, None while it runs. Beyond its memory or time it is killed, and ``message`` says so."""
        code = self._process.poll()
        if code is not None:
            return Ending.OUT_OF_MEMORY if self.message.startswith("memory") else Ending.of_code(code)
        if self._stopping and time.monotonic() > self._stopping:
            end_group(self.pid, "SIGKILL")
        elif self._limit and (used := group_memory(self.pid)) > self._limit:
            self.message = tr("memory: {used:.1f} GiB, more than training.max_memory_gigabytes", used=used / 2**30)
            end_group(self.pid, "SIGKILL")
        elif time.monotonic() > self._deadline:
            self.message = tr("time: more than training.max_hours and half of it again")
            end_group(self.pid, "SIGKILL")
        return None

    def ask_to_stop(self) -> None:
        """Have it save its step and end; killed after a minute."""
        self._stopping = time.monotonic() + GRACE_SECONDS
        end_group(self.pid, "SIGTERM")

    def stop(self, seconds: float) -> Ending:
        """Ask it to stop and wait; kill it after so many seconds."""
        self.ask_to_stop()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            end_group(self.pid, "SIGKILL")
            self._process.wait()
        return Ending.of_code(self._process.returncode)


def last_lines(folder: Path) -> list[str]:
    """The last lines that a run said."""
    with contextlib.suppress(OSError), (folder / LOG).open(encoding="utf-8", errors="replace") as stream:
        return list(deque((line.rstrip("\n") for line in stream if line.strip()), maxlen=LAST_LINES))
    return []
