"""The honest rival of training: an engine that shows the model the person's own accepted sentences before a question.

Of all accepted sentences with a known answer the k most alike to the asked one stand before it, by character bigrams
and trigrams weighted by how rare they are. Questions about lines (the judge) stay as they are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from daemon.drafting.prompt import NOTHING, sentence_question
from daemon.engines.protocol import Answer, Draft, Engine, Message, ModelIdentity, Question, Sampling
from daemon.learning.alignment import grams

ASKED = sentence_question("")


@dataclass(frozen=True)
class Example:
    """A sentence of an accepted day and its lines, none for `なし`."""

    sentence: str
    lines: tuple[str, ...]

    def text(self) -> str:
        return f"{ASKED}{self.sentence}\n" + ("\n".join(self.lines) or NOTHING)


class Examples:
    """Finds the accepted sentences that are most alike to another one."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._known = [(one, grams(one.sentence)) for one in examples]
        seen = Counter(gram for _, found in self._known for gram in found)
        self._weight = {gram: math.log((len(self._known) + 1) / count) for gram, count in seen.items()}

    def like(self, sentence: str, count: int) -> list[Example]:
        """The most alike ones, the most alike last, next to the question."""
        asked = grams(sentence)

        def likeness(known: frozenset[str]) -> float:
            both = sum(self._weight[gram] for gram in asked & known)
            whole = sum(self._weight.get(gram, 0.0) for gram in asked) + sum(self._weight[gram] for gram in known)
            return 2 * both / whole if whole else 0.0

        ranked = sorted(self._known, key=lambda entry: likeness(entry[1]))
        return [one for one, _ in ranked[-count:]] if count else []


class FewShot:
    """An engine that puts examples before every question about a sentence."""

    def __init__(self, engine: Engine, examples: Examples, count: int) -> None:
        self._engine, self._examples, self._count = engine, examples, count

    @property
    def identity(self) -> ModelIdentity:
        return self._engine.identity

    @property
    def context_tokens(self) -> int:
        return self._engine.context_tokens

    def count_tokens(self, text: str) -> int:
        return self._engine.count_tokens(text)

    def ask(
        self,
        beginning: Sequence[Message],
        questions: Sequence[Question],
        on_answer: Callable[[int, Answer], None] | None = None,
    ) -> Iterator[Answer]:
        return self._engine.ask(beginning, [self._with_examples(one) for one in questions], on_answer)

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        return self._engine.generate(messages, samplings, on_text)

    def close(self) -> None:
        self._engine.close()

    def _with_examples(self, question: Question) -> Question:
        if not question.text.startswith(ASKED):
            return question
        shown = self._examples.like(question.text.removeprefix(ASKED), self._count)
        if not shown:
            return question
        head = "この学生がほかの日に出した答えの例:\n" + "\n\n".join(one.text() for one in shown)
        return replace(question, text=f"{head}\n\n{question.text}")


def examples_of(rows: Sequence[Any]) -> list[Example]:
    """Given accepted rows with labels of sentences, return what is known of them."""
    return [Example(text, lines) for row in rows for text, lines in row.sentences or () if lines is not None]
