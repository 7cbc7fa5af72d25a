"""A day is asked as drafting asks it, and every question learns from its own diary alone."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.config import PrivacySettings
from daemon.drafting.prompt import NOTHING, beginning, line_question, sentence_question
from daemon.errors import TrainingError
from tests.tiny_model import TinyModel
from training.pairs.day_encoding import CHANGED_WEIGHT, DayExample, QuestionTokens, encode_day, fitting_days, one_by_one
from training.pairs.day_packs import DayCollator, day_pack, in_parts, question_spans
from training.pairs.day_rows import DayRows
from training.pairs.days import day_of, days_of
from training.pairs.encoding import IGNORED
from training.pairs.judged import JudgedLines
from training.pairs.rows import parse_row

DIARY = "---\nmood: 晴れのち曇り\n---\nJavaの授業を受けた。\nねむい一日だった。\n明日はSQLをやる。"
LINES = ("* Javaの授業を受けました。", "* Javaを復習しました。")
DAY = DayRows(
    id="d",
    date="2026-01-07",
    diary=DIARY,
    sentences=(
        ("---", ()),
        ("mood: 晴れのち曇り---", ("* 晴れました。",)),
        ("Javaの授業を受けた。", LINES),
        ("ねむい一日だった。", ()),
        ("明日はSQLをやる。", None),
    ),
    judged=(("* Javaの授業を受けました。", "T", 1.0), ("* SQLを学びました。", "F", 0.25)),
)


@pytest.fixture(scope="module")
def tokenizer(tiny: TinyModel) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny.hf)


def test_a_day_is_asked_with_the_tokens_that_serving_sends(tokenizer: Any) -> None:
    """An engine evaluates the beginning, then each question continues it."""
    example = encode_day(tokenizer, DAY, PrivacySettings())
    messages = beginning(DIARY)
    for one, question in zip(
        example.questions,
        [
            sentence_question("Javaの授業を受けた。"),
            sentence_question("ねむい一日だった。"),
            line_question("* Javaの授業を受けました。"),
            line_question("* SQLを学びました。"),
        ],
        strict=True,
    ):
        chat = [messages[0], {"role": "user", "content": messages[1]["content"] + question}]
        served = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        assert example.head + one.asked == tokenizer(served, add_special_tokens=False)["input_ids"]


def test_answers_are_lines_nothing_or_one_letter(tokenizer: Any) -> None:
    example = encode_day(tokenizer, DAY, PrivacySettings())
    answers = [tokenizer.decode(one.answer) for one in example.questions]
    assert answers == ["\n".join(LINES) + "<|im_end|>", f"{NOTHING}<|im_end|>", "T", "F"]
    assert [one.weight for one in example.questions] == [1.0, 1.0, 2.0, 0.5]


def test_what_drafting_never_asks_is_not_learned(tokenizer: Any) -> None:
    """The frontmatter gets no question, although it has a label here; neither does a sentence without a label."""
    text = " ".join(tokenizer.decode(one.asked) for one in encode_day(tokenizer, DAY, PrivacySettings()).questions)
    assert "Java" in text and "mood" not in text and "SQLをやる" not in text


def test_a_day_that_counts_twice_has_twice_the_weight(tokenizer: Any) -> None:
    from dataclasses import replace

    example = encode_day(tokenizer, replace(DAY, weight=2.0), PrivacySettings(), judge_weight=3.0)
    assert [one.weight for one in example.questions] == [2.0, 2.0, 6.0, 1.5]
    changed = encode_day(tokenizer, replace(DAY, changed=(2,)), PrivacySettings())
    assert [one.weight for one in changed.questions] == [CHANGED_WEIGHT, 1.0, 2.0, 0.5]
    silent = encode_day(tokenizer, DAY, PrivacySettings(), judge_weight=0.0)
    assert len(silent.questions) == 2


def test_only_the_persons_own_days_follow_the_persons_settings(tokenizer: Any) -> None:
    own = PrivacySettings(private_headings=("日記の裏の顔",))
    diary = "Javaの授業を受けた。\n# 日記の裏の顔\nひみつの一日。"
    starter = DayRows(
        "s", "2026-01-07", diary, (("Javaの授業を受けた。", ()), ("# 日記の裏の顔", ()), ("ひみつの一日。", ()))
    )
    accepted = DayRows("a", "2026-01-07", diary, (("Javaの授業を受けた。", ()),), accepted=True)
    for day, private in ((starter, True), (accepted, False)):
        example = encode_day(tokenizer, day, own, "一人称を書かない。")
        head = tokenizer.decode(example.head)
        assert ("ひみつ" in head) == private
        assert ("一人称を書かない" in head) == (not private)


def test_labels_of_other_sentences_are_refused(tokenizer: Any) -> None:
    with pytest.raises(TrainingError, match="d: the labels are of other sentences"):
        encode_day(
            tokenizer, DayRows("d", "2026-01-07", "Javaを学んだ一日。", (("別の文だった。", ()),)), PrivacySettings()
        )


def test_a_template_that_rewrites_messages_is_refused(tokenizer: Any) -> None:
    class Shouting:
        def apply_chat_template(self, chat: list[dict[str, str]], **_: Any) -> str:
            return "".join(one["content"].replace("日", "曰") for one in chat)

    with pytest.raises(TrainingError, match="chat template"):
        encode_day(Shouting(), DAY, PrivacySettings())


def test_judged_lines_join_their_day_or_make_one() -> None:
    row = parse_row(
        {
            "id": "a",
            "date": "2026-01-07",
            "diary": "Java。",
            "split": "dev",
            "sentences": [["Java。", []]],
            "private": [],
        }
    )
    bare = parse_row({"id": "b", "date": "2026-01-07", "diary": "SQL。", "report": "* x。"})
    judged = [
        JudgedLines("a", (("* x。", "F"),), weight=0.25),
        JudgedLines("t", (("* y。", "T"),), "HTML。", "2026-01-08"),
        JudgedLines("elsewhere", (("* z。", "T"),)),
    ]
    assert day_of(bare) is None
    days = days_of([row, bare], judged)
    assert [day.id for day in days] == ["a", "t"]
    assert days[0].judged == (("* x。", "F", 0.25),) and days[0].split == "dev" and not days[0].accepted
    assert days[1].sentences == () and days[1].diary == "HTML。" and days[1].split == "train"


def example(sizes: list[tuple[int, int]], head: int = 5) -> DayExample:
    questions = [
        QuestionTokens([10 + number] * asked, [20 + number] * answer, 1.0 + number)
        for number, (asked, answer) in enumerate(sizes)
    ]
    return DayExample("d", list(range(1, head + 1)), tuple(questions))


def test_a_pack_holds_the_diary_once_and_every_question_behind_it() -> None:
    row = example([(2, 1), (1, 2)], head=3).row()
    assert row["segments"] == [3, 3, 3]
    found = day_pack(row, question_spans(row))
    assert found["input_ids"].tolist() == [[1, 2, 3, 10, 10, 20, 11, 21, 21]]
    assert found["position_ids"].tolist() == [[0, 1, 2, 3, 4, 5, 3, 4, 5]]
    assert found["places"].tolist() == [4, 6, 7] and found["targets"].tolist() == [20, 21, 21]
    assert found["weights"].tolist() == [1.0, 2.0, 2.0] and found["segments"] == [3, 3, 3]


@pytest.mark.parametrize("budget", [8, 12, 15, 400])
def test_a_day_above_the_budget_is_asked_in_parts(budget: int) -> None:
    row = example([(2, 1), (1, 2), (4, 1), (1, 1), (2, 2)]).row()
    parts = list(in_parts(row, budget))
    assert sorted(span for part in parts for span in part) == question_spans(row)
    for part in parts:
        assert len(part) == 1 or 5 + sum(last - first for first, last in part) <= budget
    batch = DayCollator(budget)([row])
    assert len(batch["packs"]) == len(parts)
    assert batch["count"] == sum(float(part["weights"].sum()) for part in batch["packs"]) == 1 + 4 + 3 + 4 + 10


def test_what_is_too_long_is_left_out_and_counted() -> None:
    days = [example([(2, 1), (9, 9)]), example([(30, 1)])]
    kept, left_out, lost = fitting_days(days, 12)
    assert [len(day.questions) for day in kept] == [1] and left_out == ["d"] and lost == 2


def test_questions_alone_carry_the_whole_diary_and_their_weight_as_a_number_of_times() -> None:
    rows = one_by_one([example([(2, 1), (1, 2)], head=3)], seed=1)
    assert [row.input_ids for row in rows] == [[1, 2, 3, 10, 10, 20]] + [[1, 2, 3, 11, 21, 21]] * 2
    assert rows[0].labels == [IGNORED] * 5 + [20]
    half = DayExample("d", [1], (QuestionTokens([2], [3], 0.5),) * 400)
    assert 150 < len(one_by_one([half], seed=1)) < 250
    assert len(one_by_one([half], seed=1)) == len(one_by_one([half], seed=1))
