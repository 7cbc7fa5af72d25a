"""Whether a line may stand: the adapter that wrote it reads it again beside the diary and answers with a letter.

To see that a line is wrong is easier than never to write one (Cobbe et al. 2021, "Training Verifiers to Solve Math Word
Problems"). The question is asked about the same beginning that the lines were written from, so it costs its own tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daemon.drafting.prompt import LABELS, line_question
from daemon.engines.protocol import Engine, Message, Question


@dataclass(frozen=True)
class Judgement:
    """Probabilities of the four answers to a line; they add up to 1."""

    right: float
    wrong: float
    private: float
    unclear: float


def judge(engine: Engine, beginning: Sequence[Message], lines: Sequence[str]) -> list[Judgement | None]:
    """Given the day's beginning and lines in the writer's own form, return a judgement for each, None where the engine
    tells no probabilities."""
    questions = [Question(line_question(line), max_tokens=0, choices=tuple(LABELS)) for line in lines]
    return [judgement_of(answer.choices) for answer in engine.ask(beginning, questions)] if lines else []


def judgement_of(probabilities: Mapping[str, float]) -> Judgement | None:
    """The probabilities of ``LABELS``, scaled to 1; None where none is known."""
    values = [max(probabilities.get(label, 0.0), 0.0) for label in LABELS]
    whole = sum(values)
    return Judgement(*(value / whole for value in values)) if whole > 0 else None
