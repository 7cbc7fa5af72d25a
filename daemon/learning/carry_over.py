"""What a database made anew takes over from the one before it: what the vault does not hold, or not for sure."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon.errors import NippoError
from daemon.learning.forgetting import UNFINISHED
from daemon.learning.ledger import FORGOTTEN_PAIRS, HELD_OUT, SEEN
from daemon.learning.review import FORGOTTEN, VAULT
from daemon.store.store import Pair, Store

KEPT_META = (FORGOTTEN_PAIRS, HELD_OUT, SEEN, UNFINISHED)
"""What the gate and ``nippo forget`` promised."""


@dataclass(frozen=True)
class Before:
    """The pairs, the places of their notes and the promises of an earlier database; ``readable`` False: it could not be
    opened or is damaged."""

    pairs: Mapping[str, Pair] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    readable: bool = True

    @property
    def imported(self) -> list[Pair]:
        """The pairs that ``nippo import`` took in."""
        return [pair for pair in self.pairs.values() if pair.source not in (VAULT, FORGOTTEN)]


def read_before(file: Path) -> Before:
    """Given a database that is to be made anew, return what it holds; nothing where there is none."""
    if not file.exists():
        return Before()
    try:
        with Store.open(file.parent, file.name) as store:
            pairs = {pair.id: pair for pair in store.pairs(withdrawn=True)}
            return Before(pairs, store.places(), {key: store.get_meta(key, []) for key in KEPT_META})
    except (NippoError, sqlite3.Error):
        return Before(readable=False)


def carry_pairs(before: Before, store: Store) -> None:
    """Take over all pairs as they were accepted, where their notes lie and what was promised, before the vault is
    read: a pair whose note cannot be found now is not lost, and a forgotten day that is still ticked stays forgotten.
    """
    with store.batch():
        for pair in before.pairs.values():
            store.put_pair(pair)
        for day, path in before.places.items():
            store.set_place(day, path)
        for key, value in before.meta.items():
            store.set_meta(key, value)


def without_record(store: Store) -> int:
    """How many of the vault's pairs nobody remembers the draft of."""
    return sum(pair.source == VAULT and not pair.record for pair in store.pairs())
