"""The worker process: loads the engine and the checks once, then answers drafts until its input ends.

Nothing but protocol lines reaches standard output: native libraries that print there are turned to standard error. The
process dies with its parent: by a signal from the kernel on Linux, everywhere by the end of its input.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Container
from dataclasses import asdict
from typing import IO, Any

from daemon.config import Config
from daemon.drafting.ask_day import Stage
from daemon.drafting.draft import draft_report
from daemon.drafting.result import DraftRequest
from daemon.engines.opening import open_engine
from daemon.errors import WorkerStopped
from daemon.system.parent_death import die_with_parent
from daemon.words import tr
from daemon.worker.messages import error_message, read_config, to_line

FETCH_SECONDS = 0.2
"""Progress of a download is told so often."""


def main() -> None:
    """Serve until standard input ends. The parent's process id is the only argument."""
    answers = _take_stdout()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent(int(sys.argv[1]))
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    cancelled: set[int] = set()
    threading.Thread(target=_read_requests, args=(requests, cancelled), daemon=True).start()

    config = read_config(requests.get())
    worker = ChildWorker(config, answers, cancelled)
    while True:
        worker.answer(requests.get())


class ChildWorker:
    """Answers requests. The engine is loaded by the first diary that needs a model. ``cancelled`` has the numbers of
    drafts that are to be given up; another thread adds to it."""

    def __init__(self, config: Config, answers: IO[bytes], cancelled: Container[int] = ()) -> None:
        self._config, self._answers, self._cancelled = config, answers, cancelled
        self._engine: Any = None
        self._told = 0.0

    def answer(self, message: dict[str, Any]) -> None:
        """Answer one request with exactly one ``result`` or ``error`` line, after any number of other lines."""
        on_text = (lambda piece: self._say({"text": piece})) if message.get("stream") else None

        def on_stage(stage: Stage) -> None:
            if message.get("number") in self._cancelled:
                raise WorkerStopped(tr("the draft was given up"), tr("The note is taken up again."))
            self._say({"stage": asdict(stage)})

        try:
            request = DraftRequest.from_json(message["draft"])
            result = draft_report(self._load, request, self._config, on_text, on_stage)
        except Exception as problem:
            self._say({"error": error_message(problem)})
        else:
            self._say({"result": result.to_json()})

    def _load(self) -> Any:
        if self._engine is None:
            started = time.monotonic()
            self._engine = open_engine(self._config, self._tell_fetch)
            identity = self._engine.identity
            ready = {"version": identity.version, "base": identity.base, "engine": identity.engine}
            self._say({"ready": {**ready, "seconds": time.monotonic() - started}})
        return self._engine

    def _tell_fetch(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total or now - self._told >= FETCH_SECONDS:
            self._told = now
            self._say({"fetch": {"done": done, "total": total}})

    def _say(self, message: dict[str, Any]) -> None:
        self._answers.write(to_line(message))
        self._answers.flush()


def _take_stdout() -> IO[bytes]:
    """Keep standard output for the protocol; whoever prints now prints to standard error."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return answers


def _die_with_parent(parent: int) -> None:
    die_with_parent()
    if hasattr(os, "getppid") and os.name == "posix" and os.getppid() != parent:
        os._exit(0)


def _read_requests(requests: queue.Queue[dict[str, Any]], cancelled: set[int]) -> None:
    """Pass lines on; at the end of input leave at once, whatever the main thread is doing."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "cancel" in message:
            cancelled.add(message["cancel"])
        else:
            requests.put(message)
    if os.environ.get("NIPPO_WORKER_FOLDER") == tempfile.gettempdir():
        shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
