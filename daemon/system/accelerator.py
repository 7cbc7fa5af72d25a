"""Who computes: one training at a time, and drafting and training never at once on one accelerator.

Two lock files in the data folder. ``training.lock`` is held as long as a training process exists, waiting or working;
``accelerator.lock`` by whoever has a model in memory. Both end with their processes. A drafting daemon that sees a
training come gives its model up between two drafts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from daemon.system.lock import try_lock

TRAINING, ACCELERATOR = "training.lock", "accelerator.lock"
RETRY_SECONDS = 0.1


class FileLock:
    """A lock file that names its holder's process. Use ``acquire`` and ``release``; both may be called twice."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / name
        self._stream: IO[str] | None = None

    @property
    def held(self) -> bool:
        return self._stream is not None

    def acquire(self) -> bool:
        """Take the lock without waiting; False when another process holds it."""
        if self._stream is not None:
            return True
        self.file.parent.mkdir(parents=True, exist_ok=True)
        stream = self.file.open("a+", encoding="utf-8")
        if not try_lock(stream.fileno()):
            stream.close()
            return False
        stream.truncate(0)
        stream.write(f"{os.getpid()}\n")
        stream.flush()
        self._stream = stream
        return True

    def wait(self, seconds: float, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Take the lock, waiting for at most so long and while ``go_on`` says so."""
        deadline = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() >= deadline or not go_on():
                return False
            time.sleep(RETRY_SECONDS)
        return True

    def fileno(self) -> int:
        """The descriptor, so that a child process may hold the lock too."""
        if self._stream is None:
            raise ValueError("the lock is not held")
        return self._stream.fileno()

    def release(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
