"""One worker process as its parent sees it: start, send, receive, end, and what it said before it died."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.errors import EngineCrashed, EngineError, NoRoom, OutOfMemory
from daemon.system.lock import FileLock
from daemon.system.processes import end_group, is_running
from daemon.words import tr
from daemon.worker.messages import config_message, to_line

KEPT_LINES = 25
TERMINATE_SECONDS = 1.0
SHARED_CHARACTERS = 6
"""A line of a dead worker that shares so many characters in a row with the diary is not shown."""
FOLDER_PREFIX = "nippo-worker-"
MEMORY_WORDS = ("failed to allocate", "out of memory", "bad_alloc", "cannot allocate memory", "MemoryError")


class WorkerProcess:
    """A running child. A thread of its own starts it and reads it to its end.

    That thread must outlive the child: Linux sends the parent-death signal when the *thread* that started it ends.
    """

    def __init__(self, config: Config, command: list[str] | None = None) -> None:
        self._command = command or [sys.executable, "-P", "-m", "daemon.worker.child", str(os.getpid())]
        self._folder = _temporary_folder()
        self._held = _hold(self._folder)
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=KEPT_LINES)
        self._started: queue.Queue[subprocess.Popen[bytes] | OSError] = queue.Queue()
        self.ended_by_us = False
        self._listener = threading.Thread(target=self._listen, name="nippo-worker", daemon=True)
        self._listener.start()
        started = self._started.get()
        if isinstance(started, OSError):
            raise EngineError(
                tr("the worker process cannot start ({why})", why=started.strerror), tr("Run `nippo doctor`.")
            )
        self._process = started
        self.send(config_message(config))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: dict[str, Any]) -> None:
        """Hand a line over; a child that is gone is noticed by ``receive``."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(to_line(message))
            self._process.stdin.flush()

    def receive(self, timeout: float) -> dict[str, Any] | None:
        """The next message, or None when the child has ended. Raises ``queue.Empty`` after ``timeout`` seconds."""
        return self._messages.get(timeout=max(0.0, timeout))

    def end(self) -> None:
        """End the child and all it started, quickly: asked first, killed a second later. Safe to call twice."""
        self.ended_by_us = True
        end_group(self._process.pid, "SIGTERM")
        try:
            self._process.wait(TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            end_group(self._process.pid, "SIGKILL")
            self._process.wait()
        self._leave_folder()
        self._listener.join(TERMINATE_SECONDS)

    def death(self, diary: str) -> EngineError:
        """The error for a child that ended by itself, without a word of the diary."""
        code = self._process.wait()
        lines = [line if not _quotes(line, diary) else tr("(a line that quotes the diary)") for line in self._errors]
        tail = "".join(f"\n    {line}" for line in lines)
        if code == -9:
            return OutOfMemory(
                tr("the worker process was killed by the system, most likely because memory ran out{tail}", tail=tail),
                tr('Close other programs, lower engine.context_tokens, or set engine.model = "starter-small".'),
            )
        if any(word in line for line in lines for word in MEMORY_WORDS):
            return OutOfMemory(
                tr("too little memory for the model{tail}", tail=tail), tr("Take a smaller model or context.")
            )
        return EngineCrashed(
            tr("the worker process died ({ending}){tail}", ending=_ending(code), tail=tail), tr("Run `nippo doctor`.")
        )

    def _listen(self) -> None:
        environment = {**os.environ, "TMPDIR": self._folder, "NIPPO_WORKER_FOLDER": self._folder}
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as problem:
            self._started.put(problem)
            return
        self._started.put(process)
        errors = threading.Thread(target=self._read_errors, args=(process,), daemon=True)
        errors.start()
        assert process.stdout is not None
        for line in process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                self._messages.put(json.loads(line))
        process.wait()
        errors.join(TERMINATE_SECONDS)
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        self._leave_folder()
        self._messages.put(None)

    def _leave_folder(self) -> None:
        self._remove_folder()
        if self._held is not None:
            self._held.release()

    def _read_errors(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with contextlib.suppress(ValueError, OSError):
            for line in process.stderr:
                self._errors.append(line.decode(errors="replace").rstrip()[:300])


def sweep(temporary: Path) -> None:
    """Remove the folders that killed daemons left in the temporary folder. The process that the name tells is gone, and
    nobody holds the folder: in another container the same number is another process, or none."""
    for folder in temporary.glob(f"{FOLDER_PREFIX}*-*"):
        owner = folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0]
        if owner.isdecimal() and not is_running(int(owner)) and FileLock(folder).holder() is None:
            shutil.rmtree(folder, ignore_errors=True)


def _temporary_folder() -> str:
    try:
        temporary = tempfile.gettempdir()
        sweep(Path(temporary))
        return tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-")
    except FileNotFoundError as problem:  # so Python says that it could write into none of the usual folders
        if problem.filename is None:
            raise NoRoom(tr("No temporary folder takes a file."), tr("Free some space there, or set TMPDIR.")) from None
        raise


def _hold(folder: str) -> FileLock | None:
    """The folder's lock, so that no other daemon sweeps it; None where a folder cannot be locked."""
    lock = FileLock(Path(folder))
    with contextlib.suppress(OSError):
        return lock if os.name == "posix" and lock.acquire() else None
    return None


def _ending(code: int) -> str:
    if code >= 0:
        return tr("exit code {code}", code=code)
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _quotes(line: str, diary: str) -> bool:
    """Whether the line shares ``SHARED_CHARACTERS`` in a row, spaces aside, with the diary, itself a rare chance."""
    plain, text = "".join(line.split()), "".join(diary.split())
    return any(plain[start : start + SHARED_CHARACTERS] in text for start in range(len(plain) - SHARED_CHARACTERS + 1))
