"""The figures of one cell of ``bench.gpu``: appended to a file of JSON lines as they come, {"cell", "key", "value"}."""

from __future__ import annotations

import gc
import json
import os
import time
from pathlib import Path
from typing import Any

START = float(os.environ.get("NIPPO_BENCH_START", time.time()))
"""When the process was started, so that imports count."""
GIB = 2**30


class Sheet:
    """Appends figures of one cell to the results."""

    def __init__(self, file: Path, cell: str) -> None:
        self._file, self._cell = file, cell

    def put(self, key: str, value: Any) -> None:
        line = json.dumps({"cell": self._cell, "key": key, "value": value})
        with self._file.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
        print(line, flush=True)


def reset_peak() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak() -> dict[str, float]:
    import torch

    if not torch.cuda.is_available():
        return {"reserved": 0.0, "allocated": 0.0}
    return {
        "reserved": round(torch.cuda.max_memory_reserved() / GIB, 2),
        "allocated": round(torch.cuda.max_memory_allocated() / GIB, 2),
    }


def wait_for_device() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
