"""A report by sentence against the labels of its diary: what was chosen, what is true, where two versions differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.learning.edit_distance import edit_distance
from training.pairs.rows import Row
from training.scoring.by_sentence import count_lines, differences, left_to_change, missing_lines, selection_errors
from training.scoring.gate import LineCount

SQL, NAP, JAVA = "SQLの結合を12問解いた。", "昼寝した。", "Javaのインターフェースを読んだ。"
SENTENCES = ((SQL, ("* SQLの結合の問題を12問解きました。",)), (NAP, ()), (JAVA, None))
ROW = Row("p-1", "2026-01-07", f"{SQL}{NAP}{JAVA}", "* 日報。", sentences=SENTENCES)
LEFT_OUT = LineRecord("* 復習しました。", 0.3, False)


def record(**lines: str) -> DayRecord:
    """The record of a draft: the kept line of each sentence by its name, beside one that was written and left out."""
    kept = {name: (LineRecord(line, 0.9, True),) for name, line in lines.items()}
    named = {"sql": SQL, "nap": NAP, "java": JAVA}
    return DayRecord(
        "v",
        tuple(
            SentenceRecord(text, 1, 0, 1, 0.1, (LEFT_OUT, *kept.get(name, ()))) for name, text in named.items()
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [({"sql": "* SQLを解きました。"}, 0), ({}, 1), ({"nap": "* 昼寝しました。"}, 2),
     ({"sql": "* 別の行です。", "java": "* 誰も知りません。"}, 0)],
)  # fmt: skip
def test_a_sentence_too_many_or_too_few_is_an_error(lines: dict[str, str], wrong: int) -> None:
    assert selection_errors(record(**lines), ROW) == wrong


def test_a_report_that_was_written_as_a_whole_chose_no_sentences() -> None:
    assert selection_errors(DayRecord(), ROW) is None
    assert left_to_change(DayRecord(), ROW) is None


def test_only_what_the_person_did_is_left_to_change() -> None:
    """What a draft said and was let stand is no reason against another version."""
    wanted, other, nap = "* SQLの結合の問題を12問解きました。", "* SQLを21問解きました。", "* 昼寝しました。"
    assert left_to_change(record(sql=wanted), ROW) == 0
    assert left_to_change(record(sql=other), ROW) == pytest.approx(edit_distance(other, wanted) / len(wanted))
    assert left_to_change(record(), ROW) == 1.0
    assert left_to_change(record(sql=wanted, nap=nap, java=nap), ROW) == pytest.approx(len(nap) / len(wanted))
    let_stand = replace(ROW, own=(1,))
    assert left_to_change(record(sql=other), let_stand) == left_to_change(record(), let_stand) == 0
    assert left_to_change(record(nap=nap), let_stand) == pytest.approx(len(nap) / len(wanted))
    silent = replace(ROW, sentences=((SQL, ()), (NAP, None), (JAVA, ())))
    assert left_to_change(record(), silent) is None, "there is no line to compare with"


def test_only_the_persons_own_sentences_can_be_chosen_wrongly() -> None:
    assert selection_errors(record(nap="* 昼寝しました。"), replace(ROW, own=(0,))) == 1
    assert selection_errors(record(nap="* 昼寝しました。"), replace(ROW, own=())) is None


def test_lines_are_counted_wherever_they_come_from() -> None:
    assert missing_lines(record(), ROW) == 1
    assert missing_lines(record(java="* 読みました。"), replace(ROW, own=())) == 0
    assert missing_lines(record(sql="* 解きました。", java="* 読みました。"), ROW) == -1
    assert missing_lines(DayRecord(), ROW) is None


def test_the_same_words_twice_are_two_sentences() -> None:
    row = Row("p-2", "2026-01-07", NAP * 2, "* 日報。", sentences=((NAP, ("* 休みました。",)), (NAP, ())))
    once = SentenceRecord(NAP, 1, 0, 1, 0.1, (LineRecord("* 休みました。", 0.9, True),))
    twice = DayRecord("v", (once, SentenceRecord(NAP, 2, 1, 2, 0.9)))
    assert selection_errors(twice, row) == 0


@pytest.mark.parametrize(
    ("line", "count"),
    [("* SQLの結合を12問解きました。", 1), ("* SQLの結合を21問解きました。", 0), ("* 数学の講義を受けました。", 0)],
)
def test_a_line_is_true_when_it_says_what_a_labelled_one_says(line: str, count: int) -> None:
    assert count_lines(record(sql=line), ROW) == LineCount(count, 1)


@pytest.mark.parametrize(
    ("line", "label", "count"), [("* 全く別の行です。", "T", 1), ("* SQLの結合の問題を12問解きました。", "F", 0)]
)
def test_what_a_reader_said_of_the_very_line_goes_before_likeness(line: str, label: str, count: int) -> None:
    judged = Row("p-1", "2026-01-07", ROW.diary, "* 日報。", sentences=SENTENCES, judged=((line, label, 1.0),))
    assert count_lines(record(sql=line), judged) == LineCount(count, 1)


def test_every_line_that_stands_is_counted_one_of_which_nothing_is_known_as_well() -> None:
    found = count_lines(record(sql="* SQLの結合を12問解きました。", java="* 誰も知りません。"), ROW)
    assert (found, found.untrue, found.share) == (LineCount(1, 2), 1, 0.5), "what was left out is not written"


def test_two_versions_differ_where_they_kept_other_lines() -> None:
    (found,) = differences(ROW, record(sql="* A。", java="* B。"), record(sql="* A。"))
    assert (found.sentence, found.before, found.after, found.accepted) == (JAVA, ("* B。",), (), None)
