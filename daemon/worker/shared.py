"""The one way to a draft, for the daemon, commands and the page: in the form that was learned, sharing the accelerator.

While a training process exists the model leaves memory; notes wait, or with ``draft_while_training = "cpu"`` the
starter model writes them on the processor. Whoever waits for a model that lies idle in another process says so
(``WANTED``), and that process lets it go.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from daemon.config import Config
from daemon.drafting.learned_form import with_learned_form
from daemon.errors import WorkerStopped
from daemon.models.known import KNOWN
from daemon.system.accelerator import ACCELERATOR, TRAINING, FileLock
from daemon.system.lock import holder
from daemon.system.shipped import starter_folder
from daemon.words import tr
from daemon.worker.client import WorkerClient

if TYPE_CHECKING:
    from daemon.drafting.ask_day import Stage
    from daemon.drafting.result import DraftRequest, DraftResult

LOOK_SECONDS = 0.5
WANTED = "accelerator-wanted.lock"
"""Held by a process that waits for another one's idle model to leave memory."""

log = logging.getLogger(__name__)


class Worker(Protocol):
    """What drafts: ``daemon.worker.client.WorkerClient``, or ``SharedWorker`` around one."""

    def draft(
        self,
        request: DraftRequest,
        timeout_seconds: float | None = None,
        on_text: Callable[[str], None] | None = None,
        on_fetch: Callable[[int, int], None] | None = None,
        on_stage: Callable[[Stage], None] | None = None,
    ) -> DraftResult: ...
    def tick(self, now: float) -> None: ...
    def cancel(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def pid(self) -> int | None: ...


class Client(Worker, Protocol):
    """A worker that can say whether it holds a model, and since when that is idle (``time.monotonic()``; None: not)."""

    @property
    def alive(self) -> bool: ...
    @property
    def idle_since(self) -> float | None: ...


class SharedWorker:
    """A worker for the job runner. ``draft`` is for one thread at a time; ``stop`` and ``cancel`` may come from any."""

    def __init__(self, config: Config, make_client: Callable[[Config], Client] = WorkerClient) -> None:
        self._config = config
        self._make_client = make_client
        self._lock = FileLock(config.data_path, ACCELERATOR)
        self._wanted = FileLock(config.data_path, WANTED)
        self._client: Client | None = None
        self._spare: Client | None = None
        self._made_for: Config | None = None
        self._stops = 0
        self._wake = threading.Condition()

    def __enter__(self) -> SharedWorker:
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process that holds a model, None while none does."""
        found = (client.pid for client in (self._client, self._spare) if client is not None)
        return next((pid for pid in found if pid is not None), None)

    def draft(
        self,
        request: DraftRequest,
        timeout_seconds: float | None = None,
        on_text: Callable[[str], None] | None = None,
        on_fetch: Callable[[int, int], None] | None = None,
        on_stage: Callable[[Stage], None] | None = None,
    ) -> DraftResult:
        """As ``WorkerClient.draft``; waits first while a training runs. ``timeout_seconds`` begins after that."""
        stops, told = self._stops, False
        while True:
            client = self._ready()
            if client is not None:
                self._wanted.release()
                return client.draft(request, timeout_seconds, on_text, on_fetch, on_stage)
            if not told:
                log.info("a training runs, or another process has its model in memory; the report waits")
                told = True
            self._wanted.acquire()
            with self._wake:
                self._wake.wait_for(lambda: self._stops != stops, timeout=LOOK_SECONDS)
            if self._stops != stops:
                self._wanted.release()
                raise WorkerStopped(tr("the draft was stopped"), tr("The note is taken up again."))

    def tick(self, now: float) -> None:
        """Given ``time.monotonic()``: end idle clients, and give the accelerator up when nobody here needs it."""
        if self._spare is not None:
            self._spare.tick(now)
        if self._client is not None:
            self._client.tick(now)
        unused = self._client is None or not self._client.alive
        if self._lock.held and (unused or self._training() or self._asked_for()):
            self._give_up()

    def cancel(self) -> None:
        """As ``WorkerClient.cancel``; a draft that waits for a training ends at once."""
        self._end_waiting()
        for client in (self._client, self._spare):
            if client is not None:
                client.cancel()

    def stop(self) -> None:
        self._end_waiting()
        if self._spare is not None:
            self._spare.stop()
        self._give_up()

    def _end_waiting(self) -> None:
        with self._wake:
            self._stops += 1
            self._wake.notify_all()

    def _ready(self) -> Client | None:
        """The client that may draft now, None while a training must be waited for."""
        if not self._training() and self._lock.acquire():
            wanted = with_learned_form(self._config)
            if self._client is None or self._made_for != wanted:
                if self._client is not None:
                    self._client.stop()
                self._client, self._made_for = self._make_client(wanted), wanted
            return self._client
        self._give_up()
        if self._config.schedule.draft_while_training == "wait":
            return None
        if self._spare is None:
            self._spare = self._make_client(spare_config(with_learned_form(self._config)))
        return self._spare

    def _training(self) -> bool:
        return holder(self._config.data_path, TRAINING) is not None

    def _asked_for(self) -> bool:
        """Whether the model lies idle here while another process waits for its place."""
        idle = self._client is not None and self._client.idle_since is not None
        return idle and holder(self._config.data_path, WANTED) is not None

    def _give_up(self) -> None:
        if self._client is not None:
            self._client.stop()
        self._lock.release()


def spare_config(config: Config) -> Config:
    """Settings for drafting on the processor alone: the same GGUF model, or the starter where the model is no GGUF."""
    same = config.engine.model in KNOWN or config.engine.model.lower().endswith(".gguf")
    changes: dict[str, object] = {"kind": "llamacpp", "gpu_layers": 0}
    if not same:
        adapter = starter_folder() / "adapter"
        changes |= {"model": "starter", "adapter": str(adapter) if (adapter / "meta.json").is_file() else "none"}
    spare = config.model_copy(update={"engine": config.engine.model_copy(update=changes)})
    spare._file = config.file
    return spare
