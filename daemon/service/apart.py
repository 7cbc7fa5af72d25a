"""The edge of one note: what fails inside it sets that note aside under its name and stops no other.

The note is looked at again when it changes, at the next scan, or at the next start. Trouble with the database, a disk
or the vault as a whole is no note's fault and passes through.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import date, datetime

from daemon.errors import NippoError, NoteError, StorageError, VaultUnavailable, unforeseen
from daemon.store.store import Store
from daemon.vault.layout import shown
from daemon.words import tr

log = logging.getLogger(__name__)


@contextlib.contextmanager
def apart(store: Store, path: str, day: date | None, now: datetime) -> Iterator[None]:
    """Given the note's path and its day (None: it has none), keep what its work raises with the note: ``nippo status``
    shows it with a remedy. Raises ``StorageError`` and ``VaultUnavailable`` alone."""
    try:
        yield
    except (StorageError, VaultUnavailable):
        raise
    except Exception as problem:
        said = told(problem, path)
        # Without a day it cannot be worked on, so the next start has nothing to try again.
        store.put_aside(shown(path), day, "", "failed" if day else "skipped", said, now)
        log.warning("%s", said.what)


def told(problem: Exception, path: str) -> NippoError:
    """An error about a note in words; of an unforeseen one its kind and place, since its text may quote the note."""
    if isinstance(problem, NippoError):
        return problem
    name = shown(path)
    if isinstance(problem, OSError):
        remedy = tr("Check the file and its rights; it is tried again when it changes.")
        return NoteError(tr("{name}: cannot be used ({why}).", name=name, why=problem.strerror), remedy)
    remedy = tr("The other notes go on; it is tried again when it changes. Please report this line as a bug.")
    return NoteError(tr("{name}: cannot be taken ({unforeseen}).", name=name, unforeseen=unforeseen(problem)), remedy)
