"""What a database made anew takes over from the one before it: what the vault does not hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daemon.errors import NippoError
from daemon.learning.forgetting import UNFINISHED
from daemon.learning.ledger import FORGOTTEN_PAIRS, HELD_OUT, SEEN
from daemon.learning.review import FORGOTTEN
from daemon.learning.reviewer import VAULT
from daemon.store.store import Pair, Store

KEPT_META = (FORGOTTEN_PAIRS, HELD_OUT, SEEN, UNFINISHED)
"""What the gate and ``nippo forget`` promised."""


@dataclass(frozen=True)
class Before:
    """The pairs and promises of an earlier database; ``readable`` False: it could not be opened or is damaged."""

    pairs: Mapping[str, Pair] = field(default_factory=dict)
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
            return Before(pairs, {key: store.get_meta(key, []) for key in KEPT_META})
    except (NippoError, sqlite3.Error):
        return Before(readable=False)


def carry_promises(before: Before, store: Store) -> None:
    """Take over imported pairs, days that were forgotten and the gate's own pairs, before the vault is read: a
    forgotten day whose note is still ticked must not come back."""
    with store.batch():
        for pair in before.pairs.values():
            if pair.source != VAULT:
                store.put_pair(pair)
        for key, value in before.meta.items():
            store.set_meta(key, value)


def carry_drafts(before: Before, store: Store) -> int:
    """Take over the draft and its record, and when it was accepted, for each pair that the vault still holds word for
    word. Return how many of the vault's pairs have none."""
    unknown = 0
    with store.batch():
        for pair in store.pairs():
            known = before.pairs.get(pair.id)
            if pair.source != VAULT:
                continue
            if known and not known.withdrawn and (known.diary, known.report) == (pair.diary, pair.report):
                pair = replace(pair, draft=known.draft, record=known.record, accepted_at=known.accepted_at)
                store.put_pair(pair)
            unknown += not pair.record
    return unknown
