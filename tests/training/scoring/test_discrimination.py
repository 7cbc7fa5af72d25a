"""The area under the ROC curve, against counting every pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.scoring.discrimination import area_under_curve


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30))
def test_it_is_the_share_of_pairs_in_order(scored: list[tuple[int, bool]]) -> None:
    true = [score for score, truth in scored if truth]
    false = [score for score, truth in scored if not truth]
    found = area_under_curve([float(score) for score, _ in scored], [truth for _, truth in scored])
    if not true or not false:
        assert found is None
    else:
        wins = sum((one > other) + (one == other) / 2 for one in true for other in false)
        assert found == pytest.approx(wins / (len(true) * len(false)))
