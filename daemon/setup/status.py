"""What ``nippo status`` says: the daemon, its queue, what was set aside, the last reports. Reads only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from daemon.config import Config
from daemon.engines.opening import adapter_in_use
from daemon.errors import NippoError, StorageError
from daemon.learning.attention import attention
from daemon.learning.run_report import training_status
from daemon.service.heartbeat import read_heartbeat
from daemon.service.passed_over import passed_over
from daemon.store.store import Store
from daemon.system.lock import holder_of
from daemon.system.room import lack_of
from daemon.vault.layout import Layout, read_layout
from daemon.words import marked, tr

LAST_REPORTS = 5
NO_ADAPTER = marked("no adapter: it copies the diary; `nippo train --starter-corpus` makes the first one")


def status(config: Config) -> dict[str, Any]:
    """The state as JSON values, but ``training`` as a ``TrainingStatus`` (None without a database). ``daemon.running``
    comes from the lock, the rest of it from the last heartbeat."""
    holder = holder_of(config.data_path)
    beat = read_heartbeat(config.data_path)
    if holder is None and beat:
        beat |= {"state": "stopped", "ready": False, "working_on": "", "message": "", "worker_pid": None}
    model, advice, method = model_in_use(config)
    found: dict[str, Any] = {
        "daemon": {**beat, "running": holder is not None, "pid": holder or beat.get("pid")},
        "vault": str(config.vault_path),
        "data": str(config.data_path),
        "first_run_date": None,
        "model": model,
        "method": method,
        "advice": advice,
        "waiting": [],
        "failed": [],
        "skipped": [],
        "reports": 0,
        "last_reports": [],
        "not_taken": {},
        "diary_format": "",
        "accepted_pairs": 0,
        "attention": [],
        "training": None,
        "storage": storage_lines(config),
    }
    try:
        store = Store.open_existing(config.data_path)
    except StorageError as problem:
        found["storage"].append(problem.what)
        return found
    if store is None:
        return found
    with store:
        for job in store.jobs():
            found[job.state].append(asdict(job))
        reports = sorted(store.written_reports(), key=lambda one: one[3])
        last = [row for day, *_ in reports[-LAST_REPORTS:] if (row := store.report(day))]
        found["first_run_date"] = store.get_meta("first_run_date")
        found["reports"] = len(reports)
        found["last_reports"] = [
            {key: getattr(row, key) for key in ("day", "report_path", "model", "status", "written_at")} for row in last
        ]
        found["not_taken"] = {
            kind: {"count": count, "newest": [asdict(one) for one in newest]}
            for kind, (count, newest) in passed_over(store).items()
        }
        found["accepted_pairs"] = len(store.pairs())
        layout = _layout(config)
        found["diary_format"] = layout.diary_format.text if layout else ""
        found["attention"] = [asdict(one) for one in attention(config, store, layout)]
        found["training"] = training_status(config, store)
    return found


def _layout(config: Config) -> Layout | None:
    """The vault's layout, None while the vault is away."""
    try:
        return read_layout(config)
    except NippoError:
        return None


def storage_lines(config: Config) -> list[str]:
    """A line for each disk that takes nothing now. The daemon's own word may be missing: it has to be written, too."""
    places = {tr("vault"): config.vault_path, tr("data folder"): config.data_path}
    lacks = {name: lack_of(folder) for name, folder in places.items()}
    return [
        tr(
            "{place}: the disk of the {name} is {lack}; nippo waits and goes on by itself.",
            place=places[name],
            name=name,
            lack=tr("full") if lack == "full" else tr("read-only"),
        )
        for name, lack in lacks.items()
        if lack
    ]


def model_in_use(config: Config) -> tuple[str, str, str]:
    """The model and adapter that the next draft is written with, or why there is none; what to do about a base that has
    no adapter yet, "" where nothing is to be done; and how it writes, "sentences" or "whole" ("": no model)."""
    model, engine = config.engine.model, config.engine
    if engine.kind == "server":
        model = tr("{model} at {url}", model=engine.server_model or tr("its only model"), url=engine.server_url)
    try:
        adapter = adapter_in_use(config)
    except NippoError as problem:
        return f"{model} ({problem.what})", "", ""
    method = (adapter.method if adapter else "whole") if engine.method == "auto" else engine.method
    if adapter:
        return f"{model} + {adapter.name}", "", method
    wants_one = engine.adapter == "auto" and engine.kind != "server"
    return model, tr(NO_ADAPTER) if wants_one else "", method
