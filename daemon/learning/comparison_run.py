"""The run of a comparison: the accepted days, written by the model in use and then by the other one, in the worker
process and under the accelerator's lock, as the product writes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from daemon.config import Config
from daemon.drafting.result import DraftRequest
from daemon.errors import UsageError
from daemon.learning.model_comparison import (
    LEAST_DAYS,
    ModelComparison,
    WrittenDay,
    compare,
    config_in_use,
    config_of,
    fitting_days,
    measured,
)
from daemon.store.store import Pair, Store
from daemon.system.files import private_folder, write_atomically
from daemon.versions.champion import active_adapter
from daemon.words import tr
from daemon.worker.shared import SharedWorker, Worker

MOST_DAYS = 20
DaysDone = Callable[[str, int, int], None]
"""Gets a model's name, how many days are done, and how many there are."""


def compare_models(
    settings: Config,
    model: str,
    url: str,
    days: int = MOST_DAYS,
    out: Path | None = None,
    told: DaysDone = lambda name, done, total: None,
    make_worker: Callable[[Config], Worker] = SharedWorker,
) -> ModelComparison:
    """Given a model (of the server at ``url``, or a reference), write the newest accepted days with the model in use
    and with it, and compare. With ``out`` every report is kept there. Raises ``UsageError`` without accepted days, and
    ``EngineError``."""
    now, other = config_in_use(settings), config_of(settings, model, url)
    pairs = accepted_days(now, days)
    if not pairs:
        raise UsageError(
            tr("There is no accepted day to compare on."),
            tr("Tick `accepted` in {least} reports or more, then try again.", least=LEAST_DAYS),
        )
    written = {}
    for side, config in (("other", other), ("now", now)):  # what is not there is told at once, not after some minutes
        worker = make_worker(config)
        try:
            written[side] = _days(worker, pairs, out, side, partial(_tell, told, name_of(config), len(pairs)))
        finally:
            worker.stop()
    return compare(name_of(now), name_of(other), written["now"], written["other"])


def _tell(told: DaysDone, name: str, total: int, done: int) -> None:
    told(name, done, total)


def _days(
    worker: Worker, pairs: Sequence[Pair], out: Path | None, side: str, told: Callable[[int], None]
) -> list[WrittenDay]:
    days: list[WrittenDay] = []
    for pair in pairs:
        started = time.monotonic()
        result = worker.draft(DraftRequest(pair.day, pair.diary))
        days.append(measured(pair, result, time.monotonic() - started))
        if out:
            private_folder(out)
            write_atomically(out / f"{pair.day}-{side}.md", result.body.rstrip("\n") + "\n")
        told(len(days))
    return days


def accepted_days(settings: Config, most: int = MOST_DAYS) -> list[Pair]:
    """The accepted days on which the model in use may be compared."""
    store = Store.open_existing(settings.data_path)
    if store is None:
        return []
    with store:
        pairs = store.pairs()
    version = active_adapter(settings) if settings.engine.adapter == "auto" else None
    return fitting_days(pairs, frozenset(version.meta.pair_ids) if version else frozenset(), most)


def name_of(config: Config) -> str:
    """What writes with these settings, in words: base and version, or a server's model and its address."""
    if config.engine.kind == "server":
        model = config.engine.server_model or tr("the only model")
        return tr("{model} at {url}", model=model, url=config.engine.server_url)
    version = active_adapter(config) if config.engine.adapter == "auto" else None
    adapter = version.name if version else Path(config.engine.adapter).name
    return config.engine.model if adapter in ("auto", "none") else f"{config.engine.model} + {adapter}"
