"""One short question put to an in-process llama.cpp: token ids in, an ``Answer`` out.

llama.cpp holds back a token that is only half a character, and its probability with it (one in 25 tokens of Japanese).
Such a probability is asked for afterwards, at the price of one token each, so that likelihoods miss nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from daemon.engines.channel import Channel
from daemon.engines.protocol import Answer, Question
from daemon.engines.text import THINKING, by_line

LIKELIEST = 100
"""Next tokens whose probabilities are told; a choice beyond them counts as impossible."""
LIKELIEST_ALONE = 1
"""What greedy drawing chooses from. Without it llama.cpp sorts the whole vocabulary for ``top_p`` at every token, on
one thread: 2 ms of 36 for the starter. Probabilities are told as before, from before all sampling."""
WHOLE_CHARACTER = 'root ::= "a"'
"""A grammar under which the probabilities of next tokens are told even where the likeliest is half a character. They
are those before sampling, so it changes none of them."""
OTHER_LUCK = 0x9E3779B9
"""Sets the seed of what follows the first token apart from the first token's own."""
HALF = "\ufffd"

Told = dict[str, Any]
"""llama.cpp's entry for a token: ``id``, ``token``, ``logprob``, ``top_logprobs``."""


@dataclass(frozen=True)
class Drawn:
    """Tokens as they were drawn, and what llama.cpp told about each: None for one that was held back.

    ``ended`` says that the model stopped; then ``told`` has the end of the turn as well, which ``tokens`` has not.
    """

    tokens: list[int]
    told: list[Told | None]
    text: str
    ended: bool


class Asker:
    """Given the channel and a function that puts the slot back to the beginning, answer questions one at a time.

    A question that is put again at once (with another seed) goes on from the evaluated question: one token instead of
    some 25.
    """

    def __init__(self, channel: Channel, rewind: Callable[[], None]) -> None:
        self._channel, self._rewind = channel, rewind
        self._held: list[int] = []

    def answer(self, beginning: list[int], asked: list[int], question: Question, firsts: dict[str, int]) -> Answer:
        """Given the tokens of the beginning and of the question, and the first token of each choice, return the answer;
        raises ``EngineError``."""
        if not question.max_tokens and not question.choices:
            return Answer("")
        prompt = beginning + asked
        if prompt == self._held:
            asked = asked[-1:]
        else:
            self._rewind()
        self._held = prompt
        if not question.choices:
            return self._finished(prompt, asked, self._draw(prompt, question, question.max_tokens), question, {})
        first = self._draw(prompt, question, 1, LIKELIEST)
        chances = _chances(first.told[0] or self._look(prompt, rewind=True))
        choices = {choice: chances.get(firsts[choice], 0.0) for choice in question.choices}
        if question.skip and choices[question.skip] > question.skip_above:
            return Answer("", (), choices, len(asked), 1)
        if not question.max_tokens:
            return Answer("", (), choices, len(asked), 0)
        if first.ended or question.max_tokens == 1:
            return self._finished(prompt, asked, first, question, choices)
        rest = self._draw(prompt + first.tokens, question, question.max_tokens - 1, luck=OTHER_LUCK)
        tokens, told = first.tokens + rest.tokens, first.told + rest.told
        text = first.text + rest.text if first.told[0] else self._text(tokens)
        return self._finished(prompt, asked, Drawn(tokens, told, text, rest.ended), question, choices)

    def _finished(
        self, prompt: list[int], asked: list[int], drawn: Drawn, question: Question, choices: dict[str, float]
    ) -> Answer:
        told = drawn.told[: len(drawn.tokens)]
        pieces = [(entry["token"], float(entry["logprob"])) if entry else (HALF, 0.0) for entry in told]
        # From the last to the first: each look shortens what the slot holds.
        for place in reversed([place for place, entry in enumerate(told) if entry is None]):
            seen = self._look(prompt + drawn.tokens[:place], rewind=not place)
            pieces[place] = (HALF, _logprob(seen, drawn.tokens[place]))
        return Answer(
            text=THINKING.sub("", drawn.text),
            likelihoods=by_line(drawn.text, pieces),
            choices=choices,
            prompt_tokens=len(asked),
            generated_tokens=len(drawn.tokens),
            cut=not drawn.ended,
        )

    def _draw(self, prompt: list[int], question: Question, count: int, likeliest: int = 1, luck: int = 0) -> Drawn:
        settings = {
            "temperature": question.temperature,
            "seed": question.seed ^ luck,
            "top_p": question.top_p,
            "top_k": 0 if question.temperature else LIKELIEST_ALONE,
            "min_p": 0.0,
            "repeat_penalty": 1.0,
        }
        answer = self._complete(prompt, count, likeliest, settings)
        tokens: list[int] = answer["tokens"]
        told = aligned(tokens, answer.get("completion_probabilities") or [])
        ended = answer["stop_type"] == "eos"
        return Drawn(tokens[: len(tokens) - ended], told, answer["content"], ended)

    def _look(self, prompt: list[int], rewind: bool) -> Told:
        """The likeliest tokens after a prompt. With ``rewind`` in one batch from the beginning, as they were drawn."""
        if rewind:
            self._rewind()
        answer = self._complete(prompt, 1, LIKELIEST, {"temperature": 0.0, "grammar": WHOLE_CHARACTER})
        told: Told = answer["completion_probabilities"][0]
        return told

    def _complete(self, prompt: list[int], count: int, likeliest: int, settings: dict[str, Any]) -> dict[str, Any]:
        request = {
            "prompt": prompt,
            "n_predict": count,
            "n_probs": likeliest,
            "post_sampling_probs": False,
            "return_tokens": True,
            "cache_prompt": True,
            "id_slot": 0,
            **settings,
        }
        return self._channel.post("/completion", request, seconds=None)

    def _text(self, tokens: list[int]) -> str:
        return str(self._channel.post("/detokenize", {"tokens": tokens})["content"])


def aligned(tokens: Sequence[int], told: Sequence[Told]) -> list[Told | None]:
    """For each token its entry, None for one that was held back; the entries are those of the others in order. Pure."""
    found: list[Told | None] = [None] * len(tokens)
    place = 0
    for entry in told:
        while place < len(tokens) and tokens[place] != entry["id"]:
            place += 1
        if place < len(tokens):
            found[place] = entry
            place += 1
    return found


def _chances(told: Told) -> dict[int, float]:
    """Token id → probability of the likeliest next tokens."""
    return {entry["id"]: exp(entry["logprob"]) for entry in told["top_logprobs"]}


def _logprob(told: Told, token: int) -> float:
    """The log-probability of a token; for one beyond those told, that of the least likely told."""
    values = {entry["id"]: float(entry["logprob"]) for entry in told["top_logprobs"]}
    return values.get(token, min(values.values()))
