"""Answers to several questions about one prompt, token by token: what a step is, the caller says.

Only ``daemon.engines.decode`` and ``daemon.engines.transformers`` import this module: it needs torch at import.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from daemon.engines.protocol import Question
from daemon.engines.sampling import fortunes, pick


@dataclass(frozen=True)
class Asked:
    """A question with its own tokens and the first token of each of its choices."""

    question: Question
    tokens: list[int]
    firsts: tuple[int, ...] = ()


@dataclass
class Said:
    """The tokens of one answer without the end token, their log-probabilities and the choices' probabilities at
    temperature 1; ``cut`` says that the limit ended it, ``skipped`` that the question's ``skip`` was likely enough."""

    chances: tuple[float, ...] = ()
    skipped: bool = False
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    cut: bool = True


def answer_rows(
    logits: Tensor,
    asked: Sequence[Asked],
    limits: Sequence[int],
    ends: frozenset[int],
    step: Callable[[Tensor, int], Tensor],
) -> list[Said]:
    """Given the logits (rows, vocabulary) behind each question and how many tokens each answer may have, return the
    answers. ``step`` takes each row's newest token and how many came before, and returns the next logits.

    The questions share temperature and top_p; an answer depends on its own seed, not on its neighbours'.
    """
    likely = torch.softmax(logits.float(), -1)
    said = []
    for row, one in enumerate(asked):
        chances = likely[row, list(one.firsts)].tolist()
        by_name = dict(zip(one.question.choices, chances, strict=True))
        skipped = bool(one.question.skip) and by_name[one.question.skip] > one.question.skip_above
        said.append(Said(tuple(chances), skipped, cut=limits[row] > 0))
    open_rows = {row for row, one in enumerate(said) if limits[row] > 0 and not one.skipped}
    luck = fortunes([one.question for one in asked], max(max(limits), 1)).to(logits.device)
    for number in range(max(limits)):
        if not open_rows:
            break
        tokens = pick(logits, asked[0].question, luck[number])
        values = torch.log_softmax(logits.float(), -1).gather(-1, tokens[:, None])[:, 0]
        drawn = torch.stack([tokens.double(), values.double()]).tolist()  # one wait for the GPU, not two
        for row, token in enumerate(map(int, drawn[0])):
            if row not in open_rows:
                continue
            if token in ends:
                said[row].cut = False
                open_rows.discard(row)
                continue
            said[row].tokens.append(token)
            said[row].logprobs.append(drawn[1][row])
            if len(said[row].tokens) == limits[row]:
                open_rows.discard(row)
        if open_rows:
            logits = step(tokens, number)
    return said


class Plain:
    """Answers from any model of transformers, one question at a time over a copy of the evaluated prompt: for models
    that ``daemon.engines.decode`` does not fit."""

    def __init__(self, model: Any, context_tokens: int) -> None:
        self._model, self._context_tokens = model, context_tokens
        self._prompt: tuple[int, ...] = ()
        self._cache: Any = None

    def rows_for_questions(self, wanted: int, prompt: int, own: int) -> int:
        return 1

    def answer(self, prompt: Sequence[int], asked: Sequence[Asked], ends: frozenset[int]) -> list[Said]:
        """Given tokens of the prompt and questions, return the answers."""
        with torch.no_grad():
            return [self._answer(prompt, one, ends) for one in asked]

    def close(self) -> None:
        self._prompt, self._cache = (), None

    def _answer(self, prompt: Sequence[int], one: Asked, ends: frozenset[int]) -> Said:
        if tuple(prompt) != self._prompt:
            self.close()
            self._cache = self._forward(prompt, None).past_key_values
            self._prompt = tuple(prompt)
        cache = copy.deepcopy(self._cache)
        logits = self._forward(one.tokens, cache).logits[:, -1]
        limit = min(one.question.max_tokens, self._context_tokens - len(prompt) - len(one.tokens))

        def step(tokens: Tensor, _: int) -> Tensor:
            following: Tensor = self._forward(tokens.tolist(), cache).logits[:, -1]
            return following

        return answer_rows(logits, [one], [limit], ends, step)[0]

    def _forward(self, tokens: Sequence[int], cache: Any) -> Any:
        ids = torch.tensor([list(tokens)], device=self._model.device)
        return self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
