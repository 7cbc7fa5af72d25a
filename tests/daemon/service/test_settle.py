"""A note is taken when it has been quiet, never in the middle of a sentence."""

from __future__ import annotations

from daemon.service.settle import Fingerprint, SettleTracker

DRAFT = Fingerprint(3, 1, "a")
FINAL = Fingerprint(9, 2, "b")


def test_every_change_starts_the_quiet_time_anew() -> None:
    settle = SettleTracker(3.0)
    settle.see("a.md", DRAFT, now=0.0)
    settle.see("a.md", FINAL, now=2.0)
    assert settle.due(4.9) == []
    assert settle.due(5.0) == ["a.md"]


def test_an_event_without_a_change_does_not_delay() -> None:
    settle = SettleTracker(3.0)
    for moment in (0.0, 1.0, 2.9):
        settle.see("a.md", FINAL, now=moment)
    assert settle.due(3.0) == ["a.md"]


def test_a_change_without_an_event_is_noticed_when_the_note_is_due() -> None:
    settle = SettleTracker(3.0)
    settle.see("a.md", DRAFT, now=0.0)
    assert not settle.settled("a.md", FINAL, now=3.0)
    assert settle.due(5.9) == []
    assert settle.settled("a.md", FINAL, now=6.0)


def test_a_settled_note_stays_due_until_it_is_recorded() -> None:
    settle = SettleTracker(3.0)
    settle.see("a.md", FINAL, now=0.0)
    assert settle.settled("a.md", FINAL, now=3.0)
    assert settle.due(3.0) == ["a.md"], "the database did not take it"
    settle.forget("a.md")
    assert settle.next_due() is None and "a.md" not in settle


def test_same_size_and_time_but_other_content_is_a_change() -> None:
    settle = SettleTracker(3.0)
    settle.see("a.md", Fingerprint(3, 1, "a"), now=0.0)
    assert not settle.settled("a.md", Fingerprint(3, 1, "b"), now=3.0)


def test_the_next_deadline_is_the_earliest() -> None:
    settle = SettleTracker(3.0)
    assert settle.next_due() is None
    settle.see("b.md", DRAFT, now=1.0)
    settle.see("a.md", DRAFT, now=2.0)
    assert settle.next_due() == 4.0
    settle.forget("b.md")
    assert settle.next_due() == 5.0
    assert "b.md" not in settle and "a.md" in settle


def test_due_notes_come_in_the_order_they_were_saved() -> None:
    settle = SettleTracker(1.0)
    settle.see("b.md", DRAFT, now=0.0)
    settle.see("a.md", DRAFT, now=0.5)
    assert settle.due(9.0) == ["b.md", "a.md"]
