"""Held-out pairs: a fifth by hash, at least eight, and never more than half of what is new."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from training.pairs.holdout import MINIMUM, SHARE, choose_held_out, fraction

IDS = st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=60)


def test_a_large_set_gives_a_fifth() -> None:
    ids = [f"2026-{number:04}" for number in range(1000)]
    held = choose_held_out(ids, ())
    assert held == {pair_id for pair_id in ids if fraction(pair_id) < SHARE}
    assert 160 < len(held) < 240


def test_sixteen_pairs_give_the_minimum() -> None:
    assert len(choose_held_out([f"day-{number}" for number in range(16)], ())) == MINIMUM


def test_five_pairs_leave_more_to_learn_from_than_to_judge_with() -> None:
    assert len(choose_held_out([f"day-{number}" for number in range(5)], ())) <= 2


@given(IDS, IDS)
def test_the_choice_is_fixed_and_never_takes_a_pinned_id(new: list[str], pinned: list[str]) -> None:
    held = choose_held_out(new, pinned)
    assert held == choose_held_out(list(reversed(new)), pinned)
    assert not held & set(pinned)
    assert held <= set(new)
