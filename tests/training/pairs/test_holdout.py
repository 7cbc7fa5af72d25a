"""Held-out pairs: a fifth by hash, at least eight, and something of what is new is left to learn from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.pairs.holdout import CHANGED, LEFT, MINIMUM, SHARE, choose_held_out, fraction

IDS = st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=60)


def test_a_large_set_gives_a_fifth() -> None:
    ids = [f"2026-{number:04}" for number in range(1000)]
    held = choose_held_out(ids, ())
    assert held == {pair_id for pair_id in ids if fraction(pair_id) < SHARE}
    assert 160 < len(held) < 240


@pytest.mark.parametrize(
    ("new", "held"), [(5, 2), (8, 4), (10, 5), (11, 6), (13, MINIMUM), (14, MINIMUM), (16, MINIMUM)]
)
def test_the_gate_gets_what_it_lacks_and_five_are_left_to_learn_from(new: int, held: int) -> None:
    assert len(choose_held_out([f"day-{number}" for number in range(new)], ())) == held


def test_what_is_held_out_already_is_not_held_out_again() -> None:
    pinned = [f"old-{number}" for number in range(MINIMUM - 1)]
    new = [f"day-{number}" for number in range(14) if fraction(f"day-{number}") >= SHARE]
    assert len(choose_held_out(new, pinned)) == 1


@given(IDS, IDS)
def test_beyond_the_fifth_five_or_half_are_left(new: list[str], pinned: list[str]) -> None:
    fresh = set(new) - set(pinned)
    by_hash = sum(fraction(pair_id) < SHARE for pair_id in fresh)
    left = len(fresh) - len(choose_held_out(new, pinned))
    assert left >= min(LEFT, (len(fresh) + 1) // 2, len(fresh) - by_hash)


@given(IDS, IDS)
def test_the_choice_is_fixed_and_never_takes_a_pinned_id(new: list[str], pinned: list[str]) -> None:
    held = choose_held_out(new, pinned)
    assert held == choose_held_out(list(reversed(new)), pinned)
    assert not held & set(pinned)
    assert held <= set(new)


@pytest.mark.parametrize(("changed", "held"), [(2, 1), (6, 3), (10, CHANGED), (14, CHANGED)])
def test_pairs_that_were_changed_are_held_out_up_to_half_of_them(changed: int, held: int) -> None:
    """None of the changed ones would be held out by hash, and the gate has eight others already."""
    new = [f"day-{number}" for number in range(100) if fraction(f"day-{number}") >= SHARE][:14]
    told = new[-changed:]
    pinned = [f"old-{number}" for number in range(MINIMUM)]
    assert len(choose_held_out(new, pinned, told)) == held
    assert choose_held_out(new, pinned, told) <= set(told)
    assert not choose_held_out(new, pinned, [*told, *pinned]), "the gate has changed ones enough"


def test_a_first_run_fills_up_with_unchanged_pairs() -> None:
    new = [f"day-{number}" for number in range(100) if fraction(f"day-{number}") >= SHARE][:14]
    told = new[:4]
    held = choose_held_out(new, (), told)
    assert len(held) == MINIMUM and len(held & set(told)) == 2


@given(IDS, IDS)
def test_half_of_the_changed_pairs_are_left_to_learn_from(new: list[str], pinned: list[str]) -> None:
    changed = set(new[::2])
    by_hash = {pair_id for pair_id in set(new) - set(pinned) if fraction(pair_id) < SHARE}
    known = len(changed & {*pinned, *by_hash})
    held = choose_held_out(new, pinned, changed)
    assert held >= by_hash
    if known >= CHANGED:
        assert held == choose_held_out(new, pinned)
