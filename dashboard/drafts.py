"""Drafting from the page: one model process for the whole server, each draft in a thread that the page looks at.

The thread goes on when the page is redrawn or closed, so nothing is lost by a click. Drafts wait for one another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from daemon.config import Config
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.errors import EngineError, NippoError
from daemon.versions.artifact import Version, check_base, list_versions
from daemon.worker.shared import Worker

BARE = "none"
IN_USE = "auto"
POLL_SECONDS = 0.5
"""How often a page looks at its draft."""
USUAL_CHARACTERS = 260
"""The length of a usual report, for the progress bar only."""


@dataclass
class Drafting:
    """A draft under way. Written by its thread, read by the page."""

    request: DraftRequest
    adapter: str
    started: float = field(default_factory=time.monotonic)
    text: str = ""
    fetched: tuple[int, int] | None = None
    state: str = "waiting"
    """ "waiting" for its turn, "working", "done", "failed" or "stopped"."""
    result: DraftResult | None = None
    error: NippoError | None = None

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    def seconds(self, now: float) -> float:
        return now - self.started


class Drafter:
    """Given the settings and a way to make a worker, runs drafts one after another, each with the adapter it asks for.

    Only one model is in memory: another adapter ends the process of the one before.
    """

    def __init__(self, config: Config, make: Callable[[Config], Worker]) -> None:
        self._config = config
        self._make = make
        self._turn = threading.Lock()
        self._worker: Worker | None = None
        self._adapter = ""
        self._current: Drafting | None = None

    def start(self, request: DraftRequest, adapter: str = IN_USE) -> Drafting:
        """Begin a draft and return at once; look at the ``Drafting`` for what becomes of it."""
        drafting = Drafting(request, adapter)
        threading.Thread(target=self._run, args=(drafting,), name="nippo-page-draft", daemon=True).start()
        return drafting

    @property
    def busy(self) -> bool:
        """Whether a draft is under way."""
        return self._current is not None

    def stop(self, drafting: Drafting) -> None:
        """Give a draft up, whether it works or waits."""
        drafting.state = "stopped"
        worker = self._worker
        if self._current is drafting and worker is not None:
            worker.stop()

    def tick(self) -> None:
        """Let an idle model leave memory; to be called now and then. Nothing happens while a draft is under way."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._worker is not None:
                self._worker.tick(time.monotonic())
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the model's process."""
        if self._worker is not None:
            self._worker.stop()

    def _run(self, drafting: Drafting) -> None:
        with self._turn:
            if drafting.over:
                return
            self._current = drafting
            drafting.state = "working"
            drafting.started = time.monotonic()
            try:
                self._take(drafting)
            except NippoError as problem:
                self._end(drafting, problem)
            except Exception as problem:
                # Its text might quote the diary, so only its type is shown.
                step = "もう一度お試しください。続くときは `nippo doctor` を実行してください。"
                self._end(drafting, EngineError(f"予期しないエラー({type(problem).__name__})", step))
            finally:
                self._current = None

    def _take(self, drafting: Drafting) -> None:
        worker = self._worker_for(drafting.adapter)

        def on_text(piece: str) -> None:
            drafting.text += piece

        def on_fetch(done: int, total: int) -> None:
            drafting.fetched = (done, total)

        result = worker.draft(drafting.request, None, on_text, on_fetch)
        if not drafting.over:
            drafting.result, drafting.state = result, "done"

    def _worker_for(self, adapter: str) -> Worker:
        if self._worker is None or adapter != self._adapter:
            if self._worker is not None:
                self._worker.stop()
            self._worker, self._adapter = self._make(with_adapter(self._config, adapter)), adapter
        return self._worker

    @staticmethod
    def _end(drafting: Drafting, problem: NippoError) -> None:
        if drafting.state != "stopped":
            drafting.error, drafting.state = problem, "failed"


IDLE_SECONDS = 60.0
"""The page's model leaves memory sooner than the daemon's, which may wait for the same GPU."""


def with_adapter(config: Config, adapter: str) -> Config:
    """The settings with another adapter ("auto", "none" or a folder) and the page's idle time. Pure."""
    changes = {"adapter": adapter, "idle_seconds": min(config.engine.idle_seconds, IDLE_SECONDS)}
    changed = config.model_copy(update={"engine": config.engine.model_copy(update=changes)})
    changed._file = config.file
    return changed


@dataclass(frozen=True)
class VersionChoice:
    """An entry of the version picker; ``adapter`` as ``engine.adapter`` takes it."""

    name: str
    adapter: str
    label: str


def choices(config: Config, in_use: str | None) -> list[VersionChoice]:
    """The versions that a draft can be asked of, the one in use first; reads their ``meta.json``.

    A server holds its own model, so there is nothing to pick with ``engine.kind = "server"``.
    """
    if config.engine.kind == "server":
        return [VersionChoice(config.engine.server_model or "server", IN_USE, "サーバーのモデル")]
    found = [VersionChoice(in_use or "base", IN_USE, f"{in_use or 'ベース(調整なし)'}(使用中)")]
    good, _ = list_versions(config)
    for version in reversed(good):
        if version.name != in_use and _fits(version, config):
            found.append(VersionChoice(version.name, str(Path(version.path)), version.name))
    if in_use:
        found.append(VersionChoice("base", BARE, "ベース(調整なし)"))
    return found


def _fits(version: Version, config: Config) -> bool:
    try:
        check_base(version, config.engine.model)
    except NippoError:
        return False
    return True


def progress(drafting: Drafting) -> tuple[float, str]:
    """How far a draft is (0 to 1, an estimate by the usual length of a report) and what it does, in Japanese. Pure."""
    if drafting.state == "waiting":
        return 0.0, "ほかの下書きが終わるのを待っています…"
    if drafting.fetched and not drafting.text and drafting.fetched[0] < drafting.fetched[1]:
        done, total = drafting.fetched
        return 0.2 * done / total, f"モデルを取得しています… {done / 1e6:,.0f} / {total / 1e6:,.0f} MB"
    if not drafting.text:
        return 0.1, "モデルを読み込み、日記を読んでいます…"
    share = min(len(drafting.text) / USUAL_CHARACTERS, 1.0)
    return 0.2 + 0.7 * share, "書いています…" if share < 1 else "検査しています…"
