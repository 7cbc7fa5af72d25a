"""What is under way on the page: kept while it is wanted, never without end."""

from __future__ import annotations

from datetime import date, timedelta

from daemon.drafting.result import DraftRequest
from dashboard.desk import MOST_DRAFTS, MOST_TEXTS, Desk
from dashboard.drafts import Drafting

DAY = date(2026, 1, 7)


def drafting() -> Drafting:
    return Drafting(DraftRequest(str(DAY), "日記です。"), "auto")


def test_drafts_keep_their_numbers_and_the_oldest_go() -> None:
    desk = Desk()
    for number in range(MOST_DRAFTS + 3):
        assert desk.add(DAY, "", "日記です。", "v1", drafting()).number == number + 1
    assert [draft.number for draft in desk.drafts] == list(range(4, MOST_DRAFTS + 4))
    desk.clear_drafts()
    assert desk.drafts == () and desk.add(DAY, "", "日記です。", "v1", drafting()).number == 1


def test_an_unsaved_text_goes_only_with_itself() -> None:
    desk = Desk()
    desk.keep(DAY, "ひとつめの窓の文")
    desk.keep(DAY, "ふたつめの窓の文")
    desk.drop(DAY, "ひとつめの窓の文")
    assert desk.unsaved(DAY) == "ふたつめの窓の文"
    desk.drop(DAY, "ふたつめの窓の文")
    assert desk.unsaved(DAY) is None
    for number in range(MOST_TEXTS + 1):
        desk.keep(DAY + timedelta(days=number), "文")
    assert desk.unsaved(DAY) is None and desk.unsaved(DAY + timedelta(days=1)) == "文"


def test_a_forgotten_day_takes_all_of_it_along() -> None:
    desk = Desk()
    desk.add(DAY, "", "日記です。", "v1", drafting())
    kept = desk.add(DAY + timedelta(days=1), "", "べつの日記です。", "v1", drafting())
    desk.keep(DAY, "文")
    desk.forget(DAY)
    assert desk.drafts == (kept,) and desk.unsaved(DAY) is None
