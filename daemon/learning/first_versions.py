"""What the database knows of first versions: report notes without a body that say that their report is being written
(``daemon.service.first_version`` writes them).

A first version is the daemon's own while all that it says is as it was written, by which it is known again
(``imprint``). Lines that a person or a plugin has added to its properties do not change that: they stay when the report
takes its place.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from datetime import date

from daemon.learning.day_memory import DayMemory
from daemon.store.store import Store
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout
from daemon.vault.report_note import is_begun, read
from daemon.vault.scan import find_reports
from daemon.vault.writer import LARGEST, digest

MEMORY = DayMemory("first_versions")
"""A ``FirstVersion`` for each day that has one."""

WRITING = "いま書いています。できあがると、ここに本文が入ります。"
FAILED = "まだ書けていません。理由と直し方は nippo status で分かります。"
OUR_WORDS = (WRITING, FAILED)
"""What stands under ``warnings`` of a first version."""


@dataclass(frozen=True)
class FirstVersion:
    """``imprint`` of the note; ``leaving``: the daemon is about to take it away, so that its absence says nothing."""

    imprint: str
    leaving: bool = False


def imprint(data: bytes) -> str:
    """Given the bytes of a note, return a hash of all that it says in our own words: our properties and the body."""
    said = asdict(read(data))
    return digest(repr({**said, "keys": sorted(said["keys"])}).encode())


def known(store: Store, day: date) -> FirstVersion | None:
    """The first version of a day's report, None while there is none."""
    found = MEMORY.of(store, day)
    return FirstVersion(**found) if found else None


def known_days(store: Store) -> list[date]:
    """The days whose report has a first version."""
    return MEMORY.days(store)


def remember(store: Store, day: date, first: FirstVersion | None) -> None:
    """Remember a first version, or with None that there is none any more."""
    MEMORY.put(store, day, asdict(first) if first else None)


def find_again(layout: Layout, store: Store) -> None:
    """For a database made anew from the vault: the notes that are first versions still."""
    for path in find_reports(layout):
        day = layout.report_date(path)
        with contextlib.suppress(OSError):
            data = read_plain(layout.file(path), LARGEST)
            if day and is_begun(read(data)):
                remember(store, day, FirstVersion(imprint(data)))
