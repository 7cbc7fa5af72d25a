"""The worker as the daemon uses it: a child process that is there when needed and gone when not.

Guarantees: the model's memory is in a process that can be ended at any moment; a hung one is killed, a dead one is told
with its last lines; the child goes when the settings' model or the champion changes, and when the daemon goes.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from daemon.config import Config
from daemon.drafting.ask_day import Stage
from daemon.drafting.result import DraftResult
from daemon.engines.opening import adapter_in_use
from daemon.errors import EngineTimeout, WorkerStopped
from daemon.words import tr
from daemon.worker.messages import to_error
from daemon.worker.process import WorkerProcess

if TYPE_CHECKING:
    from daemon.drafting.result import DraftRequest


class WorkerClient:
    """Drafts through a child process. ``draft`` is for one thread at a time; ``stop`` and ``cancel`` may come from any
    thread."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._child: WorkerProcess | None = None
        self._made_for = ""
        self._busy = threading.Lock()
        self._changing = threading.RLock()
        self._closed = False
        self._idle_since: float | None = None
        self._drafts = 0

    def __enter__(self) -> WorkerClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether a child is running."""
        child = self._child
        return child is not None and child.alive

    @property
    def pid(self) -> int | None:
        """The child's process, None without one."""
        child = self._child
        return child.pid if child is not None and child.alive else None

    @property
    def idle_since(self) -> float | None:
        """``time.monotonic()`` of the last answer; None without a child or while it works."""
        return self._idle_since if self.alive and not self._busy.locked() else None

    def draft(
        self,
        request: DraftRequest,
        timeout_seconds: float | None = None,
        on_text: Callable[[str], None] | None = None,
        on_fetch: Callable[[int, int], None] | None = None,
        on_stage: Callable[[Stage], None] | None = None,
    ) -> DraftResult:
        """Given a diary, return its report; the child is started when there is none.

        ``timeout_seconds`` (default ``engine.timeout_seconds``) covers loading and writing, not a model's download,
        which ``on_fetch(bytes done, bytes total)`` shows. ``on_text`` receives the text as it is written,
        ``on_stage`` how far it is. Raises
        ``EngineTimeout`` (the child is killed), ``EngineCrashed``, ``OutOfMemory``, ``WorkerStopped``, and whatever
        ``NippoError`` the child met.
        """
        limit = timeout_seconds or self._config.engine.timeout_seconds
        with self._busy:
            child = self._ready_child()
            self._drafts += 1
            child.send({"draft": request.to_json(), "stream": on_text is not None, "number": self._drafts})
            try:
                return self._wait(child, request, limit, on_text, on_fetch, on_stage)
            finally:
                self._idle_since = time.monotonic()

    def tick(self, now: float) -> None:
        """Given ``time.monotonic()``, end a child that has been idle for ``engine.idle_seconds``."""
        since = self.idle_since
        if since is not None and now - since >= self._config.engine.idle_seconds and self._busy.acquire(blocking=False):
            try:
                self.stop()
            finally:
                self._busy.release()

    def cancel(self) -> None:
        """Give the draft under way up between two of its sentences, or between two drafts of a whole diary; it raises
        ``WorkerStopped``, and the model stays."""
        child = self._child
        if child is not None and self._busy.locked():
            child.send({"cancel": self._drafts})

    def stop(self) -> None:
        """End the child within about a second; a draft under way in another thread raises ``WorkerStopped``. The next
        ``draft`` starts a new child."""
        with self._changing:
            child, self._child = self._child, None
            self._idle_since = None
        if child is not None:
            child.end()

    def close(self) -> None:
        """``stop`` for good: any later ``draft`` raises ``WorkerStopped``."""
        self._closed = True
        self.stop()

    def _ready_child(self) -> WorkerProcess:
        wanted = self._fingerprint()
        if self._child is not None and (self._made_for != wanted or not self._child.alive):
            self.stop()
        with self._changing:
            if self._closed:
                raise WorkerStopped(tr("nippo is being stopped"), tr("The note is taken up again at the next start."))
            if self._child is None:
                self._child, self._made_for = WorkerProcess(self._config), wanted
            return self._child

    def _fingerprint(self) -> str:
        """What a child's model depends on that may change while the daemon runs: the champion."""
        adapter = adapter_in_use(self._config)
        return f"{adapter.name} {adapter.path}" if adapter else ""

    def _wait(
        self,
        child: WorkerProcess,
        request: DraftRequest,
        limit: float,
        on_text: Callable[[str], None] | None,
        on_fetch: Callable[[int, int], None] | None,
        on_stage: Callable[[Stage], None] | None,
    ) -> DraftResult:
        deadline = time.monotonic() + limit
        while True:
            try:
                message = child.receive(deadline - time.monotonic())
            except queue.Empty:
                self._give_up(child)
                raise EngineTimeout(
                    tr("no report within {limit:g} seconds; the worker process was ended", limit=limit),
                    tr("Raise engine.timeout_seconds, shorten the note, or take a smaller model."),
                ) from None
            if message is None:
                self._give_up(child)
                if child.ended_by_us:
                    raise WorkerStopped(tr("the draft was stopped"), tr("The note is taken up again."))
                raise child.death(request.diary)
            if "fetch" in message:
                deadline = time.monotonic() + limit
                if on_fetch:
                    on_fetch(message["fetch"]["done"], message["fetch"]["total"])
            elif "text" in message and on_text:
                on_text(message["text"])
            elif "stage" in message and on_stage:
                on_stage(Stage(**message["stage"]))
            elif "error" in message:
                raise to_error(message["error"])
            elif "result" in message:
                return DraftResult.from_json(_result(message))

    def _give_up(self, child: WorkerProcess) -> None:
        """Forget the child and make sure it is gone, without marking a natural death as ours."""
        with self._changing:
            if self._child is child:
                self._child = None
        if child.alive:
            child.end()


def _result(message: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = message["result"]
    return values
