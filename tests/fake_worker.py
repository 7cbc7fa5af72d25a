"""A worker without a model: replies from a queue, remembers what it was asked, waits when told to."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from daemon.drafting.ask_day import Stage
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.errors import WorkerStopped

BODY = "本日は、以下の学習と課題を完了しました:\n\n* サブネット計算を整理しました。"


def result(body: str = BODY, **changes: object) -> DraftResult:
    values: dict[str, object] = {"body": body, "status": "draft", "warnings": (), "version": "fake-1", **changes}
    return DraftResult(**values)  # type: ignore[arg-type]


class FakeWorker:
    """``replies`` are given one after the other (an exception is raised), then a plain report for ever. With ``hold``
    set a draft waits for ``go`` or for ``stop``. ``pid`` is what it gives as its process."""

    def __init__(self, *replies: DraftResult | Exception) -> None:
        self.replies = deque(replies)
        self.calls: list[DraftRequest] = []
        self.ticks = 0
        self.stops = 0
        self.cancels = 0
        self.pid: int | None = None
        self.hold = threading.Event()
        self.go = threading.Event()
        self._stopped = threading.Event()

    def draft(
        self,
        request: DraftRequest,
        timeout_seconds: float | None = None,
        on_stage: Callable[[Stage], None] | None = None,
    ) -> DraftResult:
        self.calls.append(request)
        self._stopped.clear()
        if on_stage:
            on_stage(Stage("writing", 1, 2, "* a line"))
        while self.hold.is_set() and not self.go.is_set():
            if self._stopped.wait(0.01):
                raise WorkerStopped("the draft was stopped", "The note is taken up again.")
        reply = self.replies.popleft() if self.replies else result()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def tick(self, now: float) -> None:
        self.ticks += 1

    def stop(self) -> None:
        self.stops += 1
        self._stopped.set()

    def cancel(self) -> None:
        self.cancels += 1
        self._stopped.set()

    close = stop
