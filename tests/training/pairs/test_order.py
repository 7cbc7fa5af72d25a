"""Every row comes once an epoch, in an order that a resumed run repeats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.pairs.order import epoch_order, mixed_order, plan_order, steps_for, within_epochs


@given(
    st.lists(st.integers(1, 2000), min_size=1, max_size=60),
    st.integers(1, 9),
    st.sampled_from(["random", "grouped", "given"]),
    st.integers(0, 99),
)
def test_an_epoch_holds_every_row_once(lengths: list[int], batch: int, order: str, seed: int) -> None:
    assert sorted(epoch_order(lengths, batch, order, seed)) == list(range(len(lengths)))


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    lengths = [100 + number for number in range(10)]
    assert plan_order(lengths, 9, 2, 2, "random", 1)[:20] == plan_order(lengths, 5, 2, 2, "random", 1)


def test_epochs_differ_and_seeds_differ() -> None:
    plan = plan_order([1] * 10, 10, 1, 2, "random", 1)
    assert plan[:10] != plan[10:]
    assert plan != plan_order([1] * 10, 10, 1, 2, "random", 2)


@given(st.integers(1, 8), st.integers(1, 40), st.sampled_from([0.25, 0.5, 0.75, 1.0]), st.integers(1, 30))
def test_few_own_days_keep_their_share_and_the_others_come_in_turn(
    own: int, others: int, share: float, steps: int
) -> None:
    mine = [number < own for number in range(own + others)]
    plan = mixed_order([1] * len(mine), mine, share, steps, 1, 4, "random", 3)
    assert len(plan) == 4 * steps
    for seen in range(1, len(plan) + 1):
        assert sum(mine[row] for row in plan[:seen]) == int(seen * share)
    foreign = [row for row in plan if not mine[row]]
    assert len(set(foreign[:others])) == min(others, len(foreign)), "none twice before all have come"
    assert plan == mixed_order([1] * len(mine), mine, share, steps + 5, 1, 4, "random", 3)[: len(plan)]


def test_rows_of_one_kind_come_as_they_always_do() -> None:
    plain = plan_order([1] * 6, 3, 1, 4, "random", 1)
    assert mixed_order([1] * 6, [True] * 6, 0.5, 3, 1, 4, "random", 1) == plain


def test_grouping_saves_padding() -> None:
    lengths = [100 if number % 2 else 1000 for number in range(64)]

    def padding(order: str) -> int:
        rows = plan_order(lengths, 16, 4, 1, order, 5)
        groups = [[lengths[row] for row in rows[start : start + 4]] for start in range(0, 64, 4)]
        return sum(len(group) * max(group) - sum(group) for group in groups)

    assert padding("grouped") < padding("random") / 4


def test_steps_are_rounded_up() -> None:
    assert steps_for(rows=10, epochs=2, batch=2, accumulation=4) == 3
    with pytest.raises(ValueError, match="no rows"):
        plan_order([], 1, 1, 1, "random", 0)


def test_few_rows_are_not_learned_by_heart() -> None:
    assert within_epochs((60, 120, 180, 240), 30, 4.0, 1, 4) == (8, 15, 22, 30)
    assert within_epochs((60, 120, 180, 240), 300, 4.0, 1, 4) == (60, 120, 180, 240)
    assert within_epochs((60, 120, 180, 240), 30, 0.0, 1, 4) == (60, 120, 180, 240)
    assert within_epochs((60, 120), 1, 1.0, 1, 4) == (1,)
    assert within_epochs((60, 120, 180, 240), 6, 4.0, 1, 4, least=16) == (4, 8, 12, 16), "few pairs are seen more often"
    assert within_epochs((60, 120, 180, 240), 30, 4.0, 1, 4, least=16) == (8, 15, 22, 30)
    assert within_epochs((2, 4), 6, 4.0, 1, 4, least=16) == (2, 4)
