"""A daemon for ``bench.faults``: a forked process with the real service, database, observer and review, and a writer
without a model; it can be killed before any step, made deaf to events, and its disks can be told to be full."""

from __future__ import annotations

import errno
import hashlib
import logging
import mmap
import os
import random
import signal
import sqlite3
import struct
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path

from watchdog.events import FileSystemEvent

from daemon.config import Config
from daemon.drafting.ask_day import Stage
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.learning.reviewer import Reviewer
from daemon.learning.status_lines import StatusKeeper
from daemon.service.service import Service
from daemon.service.watcher import EventBox
from daemon.system import steps

QUIET = timedelta(seconds=0.2)
LEAD = "本日は、以下の学習と課題を完了しました:"


class Faults:
    """What is to go wrong, set by one process and read by another: steps until SIGKILL (-1: never), events dropped in
    percent, whether vault and data folder are full."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)
        self.set()

    def set(self, kill_in: int = -1, deaf_percent: int = 0, vault_full: bool = False, data_full: bool = False) -> None:
        self._memory[:16] = struct.pack("<iiii", kill_in, deaf_percent, vault_full, data_full)

    def get(self) -> tuple[int, int, int, int]:
        kill_in, deaf, vault, data = struct.unpack("<iiii", self._memory[:16])
        return kill_in, deaf, vault, data

    def at_step(self, name: str) -> None:
        """The hook of ``daemon.system.steps``."""
        kill_in, _, vault, data = self.get()
        if kill_in == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if kill_in > 0:
            self._memory[:4] = struct.pack("<i", kill_in - 1)
        if name.startswith("database") and data:
            problem = sqlite3.OperationalError("database or disk is full")
            problem.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise problem
        if name.startswith(("file", "vault")) and (vault or data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Writer:
    """Drafts name the diary that they were made of and are never twice the same."""

    pid = None

    def __init__(self) -> None:
        self._count = 0

    def draft(self, request: DraftRequest, *_: object, **asked: object) -> DraftResult:
        self._count += 1
        time.sleep(random.uniform(0.0, 0.015))
        asked["on_stage"](Stage("writing", 1, 2))  # type: ignore[operator]
        time.sleep(random.choice((0.0, 0.02, 0.1)))
        mark = f"{mark_of(request.diary.encode())}の第{os.getpid()}-{self._count}稿"
        return DraftResult(f"{LEAD}\n\n* {mark}を整理しました。", "draft", (), "faults-1")

    def tick(self, now: float) -> None:
        pass

    def stop(self) -> None:
        pass


def mark_of(diary: bytes) -> str:
    """How a draft names its diary."""
    return hashlib.sha256(diary).hexdigest()[:12]


def start(config: Config, faults: Faults, log: Path, seed: str) -> int:
    """Start a daemon; return its process id. What it says goes to the end of ``log``."""
    child = os.fork()
    if child:
        return child
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        logging.basicConfig(level="INFO", stream=sys.stderr, force=True)
        _deafen(faults, random.Random(seed))
        steps.hook = faults.at_step
        service = Service(
            config,
            make_worker=lambda _: Writer(),  # type: ignore[arg-type]
            make_listeners=lambda settings, store: [Reviewer(settings, store), StatusKeeper(settings, store, QUIET)],
            retry_seconds=(0.05,),
            first_after=0.01,
        )
        service.run()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def _deafen(faults: Faults, chance: random.Random) -> None:
    hear = EventBox.dispatch

    def dispatch(self: EventBox, event: FileSystemEvent) -> None:
        if chance.randrange(100) >= faults.get()[1]:
            hear(self, event)

    EventBox.dispatch = dispatch  # type: ignore[method-assign]
