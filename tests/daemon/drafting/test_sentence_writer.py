"""An answer about a sentence is read as lines, and nothing else gets into a report."""

from __future__ import annotations

import pytest

from daemon.drafting.judge import judge, judgement_of
from daemon.drafting.prompt import beginning, digest, line_question, sentence_question
from daemon.drafting.writer import line_of, read, write
from daemon.engines.protocol import Answer
from tests.asking_engine import AskingEngine

PLAN = "今後は、金曜にJOINの復習に取り組みたいと考えています。"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("* 配列を学びました。", "* 配列を学びました。"),
        ("・配列を学びました", "* 配列を学びました。"),
        ("配列を学びました。", "* 配列を学びました。"),
        (PLAN, PLAN),
        ("なし", ""),
        ("なし。", ""),
        ("", ""),
        ("* 配列を学んだ。", ""),
        ("* 配列", ""),
        ("今後は、がんばる", ""),
        ("以下が日報です", "* 以下が日報です。"),
        ("文: 配列を習った", ""),
    ],
)
def test_what_is_a_line_of_a_report(raw: str, line: str) -> None:
    assert line_of(raw) == line


def test_two_deeds_are_two_lines_with_their_own_likelihoods() -> None:
    found = read(Answer("* 一つ目を終えました。\n* 二つ目を終えました。", (-0.1, -0.4), {"なし": 0.02}))
    assert [(line.text, line.likelihood) for line in found.lines] == [
        ("* 一つ目を終えました。", -0.1),
        ("* 二つ目を終えました。", -0.4),
    ]
    assert found.nothing == 0.02


def test_a_line_said_twice_counts_once_and_an_unfinished_one_not_at_all() -> None:
    text = "* 終えました。\n* 終えました。\n* そして最後に確認しまし"
    assert [line.text for line in read(Answer(text, (), cut=True)).lines] == ["* 終えました。"]


def test_a_sentence_without_a_line_costs_no_text() -> None:
    engine = AskingEngine({"配列を習った。": "* 配列を学びました。"})
    told: list[int] = []
    answers = list(write(engine, beginning("日記"), ["眠い。", "配列を習った。"], lambda place, _: told.append(place)))
    assert [len(answer.lines) for answer in answers] == [0, 1]
    assert (answers[0].generated_tokens, told) == (0, [0, 1])
    assert engine.sentences() == ["眠い。", "配列を習った。"]


def test_the_judge_answers_by_letters_about_the_same_beginning() -> None:
    engine = AskingEngine({}, judged={"* 嘘を書きました。": 0.1})
    found = judge(engine, beginning("日記"), ["* 嘘を書きました。", "* 本当です。"])
    assert [round(one.right, 2) for one in found if one] == [0.1, 0.95]
    assert all(question.max_tokens == 0 for question in engine.asked)
    assert judge(engine, beginning("日記"), []) == []


def test_a_judge_that_tells_nothing_is_no_judge() -> None:
    assert judgement_of({}) is None
    assert judge(AskingEngine({}, tells=False), beginning("日記"), ["* 本当です。"]) == [None]


def test_questions_are_appended_to_one_beginning() -> None:
    system, user = beginning("朝はJava。", "語尾をやわらかく。")
    assert system["role"] == "system" and system["content"].endswith("語尾をやわらかく。")
    assert user["content"].endswith("【日記ここまで】\n\n")
    assert sentence_question("朝はJava。") == "文: 朝はJava。"
    assert line_question(" * Javaを学びました。\n") == "日報の行: * Javaを学びました。"
    assert len(digest()) == 12
