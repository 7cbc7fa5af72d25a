"""What is trained on, what chooses the checkpoint, what the gate keeps: no pair is ever in two of the three."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import ReportSettings
from daemon.store.store import Pair
from training.pairs.day_rows import DayRows
from training.pairs.holdout import MINIMUM
from training.pairs.pair_choice import REPLAY, Replay, choose_dev, folds, gather, pin, to_lines
from training.pairs.rows import Row, read_rows

CORPUS = [
    Row(
        f"c-{number}", "2025-05-08", "日記", "* 報告しました。", ("きなこ",), (), "dev" if number % 10 == 0 else "train"
    )
    for number in range(100)
]


def pairs_of(count: int, first: int = 0) -> list[Pair]:
    return [
        Pair(f"p-{number}", "2026-01-07", "日記", "", "* 報告。", "", "", False, "vault")
        for number in range(first, first + count)
    ]


@given(st.integers(1, 80), st.integers(0, 40))
def test_no_pair_is_in_two_parts(old: int, new: int) -> None:
    first = pairs_of(old)
    held = pin(first, (), ())
    later = [*first, *pairs_of(new, old)]
    held_later = pin(later, held, {pair.id for pair in first})
    assert held <= held_later, "held out once is held out for good"
    trained_first = {pair.id for pair in first} - held
    assert not trained_first & held_later, "what was trained on never becomes held out"
    material = gather(later, held_later, CORPUS, ReportSettings())
    train = {row.id for row in material.rows if row.split == "train"}
    dev = {row.id for row in material.rows if row.split == "dev"}
    gate = {row.id for row in material.held_out}
    assert not train & dev and not train & gate and not dev & gate
    assert {pair.id for pair in later} <= train | dev | gate
    assert set(material.own) == {pair.id for pair in later} - gate


def test_enough_pairs_give_the_gate_enough() -> None:
    assert len(pin(pairs_of(16), (), ())) == MINIMUM
    assert len(pin(pairs_of(10), (), ())) == 5


def test_a_withdrawn_pair_leaves_the_gate() -> None:
    held = pin(pairs_of(20), (), ())
    left = [pair for pair in pairs_of(20) if pair.id != min(held)]
    assert min(held) not in pin(left, held, {pair.id for pair in pairs_of(20)})


def test_the_corpus_goes_along_in_part_or_as_a_whole() -> None:
    few = gather(pairs_of(10), (), CORPUS, ReportSettings())
    assert sum(row.id.startswith("c-") and row.split == "train" for row in few.rows) == REPLAY
    whole = gather(pairs_of(10), (), CORPUS, ReportSettings(), Replay(whole=True))
    assert sum(row.id.startswith("c-") for row in whole.rows) == 100


LABELLED = [
    replace(row, report=None if number % 20 == 19 else row.report, sentences=(("日記", ("* 報告しました。",)),))
    for number, row in enumerate(CORPUS)
]


def taught(pair: Pair) -> DayRows:
    judged = (("* 嘘です。", "F", 1.0),)
    return DayRows(pair.id, pair.day, pair.diary, (("日記", ()),), judged, accepted=True, weight=0.5)


@pytest.mark.parametrize(("share", "starter"), [(0.0, 0), (0.25, 3), (0.5, 9), (0.75, 27)])
def test_by_sentence_the_starters_share_is_that_of_the_days_trained_on(share: float, starter: int) -> None:
    """Of eleven pairs two choose the checkpoint and nine are trained on."""
    material = gather(pairs_of(11), (), LABELLED, ReportSettings(), Replay(share=share), taught)
    train = [row for row in material.rows if row.split == "train"]
    assert sum(row.id.startswith("p-") for row in train) == 9
    assert sum(row.id.startswith("c-") for row in train) == starter
    assert any(row.id.startswith("c-") for row in material.rows if row.split == "dev"), (
        "what may be forgotten is measured"
    )


def test_another_seed_takes_other_starter_days() -> None:
    def chosen(seed: int) -> list[str]:
        material = gather(pairs_of(11), (), LABELLED, ReportSettings(), Replay(seed=seed), taught)
        return [row.id for row in material.rows if row.id.startswith("c-") and row.split == "train"]

    assert chosen(1) == chosen(1) != chosen(2)


def test_what_a_pair_teaches_by_sentence_goes_along_and_comes_back_from_the_file(tmp_path: Path) -> None:
    material = gather(pairs_of(3), {"p-1"}, LABELLED, ReportSettings(), Replay(), taught)
    assert material.held_out[0].sentences == (("日記", ()),)
    file = tmp_path / "rows.jsonl"
    file.write_text(to_lines(material.rows), encoding="utf-8")
    found = {row.id: row for row in read_rows([file])}
    assert found["p-0"].judged == (("* 嘘です。", "F", 1.0),)
    assert (found["p-0"].weight, found["p-0"].accepted) == (0.5, True)
    assert {row.id: row for row in material.rows} == found


def test_other_labels_are_another_material() -> None:
    one = gather(pairs_of(3), (), LABELLED, ReportSettings(), Replay(), taught)
    other = gather(pairs_of(3), (), LABELLED, ReportSettings(), Replay(), lambda pair: replace(taught(pair), judged=()))
    assert one.digest() != other.digest()


def test_few_pairs_are_all_learned_from() -> None:
    assert choose_dev([f"p-{number}" for number in range(7)]) == []
    assert len(choose_dev([f"p-{number}" for number in range(8)])) == 2
    assert len(choose_dev([f"p-{number}" for number in range(80)])) == 10


def test_another_edit_is_another_material() -> None:
    one = gather(pairs_of(10), (), CORPUS, ReportSettings())
    again = gather(pairs_of(10), (), CORPUS, ReportSettings())
    other = gather(pairs_of(10), (), CORPUS, ReportSettings(lead="別の見出し"))
    assert one.digest() == again.digest() != other.digest()


def test_rows_come_back_from_their_file(tmp_path: Path) -> None:
    material = gather(pairs_of(3), (), CORPUS, ReportSettings(lead="見出し"))
    file = tmp_path / "rows.jsonl"
    file.write_text(to_lines(material.rows), encoding="utf-8")
    found = read_rows([file], need_report=True)
    assert [(row.id, row.split, row.accepted) for row in found] == [
        (row.id, row.split, row.accepted) for row in material.rows
    ]
    assert found[0].form["lead"] == "見出し"
    assert json.loads(file.read_text(encoding="utf-8").splitlines()[0])["id"] == "p-0"


@given(st.sets(st.text("abc", min_size=1, max_size=4), max_size=30), st.integers(1, 6))
def test_every_id_is_in_one_fold(ids: set[str], count: int) -> None:
    found = folds(sorted(ids), count)
    assert sorted(one for group in found for one in group) == sorted(ids)
    assert all(found) and len(found) <= count
