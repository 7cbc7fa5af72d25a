"""Moving a database aside, with its journal, so that a new one can be made of the vault; and what lies aside."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from daemon.store.store import FILE_NAME


def set_aside_database(folder: Path, now: datetime) -> Path | None:
    """Give the database of a data folder another name; return it, or None when there was none. Only the holder of the
    data folder's lock may call this."""
    file = folder / FILE_NAME
    if not file.exists():
        return None
    target = folder / f"{FILE_NAME}.{now:%Y%m%d-%H%M%S}"
    for ending in ("-wal", "-shm", ""):
        part = file.with_name(file.name + ending)
        if part.exists():
            part.replace(target.with_name(target.name + ending))
    return target


def databases_aside(folder: Path) -> list[Path]:
    """The databases of a data folder that were moved aside, oldest first."""
    name = re.compile(rf"{re.escape(FILE_NAME)}\.\d{{8}}-\d{{6}}")
    return sorted(file for file in folder.glob(f"{FILE_NAME}.*") if name.fullmatch(file.name))
