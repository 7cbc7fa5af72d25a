"""Which accepted pairs the gate keeps for itself. Pure; the choice is pinned by whoever stores it.

A pair that a version was trained on can never become held out, and a held-out pair is never trained on; so the choice
is made once, when a run first sees the pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from daemon.learning.schedule import FOR_A_VERDICT

SHARE = 0.20
MINIMUM = FOR_A_VERDICT
"""So many the gate wants to decide by itself; with fewer, the run trains four times more to cross-validate."""
LEFT = 5
"""Of the new pairs so many are enough to learn from; the others may be held out where the gate lacks them."""


def fraction(pair_id: str) -> float:
    """Given a pair id, return a fixed number in [0, 1): the first 8 bytes of its SHA-256 as a fraction."""
    return int.from_bytes(hashlib.sha256(pair_id.encode()).digest()[:8], "big") / 2**64


def choose_held_out(new: Sequence[str], pinned: Collection[str]) -> frozenset[str]:
    """Given the ids that no run has seen yet and the ids pinned so far, return the ids to pin now.

    A fifth of the new ids by hash; where the total stays below ``MINIMUM``, the next ids by hash, but at most half of
    the new ones or all but ``LEFT``, whichever is more, so that there is always something to learn from.
    """
    ranked = sorted(set(new) - set(pinned), key=lambda pair_id: (fraction(pair_id), pair_id))
    by_hash = sum(fraction(pair_id) < SHARE for pair_id in ranked)
    missing = MINIMUM - len(pinned) - by_hash
    most = max(len(ranked) // 2, len(ranked) - LEFT)
    count = by_hash + min(max(missing, 0), max(most - by_hash, 0))
    return frozenset(ranked[:count])
