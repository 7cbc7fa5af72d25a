"""What is trained on, what chooses the checkpoint, what the gate keeps: no pair is ever in two of the three."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import Config
from daemon.config.report_form import ReportSettings
from daemon.errors import TrainingError
from daemon.learning.edit_rows import edit_rows
from daemon.store.store import Pair
from training.pairs.days import with_judged
from training.pairs.holdout import MINIMUM
from training.pairs.judged import JudgedLines, balanced
from training.pairs.pair_choice import REPLAY, choose_dev, folds, gather, pin, row_of, to_lines
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


def headed(lead: str) -> Config:
    return Config(report=ReportSettings(lead=lead))


def traced(number: int) -> Pair:
    """A pair whose report tells a sentence of its diary."""
    diary = f"Javaの問題を{number + 2}問解いた。ねむい一日だった。"
    report = f"* Javaの問題を{number + 2}問解いた。"
    return Pair(f"p-{number}", "2026-01-07", diary, "", report, "", "", False, "vault")


def untold(number: int) -> Pair:
    """A pair whose line may come from either of two sentences."""
    return replace(traced(number), diary=f"Javaの授業。{number + 2}問解いた。")


LABELLED = [
    replace(row, diary="SQLを学んだ。", sentences=(("SQLを学んだ。", ("* SQLを学びました。",)),)) for row in CORPUS[:50]
]


@pytest.mark.parametrize("by_sentence", [False, True])
def test_a_day_declared_private_since_is_neither_learned_nor_measured_on(by_sentence: bool) -> None:
    private = [replace(traced(number), diary=f"---\nprivate: true\n---\n{traced(number).diary}") for number in (0, 1)]
    later = [*private, *(traced(number) for number in range(2, 6))]
    material = gather(later, {"p-0", "p-2"}, LABELLED, Config(), by_sentence)
    assert [row.id for row in material.held_out] == ["p-2"]
    assert set(material.own) | set(material.silent) == {"p-3", "p-4", "p-5"}
    assert edit_rows(private[0], Config()).sentences == ()
    with pytest.raises(TrainingError, match="private"):
        gather(private, (), LABELLED, Config(), by_sentence)


@given(st.integers(1, 80), st.integers(0, 40))
def test_no_pair_is_in_two_parts(old: int, new: int) -> None:
    first = pairs_of(old)
    held = pin(first, (), ())
    later = [*first, *pairs_of(new, old)]
    held_later = pin(later, held, {pair.id for pair in first})
    assert held <= held_later, "held out once is held out for good"
    trained_first = {pair.id for pair in first} - held
    assert not trained_first & held_later, "what was trained on never becomes held out"
    material = gather(later, held_later, CORPUS, Config(), by_sentence=False)
    train = {row.id for row in material.rows if row.split == "train"}
    dev = {row.id for row in material.rows if row.split == "dev"}
    gate = {row.id for row in material.held_out}
    assert not train & dev and not train & gate and not dev & gate
    assert {pair.id for pair in later} <= train | dev | gate
    assert set(material.own) == {pair.id for pair in later} - gate


def test_enough_pairs_give_the_gate_enough() -> None:
    assert len(pin(pairs_of(13), (), ())) == MINIMUM
    assert len(pin(pairs_of(10), (), ())) == 5


def test_a_withdrawn_pair_leaves_the_gate() -> None:
    held = pin(pairs_of(20), (), ())
    left = [pair for pair in pairs_of(20) if pair.id != min(held)]
    assert min(held) not in pin(left, held, {pair.id for pair in pairs_of(20)})


def test_the_corpus_goes_along_in_part_or_as_a_whole() -> None:
    few = gather(pairs_of(10), (), CORPUS, Config(), by_sentence=False)
    assert sum(row.id.startswith("c-") and row.split == "train" for row in few.rows) == REPLAY
    whole = gather(pairs_of(10), (), CORPUS, Config(), by_sentence=False, replay=False)
    assert sum(row.id.startswith("c-") for row in whole.rows) == 100


def test_few_pairs_are_all_learned_from() -> None:
    assert choose_dev([f"p-{number}" for number in range(23)]) == []
    assert len(choose_dev([f"p-{number}" for number in range(24)])) == 3
    assert len(choose_dev([f"p-{number}" for number in range(80)])) == 10


def test_what_may_be_forgotten_is_measured_where_own_days_measure_too() -> None:
    """On starter days alone the version looks best that has learned least."""
    for own, wanted in ((23, 0), (24, 3)):
        material = gather([traced(number) for number in range(own)], (), LABELLED, Config(), by_sentence=True)
        dev = [row.accepted for row in material.rows if row.split == "dev"]
        assert dev.count(True) == dev.count(False) == wanted


def test_another_edit_is_another_material() -> None:
    one, again, other = (
        gather(pairs_of(10), (), CORPUS, config, by_sentence=False)
        for config in (Config(), Config(), headed("別の見出し"))
    )
    assert one.digest() == again.digest() != other.digest()


def test_rows_come_back_from_their_file(tmp_path: Path) -> None:
    material = gather(pairs_of(3), (), CORPUS, headed("見出し"), by_sentence=False)
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


def test_by_sentence_every_pair_brings_the_labels_of_its_edits(tmp_path: Path) -> None:
    """They come back from the file of rows as they were, beside those of the corpus."""
    corpus = with_judged(
        [*LABELLED, *CORPUS[50:]],
        [
            JudgedLines("c-1", (("* SQLを学びました。", "T"),), weight=0.5),
            JudgedLines("c-1", (("* 卒業しました。", "F"),)),
            JudgedLines("elsewhere", (("* 知りません。", "F"),), "別の日記", "2026-01-07"),
            JudgedLines("nowhere", (("* 知りません。", "F"),)),
        ],
    )
    material = gather([traced(0), traced(1)], ("p-1",), corpus, Config(), by_sentence=True, replay=False)
    file = tmp_path / "rows.jsonl"
    file.write_text(to_lines(material.rows), encoding="utf-8")
    found = {row.id: row for row in read_rows([file])}
    assert list(found.values()) == [replace(row, own=None) for row in material.rows], "the gate's part is in no file"
    assert found["p-0"].accepted and not found["c-1"].accepted
    assert found["p-0"].sentences == (
        ("Javaの問題を2問解いた。", ("* Javaの問題を2問解きました。",)),
        ("ねむい一日だった。", ()),
    )
    assert found["c-1"].judged == (("* SQLを学びました。", "T", 0.5), ("* 卒業しました。", "F", 1.0))
    labelled = {row.id for row in LABELLED}
    assert set(found) == {"p-0", "elsewhere", *labelled}, "rows without labels are not trained on"
    assert found["elsewhere"].judged == (("* 知りません。", "F", 1.0),) and not found["elsewhere"].accepted
    assert material.held_out[0].sentences is not None


def replayed(own: int, **training: float) -> tuple[int, list[str]]:
    """How many of so many pairs are trained on, and the starter days beside them."""
    config = Config(training={"random_state": 1, **training})
    material = gather([traced(number) for number in range(own)], (), LABELLED, config, by_sentence=True)
    trained = [row for row in material.rows if row.split == "train"]
    return sum(row.accepted for row in trained), [row.id for row in trained if not row.accepted]


@pytest.mark.parametrize(("share", "starter"), [(0.0, 0), (0.25, 12), (0.5, 24)])
def test_starter_days_make_their_share_of_the_days_seen_and_none_comes_twice(share: float, starter: int) -> None:
    """Two own days are seen in 12 steps of four days, so as many other starter days are as the share asks for."""
    own, beside = replayed(2, starter_share=share, min_steps=12)
    assert own == 2 and len(beside) == len(set(beside)) == starter


def test_where_there_are_too_few_starter_days_all_go_along() -> None:
    assert len(replayed(2, starter_share=0.9, min_steps=60)[1]) == sum(row.split == "train" for row in LABELLED)


def test_more_pairs_bring_more_starter_days() -> None:
    own, beside = replayed(9, starter_share=0.5, min_steps=1, max_epochs=2.0)
    assert own == 9 and len(beside) == 18


def test_another_seed_takes_other_starter_days() -> None:
    half = replayed(2, starter_share=0.5)
    assert half == replayed(2, starter_share=0.5) != replayed(2, starter_share=0.5, random_state=2)


def test_kept_lines_do_not_teach_the_judge_that_everything_is_true() -> None:
    """Drafts show what the model was sure of: what is turned down says how much of what is kept may count."""

    def of(*labels: str) -> Row:
        lines = tuple((f"* {number}を学びました。", label, 1.0) for number, label in enumerate(labels))
        return replace(row_of(traced(0), Config(), by_sentence=True), judged=lines, weight=1.0)

    kept = balanced([of("T", "T", "T"), of("T")])
    assert [row.judged for row in kept] == [(), ()]
    both = balanced([of("T", "T", "T", "U"), of(*"T" * 20), of("F")])
    weights = [(label, weight) for row in both for _, label, weight in row.judged]
    true = sum(weight for label, weight in weights if label == "T")
    assert true / sum(weight for _, weight in weights) == pytest.approx(0.65)
    assert {weight for label, weight in weights if label != "T"} == {1.0}
    few = [of("T", "F")]
    assert balanced(few) == few


def test_what_a_person_changed_comes_back_from_the_file_of_rows(tmp_path: Path) -> None:
    row = replace(row_of(traced(0), Config(), by_sentence=True), changed=(1,))
    file = tmp_path / "rows.jsonl"
    file.write_text(to_lines([row]), encoding="utf-8")
    assert read_rows([file]) == [replace(row, own=None)]
    file.write_text(to_lines([replace(row, changed=(2,))]), encoding="utf-8")
    with pytest.raises(TrainingError, match="`changed`: expected indices of sentences"):
        read_rows([file])


def test_a_draft_accepted_as_it_was_counts_less() -> None:
    unread = replace(traced(0), draft=traced(0).report)
    assert row_of(unread, Config(), by_sentence=True).weight < row_of(traced(0), Config(), by_sentence=True).weight


def test_a_pair_that_teaches_nothing_is_kept_for_the_gate_only() -> None:
    material = gather([traced(0), untold(10), untold(11)], ("p-10",), LABELLED, Config(), by_sentence=True)
    assert material.own == ("p-0",) and material.silent == ("p-11",)
    assert not {"p-10", "p-11"} & {row.id for row in material.rows}
    assert [(row.id, row.sentences) for row in material.held_out] == [("p-10", None)]


def test_where_no_pair_teaches_anything_a_person_is_told() -> None:
    with pytest.raises(TrainingError, match="nothing to learn from"):
        gather([untold(0), untold(1)], (), LABELLED, Config(), by_sentence=True)


def test_other_labels_are_another_material() -> None:
    one = gather([traced(0)], (), LABELLED, Config(), by_sentence=True)
    lines = (("* SQLを学びました。", "T"),)
    judged = with_judged(LABELLED, [JudgedLines(row.id, lines) for row in LABELLED])
    relabelled = [replace(row, sentences=(("SQLを学んだ。", ()),)) for row in LABELLED]
    others = [gather([traced(0)], (), corpus, Config(), by_sentence=True) for corpus in (judged, relabelled)]
    assert len({one.digest(), *(other.digest() for other in others)}) == 3


def test_whole_reports_are_learned_without_labels() -> None:
    """Else the training would take the rows for days by sentence."""
    material = gather([traced(0)], (), LABELLED, Config(), by_sentence=False)
    assert all(row.sentences is None and not row.judged for row in material.rows)
    assert len(material.rows) > REPLAY
