"""Which accepted pairs the gate keeps for itself. Pure; the choice is pinned by whoever stores it.

A pair that a version was trained on can never become held out, and a held-out pair is never trained on; so the choice
is made once, when a run first sees the pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from daemon.learning.schedule import CHANGED_FOR_A_VERDICT, FOR_A_VERDICT

SHARE = 0.20
MINIMUM, CHANGED = FOR_A_VERDICT, CHANGED_FOR_A_VERDICT
"""So many, and so many changed ones, the gate wants to decide by itself; with fewer, the run trains four times more to
cross-validate."""
LEFT = 5
"""Of the new pairs so many are enough to learn from; the others may be held out where the gate lacks them."""


def fraction(pair_id: str) -> float:
    """Given a pair id, return a fixed number in [0, 1): the first 8 bytes of its SHA-256 as a fraction."""
    return int.from_bytes(hashlib.sha256(pair_id.encode()).digest()[:8], "big") / 2**64


def choose_held_out(new: Sequence[str], pinned: Collection[str], changed: Collection[str] = ()) -> frozenset[str]:
    """Given the ids that no run has seen yet, the ids pinned so far, and of both those whose person changed the draft,
    return the ids to pin now.

    A fifth of the new ids by hash. Where fewer than ``CHANGED`` changed ones would be held out, the next of them by
    hash, at most half of the new ones: only they tell two versions apart, and they teach most. Where the total stays
    below ``MINIMUM``, the next ids by hash, unchanged ones first, but at most half of the new ones or all but ``LEFT``,
    whichever is more, so that there is always something to learn from.
    """
    ranked = sorted(set(new) - set(pinned), key=lambda pair_id: (fraction(pair_id), pair_id))
    held = [pair_id for pair_id in ranked if fraction(pair_id) < SHARE]
    telling = [pair_id for pair_id in ranked if pair_id in changed]
    missing = CHANGED - sum(pair_id in changed for pair_id in (*pinned, *held))
    room = len(telling) // 2 - sum(pair_id in held for pair_id in telling)
    held += [pair_id for pair_id in telling if pair_id not in held][: max(min(missing, room), 0)]
    rest = sorted((pair_id for pair_id in ranked if pair_id not in held), key=lambda pair_id: pair_id in changed)
    most = max(len(ranked) // 2, len(ranked) - LEFT)
    return frozenset([*held, *rest[: max(min(MINIMUM - len(pinned), most) - len(held), 0)]])
