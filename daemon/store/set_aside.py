"""Putting a database made anew in the place of the present one, which keeps a name of its own; and what lies aside.

At every moment there is a whole database under the name that counts: the old one first gets a second name, then the new
one takes the place in one step.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from daemon.store.store import FILE_NAME
from daemon.system.files import write_atomically
from daemon.system.steps import step

FRESH = f"{FILE_NAME}.new"
"""The name of a database that is being made anew."""


def clear_fresh(folder: Path) -> None:
    """Remove what an attempt that was cut off has left."""
    for ending in ("", "-wal", "-shm"):
        (folder / f"{FRESH}{ending}").unlink(missing_ok=True)


def put_in_place(folder: Path, now: datetime) -> Path | None:
    """Make the closed database ``FRESH`` of a data folder the present one; return what the old one is called now, or
    None when there was none. Only the holder of the data folder's lock may call this."""
    file = folder / FILE_NAME
    target = _free_name(folder, now) if file.exists() else None
    if target is not None:
        _fold_in_journal(file, target)
        step("database: a second name")
        try:
            target.hardlink_to(file)
        except OSError:
            write_atomically(target, file.read_bytes())
    step("database: place")
    (folder / FRESH).replace(file)
    return target


def _free_name(folder: Path, now: datetime) -> Path:
    while (name := folder / f"{FILE_NAME}.{now:%Y%m%d-%H%M%S}").exists():
        now += timedelta(seconds=1)
    return name


def _fold_in_journal(file: Path, target: Path) -> None:
    """No journal of the old database may lie beside the new one. That of a damaged one goes with it, as it is."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("-wal", "-shm"):
        journal = file.with_name(file.name + ending)
        if journal.exists():
            step("database: journal")
            journal.replace(target.with_name(target.name + ending))


def databases_aside(folder: Path) -> list[Path]:
    """The databases of a data folder beside the present one: moved aside, oldest first, and one half made."""
    name = re.compile(rf"{re.escape(FILE_NAME)}\.(\d{{8}}-\d{{6}}|new)")
    return sorted(file for file in folder.glob(f"{FILE_NAME}.*") if name.fullmatch(file.name))
