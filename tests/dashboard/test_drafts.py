"""Drafts run behind the page: one after another, stoppable, with the version that was asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from scene import REPORT, make_vault, settings_file

from daemon.config import Config
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.errors import EngineCrashed, WorkerStopped
from dashboard.drafts import Drafter, Drafting, progress, with_adapter

REQUEST = DraftRequest("2026-01-07", "日記です。")


class SlowWorker:
    """Writes one piece, then waits to be told to go on or to stop; knows the adapter that it was made for."""

    def __init__(self, config: Config) -> None:
        self.adapter = config.engine.adapter
        self.go = threading.Event()
        self.stopped = threading.Event()
        self.error: Exception | None = None

    def draft(
        self,
        request: DraftRequest,
        timeout_seconds: float | None = None,
        on_text: Callable[[str], None] | None = None,
        on_fetch: Callable[[int, int], None] | None = None,
    ) -> DraftResult:
        if on_text:
            on_text(REPORT[:10])
        while not self.go.wait(0.01):
            if self.stopped.is_set():
                raise WorkerStopped("stopped", "")
        if self.error:
            raise self.error
        return DraftResult(body=REPORT, status="draft", warnings=(), version=self.adapter)

    def tick(self, now: float) -> None: ...

    def stop(self) -> None:
        self.stopped.set()


class Workshop:
    """Makes workers and remembers them."""

    def __init__(self, folder: Path) -> None:
        self.made: list[SlowWorker] = []
        self.drafter = Drafter(settings_file(folder, make_vault(folder)), self._make)

    def _make(self, config: Config) -> SlowWorker:
        self.made.append(SlowWorker(config))
        return self.made[-1]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def over(drafting: Drafting) -> Callable[[], bool]:
    return lambda: drafting.over


def test_a_draft_streams_and_ends(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    drafting = shop.drafter.start(REQUEST)
    until(lambda: bool(drafting.text))
    assert drafting.state == "working" and 0.2 < progress(drafting)[0] < 0.5
    shop.made[0].go.set()
    until(over(drafting))
    assert drafting.result and drafting.result.body == REPORT


def test_another_version_ends_the_model_before(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    first, second = shop.drafter.start(REQUEST), None
    until(lambda: bool(first.text))
    second = shop.drafter.start(REQUEST, "none")
    assert second.state == "waiting" and progress(second)[0] == 0
    shop.made[0].go.set()
    until(lambda: len(shop.made) == 2)
    assert shop.made[0].stopped.is_set()
    shop.made[1].go.set()
    until(over(second))
    assert second.result and second.result.version == "none"


def test_a_stopped_draft_is_no_error(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    drafting = shop.drafter.start(REQUEST)
    waiting = shop.drafter.start(REQUEST)
    until(lambda: bool(drafting.text))
    shop.drafter.stop(waiting)
    shop.drafter.stop(drafting)
    assert shop.made[0].stopped.wait(10)
    assert drafting.state == "stopped" and drafting.error is None and waiting.state == "stopped"


def test_a_crash_is_shown_and_the_next_draft_works(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    drafting = shop.drafter.start(REQUEST)
    until(lambda: bool(drafting.text))
    shop.made[0].error = EngineCrashed("the worker died", "Try again.")
    shop.made[0].go.set()
    until(over(drafting))
    assert drafting.error and drafting.error.next_step == "Try again."
    shop.made[0].error = ValueError("the diary says …")
    again = shop.drafter.start(REQUEST)
    until(over(again))
    assert again.error and "diary" not in str(again.error)


def test_the_pages_model_leaves_memory_soon(tmp_path: Path) -> None:
    config = settings_file(tmp_path, make_vault(tmp_path))
    changed = with_adapter(config, "none")
    assert changed.engine.idle_seconds == 60 and changed.engine.adapter == "none" and changed.file == config.file
