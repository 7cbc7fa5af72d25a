"""A line finds the sentence that it tells, in order where nothing speaks against it, and none where none does."""

from __future__ import annotations

import json

from daemon.config import PrivacySettings
from daemon.drafting.sentences import split
from daemon.learning.alignment import Likeness, align
from daemon.system.shipped import starter_folder
from daemon.vault.diary import prepare

DAY = [
    "1限はJavaの授業で、例外処理を習った。",
    "2限はSQLの演習で、外部結合を練習した。",
    "昼はうどんを食べた。",
    "放課後にJavaの課題を2問解いた。",
]


def places(lines: list[str], known: dict[int, int] | None = None) -> list[int | None]:
    return [place.sentence for place in align(lines, DAY, Likeness(DAY), known)]


def test_lines_find_their_sentences() -> None:
    assert places(["* SQLの外部結合を練習しました。", "* Javaの課題を、2問解きました。"]) == [1, 3]


def test_a_line_of_another_day_finds_none() -> None:
    assert places(["* Pythonで株価を集計しました。"]) == [None]
    assert align(["* 何か"], [], Likeness([])) == align(["* 何か"], [], Likeness([]))
    assert align(["* 何かをしました。"], [], Likeness([]))[0].sentence is None
    assert align([], DAY, Likeness(DAY)) == []


def test_a_line_out_of_order_is_found_all_the_same() -> None:
    assert places(["* Javaの課題を、2問解きました。", "* SQLの外部結合を練習しました。"]) == [3, 1]


def test_the_order_decides_between_two_sentences_alike() -> None:
    twice = ["朝に問題集を解いた。", "昼は休んだ。", "夜に問題集を解いた。"]
    found = align(["* 問題集を解きました。", "* 問題集を解きました。"], twice, Likeness(twice), {0: 0})
    assert found[0].sentence == 0
    assert {found[1].sentence, *found[1].rivals} == {0, 2} and not found[1].certain


def test_a_known_place_leads_the_lines_around_it() -> None:
    assert places(["* 見たことのない行です。", "* SQLの外部結合を練習しました。"], {0: 0}) == [0, 1]


def test_of_the_starter_corpus_most_lines_find_a_sentence_that_tells_them() -> None:
    """Reports of the corpus were written freely, several deeds to a line; nine in ten lines find a sentence, and
    hardly a line finds one in the diary of another day."""
    file = starter_folder() / "corpus.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()][:120]
    days = [[one.text for one in split(prepare(row["diary"], PrivacySettings()).text)] for row in rows]
    reports = [[line for line in row["report"].split("\n") if line.startswith("* ")] for row in rows]
    own = [
        place.sentence for day, lines in zip(days, reports, strict=True) for place in align(lines, day, Likeness(day))
    ]
    far = [
        place.sentence
        for day, lines in zip(days, reports[7:] + reports[:7], strict=True)
        for line in lines
        for place in align([line], day, Likeness(day))
    ]
    assert len(own) > 200
    assert sum(at is None for at in own) < 0.15 * len(own)
    assert sum(at is not None for at in far) < 0.05 * len(far)
