"""What was changed: the difference, its size, and the weekly curve."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from scene import REPORT

from dashboard.changes import difference, edited_share, weekly


@given(st.text(alphabet="あいう\n。", max_size=50), st.text(alphabet="あいう\n。", max_size=50))
def test_both_texts_can_be_read_from_the_difference(before: str, after: str) -> None:
    parts = list(difference(before, after))
    assert "".join(text for kind, text in parts if kind != "new") == before
    assert "".join(text for kind, text in parts if kind != "gone") == after


def test_only_the_changed_letters_are_marked() -> None:
    after = REPORT.replace("整理しました", "まとめました")
    changed = [(kind, text) for kind, text in difference(REPORT, after) if kind != "same"]
    assert changed == [("gone", "整理し"), ("new", "まとめ")]


def test_the_weekly_figure_is_the_median_of_its_days() -> None:
    days = [(date(2026, 1, 5), 0.1), (date(2026, 1, 7), 0.9), (date(2026, 1, 11), 0.2), (date(2026, 1, 12), 0.0)]
    assert weekly(days) == [(date(2026, 1, 5), 0.2, 3), (date(2026, 1, 12), 0.0, 1)]


def test_an_untouched_draft_has_no_edits_and_a_new_text_all() -> None:
    assert edited_share(REPORT, REPORT) == 0
    assert edited_share("", "") == 0
    assert edited_share("あああ", "いいい") == 1
