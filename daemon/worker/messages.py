"""The lines that the daemon and its worker process exchange: one JSON object a line, both ways.

To the worker:   {"config": {…}, "file": path|null}, then for each draft {"draft": {…}, "stream": bool, "number": n},
                 and at any time {"cancel": n}, which ends draft n with a "WorkerStopped"
From the worker: {"fetch": {"done": bytes, "total": bytes}}, {"ready": {…identity, "seconds"}}, {"text": "…"},
                 and for each draft one {"result": {…}} or {"error": {"kind", "what", "next_step"}}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict

from daemon.config import Config
from daemon.errors import EngineError, NippoError, OutOfMemory, kinds, unforeseen
from daemon.words import tr


class ErrorMessage(TypedDict):
    kind: str
    what: str
    next_step: str


def to_line(message: dict[str, Any]) -> bytes:
    """One message as a line. A text that no encoding holds (half a surrogate pair) loses that half, not the worker."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def config_message(config: Config) -> dict[str, Any]:
    return {"config": config.model_dump(mode="json"), "file": str(config.file) if config.file else None}


def read_config(message: dict[str, Any]) -> Config:
    """The settings as the daemon holds them; the environment, which both share, has the same say as there."""
    config = Config(**message["config"])
    config._file = Path(message["file"]) if message["file"] else None
    return config


def error_message(problem: Exception) -> ErrorMessage:
    """An error for the daemon. Of an unforeseen one only its type and place travel: its text might quote a diary."""
    if isinstance(problem, MemoryError):
        problem = OutOfMemory(tr("too little memory for the model"), tr("Take a smaller one."))
    elif not isinstance(problem, NippoError):
        problem = EngineError(
            unforeseen(problem),
            tr("This is a fault of nippo; please report it with this line."),
        )
    return {"kind": type(problem).__name__, "what": problem.what, "next_step": problem.next_step}


def to_error(message: ErrorMessage) -> NippoError:
    """The error that ``error_message`` described, in its own class; one of another version of nippo that this one does
    not know is an ``EngineError``."""
    return kinds().get(message["kind"], EngineError)(message["what"], message["next_step"])
