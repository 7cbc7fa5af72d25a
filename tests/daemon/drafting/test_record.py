"""What a day's draft remembers, and what of it a later draft of a grown diary need not ask again."""

from __future__ import annotations

import json

import pytest

from daemon.drafting.record import REACH, DayRecord, LineRecord, SentenceRecord, reusable

TEXTS = [f"{number}文目の話。" for number in range(8)]


def record(texts: list[str], key: str = "k") -> DayRecord:
    lines = (LineRecord("* 学びました。", 0.9, True, ("確かめてください。",)),)
    return DayRecord(key, tuple(SentenceRecord(text, 1, 0, 5, 0.1, lines) for text in texts))


def test_a_record_survives_json() -> None:
    assert DayRecord.from_text(json.dumps(record(TEXTS).to_json())) == record(TEXTS)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"made_by": "k"}', '{"sentences": [1]}', "{"])
def test_a_broken_record_is_an_empty_one(text: str) -> None:
    assert DayRecord.from_text(text) == DayRecord()


def test_a_sentence_added_at_the_end_leaves_all_but_the_last_ones_answered() -> None:
    found = reusable(record(TEXTS), "k", [*TEXTS, "あとで足した話。"])
    assert sorted(found) == list(range(len(TEXTS) - REACH))


def test_a_changed_sentence_is_asked_again_with_its_neighbours() -> None:
    changed = [*TEXTS[:4], "書き直した話。", *TEXTS[5:]]
    found = reusable(record(TEXTS), "k", changed)
    assert sorted(found) == [at for at in range(len(TEXTS)) if abs(at - 4) > REACH]


def test_a_paragraph_put_before_moves_the_answers_with_their_sentences() -> None:
    found = reusable(record(TEXTS), "k", ["前置きの話。", *TEXTS])
    assert {at: one.text for at, one in found.items()} == {at + 1: TEXTS[at] for at in range(REACH, len(TEXTS))}


@pytest.mark.parametrize("key", ["", "other"])
def test_another_version_or_setting_uses_nothing_again(key: str) -> None:
    assert reusable(record(TEXTS, "k"), key, TEXTS) == {}
    assert reusable(record(TEXTS, ""), "", TEXTS) == {}
