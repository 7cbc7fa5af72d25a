"""The lines that the daemon and its worker process exchange: one JSON object a line, both ways.

To the worker:   {"config": {…}, "file": path|null}, then {"draft": {…}, "stream": bool}
From the worker: {"fetch": {"done": bytes, "total": bytes}}, {"ready": {…identity, "seconds"}}, {"text": "…"},
                 and for each draft one {"result": {…}} or {"error": {"kind", "what", "next_step"}}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict

from daemon import errors
from daemon.config import Config


class ErrorMessage(TypedDict):
    kind: str
    what: str
    next_step: str


def to_line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


def config_message(config: Config) -> dict[str, Any]:
    return {"config": config.model_dump(mode="json"), "file": str(config.file) if config.file else None}


def read_config(message: dict[str, Any]) -> Config:
    """The settings as the daemon holds them; the environment, which both share, has the same say as there."""
    config = Config(**message["config"])
    config._file = Path(message["file"]) if message["file"] else None
    return config


def error_message(problem: Exception) -> ErrorMessage:
    """An error for the daemon. Of an unforeseen one only its type and place travel: its text might quote a diary."""
    if isinstance(problem, errors.NippoError):
        return {"kind": type(problem).__name__, "what": problem.what, "next_step": problem.next_step}
    if isinstance(problem, MemoryError):
        return {"kind": "OutOfMemory", "what": "too little memory for the model", "next_step": "Take a smaller one."}
    trace = problem.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return {
        "kind": "EngineError",
        "what": f"{type(problem).__name__} in {place}",
        "next_step": "This is a fault of nippo; please report it with this line.",
    }


def to_error(message: ErrorMessage) -> errors.NippoError:
    """The error that ``error_message`` described."""
    found = getattr(errors, message["kind"], errors.EngineError)
    kind = found if isinstance(found, type) and issubclass(found, errors.NippoError) else errors.EngineError
    return kind(message["what"], message["next_step"])
