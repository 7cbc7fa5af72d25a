"""An ``Engine`` whose answers are known beforehand: what each sentence gives, and how each line is judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from daemon.drafting.prompt import NOTHING
from daemon.engines.protocol import Answer, Draft, Message, ModelIdentity, Question, Sampling

SENTENCE, LINE = "文: ", "日報の行: "


class AskingEngine:
    """``lines``: sentence → answers in the order in which they are drawn (the last one again and again); a sentence
    that is not named gives nothing, one of ``silent`` gets no answer. ``judged``: line → probability that it may stand,
    0.95 unless named. ``tells`` False leaves out every probability, as a plain server does. All questions are
    remembered in ``asked``."""

    context_tokens = 8192

    def __init__(
        self,
        lines: Mapping[str, str | Sequence[str]],
        judged: Mapping[str, float] | None = None,
        tells: bool = True,
        silent: Collection[str] = (),
    ) -> None:
        self.silent = silent
        self.answers = {key: [value] if isinstance(value, str) else list(value) for key, value in lines.items()}
        self.judged = dict(judged or {})
        self.tells = tells
        self.identity = ModelIdentity("fake-1", "fake", "fake", "sentences")
        self.beginnings: list[str] = []
        self.asked: list[Question] = []

    def count_tokens(self, text: str) -> int:
        return -(-len(text.encode()) // 3)

    def ask(
        self,
        beginning: Sequence[Message],
        questions: Sequence[Question],
        on_answer: Callable[[int, Answer], None] | None = None,
    ) -> Iterator[Answer]:
        self.beginnings.append("\n".join(message["content"] for message in beginning))
        for place, question in enumerate(questions):
            self.asked.append(question)
            answer = self._answer(question)
            if on_answer:
                on_answer(place, answer)
            yield answer

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        raise AssertionError("a model of sentences was asked for a whole report")

    def close(self) -> None:
        self.asked.clear()

    def sentences(self) -> list[str]:
        """The sentences that were asked about, in order."""
        return [question.text.removeprefix(SENTENCE) for question in self.asked if question.text.startswith(SENTENCE)]

    def lines(self) -> list[str]:
        """The lines that were judged, in order."""
        return [question.text.removeprefix(LINE) for question in self.asked if question.text.startswith(LINE)]

    def _answer(self, question: Question) -> Answer:
        if question.text.startswith(LINE):
            right = self.judged.get(question.text.removeprefix(LINE), 0.95)
            choices = {"T": right, "F": 1 - right, "P": 0.0, "U": 0.0}
            return Answer("", choices=choices if self.tells else {}, prompt_tokens=20)
        if question.text.removeprefix(SENTENCE) in self.silent:
            return Answer("", failed=True)
        waiting = self.answers.get(question.text.removeprefix(SENTENCE), [NOTHING])
        text = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        nothing = 0.98 if text == NOTHING else 0.01
        skipped = bool(question.skip) and nothing > question.skip_above
        likelihoods = tuple(-0.05 for _ in text.split("\n")) if self.tells else ()
        return Answer(
            "" if skipped else text,
            () if skipped else likelihoods,
            {NOTHING: nothing} if self.tells else {},
            prompt_tokens=20,
            generated_tokens=0 if skipped else len(text),
        )
