"""The order in which a run sees its rows. Pure: a resumed run sees what the uninterrupted one would have seen."""

from __future__ import annotations

import random
from collections.abc import Sequence


def plan_order(lengths: Sequence[int], steps: int, batch: int, accumulation: int, order: str, seed: int) -> list[int]:
    """Given the rows' lengths in tokens, return ``steps × batch × accumulation`` row numbers.

    Every epoch is shuffled anew by ``seed`` and its number. ``order``: "random"; "grouped" puts rows of like length in
    one batch (batches are then shuffled, so that long ones do not come first); "given" keeps the file's
    order. Raises ValueError without rows.
    """
    if not lengths:
        raise ValueError("no rows to order")
    total = steps * batch * accumulation
    plan: list[int] = []
    epoch = 0
    while len(plan) < total:
        plan += epoch_order(lengths, batch, order, seed + 7919 * epoch)
        epoch += 1
    return plan[:total]


def mixed_order(
    lengths: Sequence[int],
    own: Sequence[bool],
    share: float,
    steps: int,
    batch: int,
    accumulation: int,
    order: str,
    seed: int,
) -> list[int]:
    """As ``plan_order``, but of the rows that a step sees this share are ``own`` ones: each kind has epochs of its own.

    So a few accepted days, seen often, stand beside ever other starter days. Evenly spread: after every row the own
    ones seen so far are the share of all, rounded down.
    """
    kinds = [[row for row, mine in enumerate(own) if mine is kind] for kind in (True, False)]
    if not all(kinds):
        return plan_order(lengths, steps, batch, accumulation, order, seed)
    total = steps * batch * accumulation
    plans = [
        iter([rows[at] for at in plan_order([lengths[row] for row in rows], total, 1, 1, order, seed)])
        for rows in kinds
    ]
    return [next(plans[int((seen + 1) * share) == int(seen * share)]) for seen in range(total)]


def epoch_order(lengths: Sequence[int], batch: int, order: str, seed: int) -> list[int]:
    """One epoch: every row once."""
    rows = list(range(len(lengths)))
    if order == "given":
        return rows
    rng = random.Random(seed)
    rng.shuffle(rows)
    if order == "random" or batch == 1:
        return rows
    if order != "grouped":
        raise ValueError(f"unknown order {order!r}")
    window = 8 * batch  # sorting all rows would make every epoch's batches the same
    batches: list[list[int]] = []
    for start in range(0, len(rows), window):
        group = sorted(rows[start : start + window], key=lambda row: lengths[row])
        batches += [group[first : first + batch] for first in range(0, len(group), batch)]
    rng.shuffle(batches)
    # A short batch would shift the rows of all later ones, so it goes to the end.
    batches.sort(key=lambda group: len(group) < batch)
    return [row for group in batches for row in group]


def within_epochs(
    checkpoints: Sequence[int], rows: int, epochs: float, batch: int, accumulation: int, least: int = 0
) -> tuple[int, ...]:
    """Given checkpoints, return them moved closer together so that the last one is no later than so many epochs, or
    than ``least`` steps where these are more; ``epochs`` 0: as they are."""
    most, last = max(steps_for(rows, epochs, batch, accumulation), least), max(checkpoints)
    if not epochs or last <= most:
        return tuple(checkpoints)
    return tuple(sorted({max(1, round(step * most / last)) for step in checkpoints}))


def steps_for(rows: int, epochs: float, batch: int, accumulation: int) -> int:
    """The optimizer steps of so many epochs, rounded up, at least one."""
    return max(1, -(-int(rows * epochs) // (batch * accumulation)))
