"""Days to token ids: the diary once, then every question with its answer, and how much each answer counts.

The tokens are those of serving: tokens(beginning), then tokens(question and what the template puts behind it), then the
answer. A sentence's answer ends with the template's own end of turn; a judged line is answered by one letter and
nothing behind it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from daemon.config import PrivacySettings
from daemon.drafting.prompt import NOTHING, beginning, line_question, sentence_question
from daemon.drafting.sentences import asked, split
from daemon.engines.protocol import Message
from daemon.errors import TrainingError
from daemon.vault.diary import prepare
from daemon.words import tr
from training.pairs.day_rows import DayRows
from training.pairs.encoding import IGNORED, Example

JUDGE_WEIGHT = 2.0
"""How much a judged line's one letter counts beside a token of a sentence's answer."""
CHANGED_WEIGHT = 4.0
"""How much a sentence whose lines the person changed counts beside one that the draft had right."""
MARK = "\ue000"
"""Stands for a text while the template is rendered: a character for private use, which no template touches."""


@dataclass(frozen=True)
class QuestionTokens:
    """One question as it is asked, what is answered, how much each token of the answer counts, and the index of the
    sentence that it asks about (None: it asks about a line)."""

    asked: list[int]
    answer: list[int]
    weight: float
    sentence: int | None = None

    @property
    def size(self) -> int:
        return len(self.asked) + len(self.answer)


@dataclass(frozen=True)
class DayExample:
    """One day as tokens: ``head`` holds rules and diary, which all its questions share."""

    id: str
    head: list[int]
    questions: tuple[QuestionTokens, ...]

    @property
    def size(self) -> int:
        return len(self.head) + sum(one.size for one in self.questions)

    def row(self) -> dict[str, list[Any]]:
        """As the trainer's data set holds it: everything in one line; ``segments`` are the tokens of the head, then of
        each question with its answer; ``weights`` are 0 where there is no label."""
        ids, labels, weights = list(self.head), [IGNORED] * len(self.head), [0.0] * len(self.head)
        for one in self.questions:
            ids += one.asked + one.answer
            labels += [IGNORED] * len(one.asked) + one.answer
            weights += [0.0] * len(one.asked) + [one.weight] * len(one.answer)
        return {"input_ids": ids, "labels": labels, "weights": weights, "segments": self.segments()}

    def segments(self) -> list[int]:
        return [len(self.head), *(one.size for one in self.questions)]


@dataclass(frozen=True)
class Turns:
    """What a model's chat template makes of a question: the rendered text is ``before`` + question + ``behind`` +
    answer + ``end``."""

    before: str
    behind: str
    end: str


def turns(tokenizer: Any, messages: Sequence[Message]) -> Turns:
    """Given a beginning, return what stands around a question and behind its answer; raises ``TrainingError`` for a
    template that changes what it is given."""

    def render(chat: Sequence[Message], **options: Any) -> str:
        return str(tokenizer.apply_chat_template(list(chat), tokenize=False, enable_thinking=False, **options))

    *earlier, last = messages
    marked: Message = {"role": last["role"], "content": last["content"] + MARK}
    asked_text = render([*earlier, marked], add_generation_prompt=True)
    answered = render([*earlier, marked, {"role": "assistant", "content": MARK}])
    before, mark, behind = asked_text.rpartition(MARK)
    if not mark or not before.endswith(last["content"].lstrip()) or not answered.startswith(asked_text + MARK):
        raise TrainingError(
            tr("the base model's chat template changes messages, so that no question can follow a diary"),
            tr("Use a model with an ordinary chat template, or train with --rows reports."),
        )
    return Turns(before, behind, answered[len(asked_text + MARK) :].rstrip())


def encode_day(
    tokenizer: Any,
    day: DayRows,
    privacy: PrivacySettings,
    instructions: str = "",
    judge_weight: float = JUDGE_WEIGHT,
) -> DayExample:
    """Given a day, return its tokens.

    An accepted day is prepared and asked for as the person's settings say, a starter day as by default. Sentences
    without a label and those that drafting would not ask about are left out. Raises ``TrainingError`` for labels of
    other sentences than the program cuts.
    """
    prepared = prepare(day.diary, privacy if day.accepted else PrivacySettings()).text
    around = turns(tokenizer, beginning(prepared, instructions if day.accepted else ""))

    def ids(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    end = ids(around.end)
    if end[-1:] != [tokenizer.eos_token_id]:
        end.append(tokenizer.eos_token_id)
    questions = []
    for at, text, lines in _labelled(day, prepared):
        question = ids(sentence_question(text) + around.behind)
        weight = day.weight * (CHANGED_WEIGHT if at in day.changed else 1.0)
        questions.append(QuestionTokens(question, ids("\n".join(lines) or NOTHING) + end, weight, at))
    for line, label, weight in day.judged:
        question = ids(line_question(line) + around.behind)
        questions.append(QuestionTokens(question, ids(label)[:1], day.weight * weight * judge_weight))
    return DayExample(day.id, ids(around.before), tuple(one for one in questions if one.weight > 0))


def _labelled(day: DayRows, prepared: str) -> Iterable[tuple[int, str, tuple[str, ...]]]:
    """The sentences that drafting asks about, as far as they have a label, each with its index."""
    if not day.sentences:
        return
    cut = split(prepared)
    if [one.text for one in cut] != [text for text, _ in day.sentences]:
        raise TrainingError(
            tr("{id}: the labels are of other sentences than the program cuts", id=day.id),
            tr("Label this day anew, or remove it."),
        )
    for at in asked(cut, prepared):
        text, lines = day.sentences[at]
        if lines is not None:
            yield at, text, lines


def fitting_days(days: Sequence[DayExample], most: int) -> tuple[list[DayExample], list[str], int]:
    """Return the days with those of their questions that are within ``most`` tokens together with the diary, the ids of
    the days that have none, and how many questions were left out. A diary is never cut."""
    kept, left_out, lost = [], [], 0
    for day in days:
        short = tuple(one for one in day.questions if len(day.head) + one.size <= most)
        lost += len(day.questions) - len(short)
        if short:
            kept.append(replace(day, questions=short))
        else:
            left_out.append(day.id)
    return kept, left_out, lost


def one_by_one(days: Sequence[DayExample], seed: int) -> list[Example]:
    """Every question as a row of its own with the whole diary before it, for trainers that know no packs.

    They know no weights either: a question of weight 2 is there twice, one of 0.5 in every second case, by ``seed``.
    """
    rng = random.Random(seed)
    found = []
    for day in days:
        for one in day.questions:
            times = int(one.weight) + (rng.random() < one.weight % 1)
            before = day.head + one.asked
            row = Example(day.id, before + one.answer, [IGNORED] * len(before) + one.answer)
            found += [row] * times
    return found
