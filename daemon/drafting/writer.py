"""The lines that the model writes for single sentences of a diary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from daemon.drafting.prompt import BULLET, NOTHING, PLAN, sentence_question
from daemon.engines.protocol import Answer, Engine, Message, Question

LONGEST_TOKENS = 160
"""A sentence's lines take 20 to 60 tokens; three lines of code names take 120."""
NOTHING_ABOVE = 0.5
"""A sentence for which `NOTHING` is likelier than this is not written about."""
TEMPERATURE = 0.7
_MARK = re.compile(r"^\s*[*・\-•]\s*")
_FINISHED = re.compile(r"(?:です|ます|でした|ました|ません|ませんでした)。?$")


@dataclass(frozen=True)
class Written:
    """A line of the report to be, "* …しました。" or "今後は、…たいと考えています。", and the mean log-probability of
    its tokens in nats (None where the engine cannot tell)."""

    text: str
    likelihood: float | None

    @property
    def plan(self) -> bool:
        return self.text.startswith(PLAN)


@dataclass(frozen=True)
class SentenceAnswer:
    """What the model said of one sentence: its lines, none for `NOTHING`; the probability of `NOTHING` (None: unknown);
    tokens evaluated and generated; whether the engine had no answer for it."""

    lines: tuple[Written, ...]
    nothing: float | None
    prompt_tokens: int
    generated_tokens: int
    failed: bool = False


def write(
    engine: Engine,
    beginning: Sequence[Message],
    sentences: Sequence[str],
    told: Callable[[int, SentenceAnswer], None] | None = None,
) -> Iterator[SentenceAnswer]:
    """Given the day's beginning and sentences, yield the likeliest answer to each, in order; ``told`` hears each as
    soon as it is known."""

    def on_answer(place: int, answer: Answer) -> None:
        if told:
            told(place, read(answer))

    questions = [
        Question(
            sentence_question(sentence),
            max_tokens=LONGEST_TOKENS,
            choices=(NOTHING,),
            skip=NOTHING,
            skip_above=NOTHING_ABOVE,
        )
        for sentence in sentences
    ]
    for answer in engine.ask(beginning, questions, on_answer):
        yield read(answer)


def write_again(
    engine: Engine,
    beginning: Sequence[Message],
    sentences: Sequence[str],
    count: int,
    seed: int,
    told: Callable[[int, SentenceAnswer], None] | None = None,
) -> list[list[SentenceAnswer]]:
    """Other answers to each sentence, ``count`` of them, drawn at random from what the model finds likely; ``told``
    hears each with its sentence's place as soon as it is known. All are asked at once: an engine that answers side by
    side then takes no longer for many than for one."""

    def on_answer(place: int, answer: Answer) -> None:
        if told:
            told(place // count, read(answer))

    questions = [
        Question(
            sentence_question(sentence),
            max_tokens=LONGEST_TOKENS,
            temperature=TEMPERATURE,
            seed=(seed + number) % 2**32,
            choices=(NOTHING,),
        )
        for sentence in sentences
        for number in range(count)
    ]
    answers = [read(answer) for answer in engine.ask(beginning, questions, on_answer)] if questions else []
    return [answers[start : start + count] for start in range(0, len(answers), count)]


def read(answer: Answer) -> SentenceAnswer:
    """An engine's answer as lines. What is neither a line of a report nor a plan falls out, and so does an unfinished
    last line; the same line twice counts once."""
    raw = unicodedata.normalize("NFC", answer.text).strip().split("\n")
    likely = answer.likelihoods if len(answer.likelihoods) == len(raw) else (None,) * len(raw)
    if answer.cut and raw:
        raw, likely = raw[:-1], likely[:-1]
    found: dict[str, Written] = {}
    for text, likelihood in zip(raw, likely, strict=True):
        if line := line_of(text):
            found.setdefault(line, Written(line, likelihood))
    return SentenceAnswer(
        tuple(found.values()),
        answer.choices.get(NOTHING),
        answer.prompt_tokens,
        answer.generated_tokens,
        answer.failed,
    )


def line_of(text: str) -> str:
    """A line in the writer's own form, "" for `NOTHING` and for anything that is no sentence of a report."""
    plain = " ".join(text.split())
    if plain.rstrip("。") == NOTHING or not plain:
        return ""
    if not plain.startswith(PLAN):
        bare = _MARK.sub("", plain)
        if not _FINISHED.search(bare):
            return ""
        plain = BULLET + bare
    elif not _FINISHED.search(plain):
        return ""
    return plain if plain.endswith("。") else plain + "。"
