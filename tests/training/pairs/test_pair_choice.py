"""What is trained on, what chooses the checkpoint, what the gate keeps: no pair is ever in two of the three."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from daemon.config import ReportSettings
from daemon.store.store import Pair
from training.pairs.holdout import MINIMUM
from training.pairs.pair_choice import REPLAY, choose_dev, folds, gather, pin, to_lines
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
    whole = gather(pairs_of(10), (), CORPUS, ReportSettings(), replay=False)
    assert sum(row.id.startswith("c-") for row in whole.rows) == 100


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
