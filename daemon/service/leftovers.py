"""What killed processes left behind in the data folder and the temporary folder, and its removal."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path

from daemon.system.processes import is_running
from daemon.worker.process import sweep

TEMPORARY = re.compile(r"\.nippo-(\d+)-[0-9a-f]+\.tmp|daemon\.json\.(\d+)\.tmp")
"""Files half written by a process that the name tells, by this version and by earlier ones."""
DEPTH = 3
"""Levels of the data folder: versions and runs are two levels down, their checkpoints three."""


def sweep_leftovers(data_folder: Path) -> None:
    """Remove them: of processes that are gone. Only the holder of the data folder's lock may call this."""
    for pattern in ("*/" * level + "*.tmp" for level in range(DEPTH)):
        with contextlib.suppress(OSError):
            for file in data_folder.glob(pattern):
                _remove(file)
    with contextlib.suppress(OSError):
        sweep(Path(tempfile.gettempdir()))


def _remove(file: Path) -> None:
    name = TEMPORARY.fullmatch(file.name)
    if name and not is_running(int(name[1] or name[2])):
        with contextlib.suppress(OSError):
            file.unlink()
