"""Which drafts, and which questions, can be drawn together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from daemon.engines.protocol import Question, Sampling


def batches(samplings: Sequence[Sampling]) -> list[list[Sampling]]:
    """Given samplings in order, return runs that can be drawn together: each greedy one alone, sampled neighbours of
    equal settings together."""
    runs: list[list[Sampling]] = []
    for sampling in samplings:
        last = runs[-1][-1] if runs else None
        alike = last is not None and (last.temperature, last.top_p, last.max_tokens) == (
            sampling.temperature,
            sampling.top_p,
            sampling.max_tokens,
        )
        if alike and sampling.temperature > 0:
            runs[-1].append(sampling)
        else:
            runs.append([sampling])
    return runs


def question_batches(questions: Sequence[Question]) -> list[list[Question]]:
    """Given questions in order, return runs that can be answered together: neighbours of equal temperature and top_p of
    which each wants something."""

    def kind(question: Question) -> tuple[bool, float, float]:
        return bool(question.max_tokens or question.choices), question.temperature, question.top_p

    return [list(group) for _, group in groupby(questions, kind)]
