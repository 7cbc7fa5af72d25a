"""The engine for NVIDIA GPUs: a base in 4 bit (NF4) with a PEFT adapter; without a GPU the same in float32.

Drafts and answers are drawn by ``daemon.engines.decode``: one CUDA graph a step. Models that it does not fit go through
``model.generate`` and ``branching.Plain``. Torch is imported inside functions only: this runs in the worker process.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.engines.batches import batches, question_batches
from daemon.engines.gpu_errors import errors_for_people, is_out_of_memory
from daemon.engines.pieces import Pieces
from daemon.engines.protocol import Answer, Draft, Message, ModelIdentity, Question, Sampling
from daemon.engines.text import THINKING, by_line
from daemon.engines.turns import around_question
from daemon.errors import EngineError
from daemon.words import tr

if TYPE_CHECKING:
    from daemon.engines.branching import Asked, Said


class TransformersEngine:
    """Given a base (local folder or hub id) and an adapter folder or None, load both. Implements ``Engine``.

    Greedy drafts come first and alone; sampled drafts that follow are drawn together, each under its own seed, so that
    equal requests give equal drafts. The prompt is evaluated once for all of them.
    """

    def __init__(
        self,
        base: str,
        adapter: Path | None,
        version: str,
        context_tokens: int,
        method: str = "whole",
        habits: str = "",
    ) -> None:
        self._identity = ModelIdentity(version, base, "transformers", method, habits)
        self._decoder: Any = None
        with errors_for_people(base, loading=True):
            from daemon.engines.loading import load

            self._model, self._tokenizer = load(base, adapter)
            longest = getattr(self._model.config, "max_position_embeddings", None) or context_tokens
            self._context_tokens = min(context_tokens, int(longest))
            self._ends = end_tokens(self._tokenizer, self._model)
            from daemon.engines import branching, decode
            from daemon.engines.fused import fuse

            if decode.fits(self._model.config):
                self._model = fuse(self._model)
                self._decoder = decode.Decoder(self._model, self._context_tokens)
            self._answerer: Any = self._decoder or branching.Plain(self._model, self._context_tokens)

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def ask(
        self,
        beginning: Sequence[Message],
        questions: Sequence[Question],
        on_answer: Callable[[int, Answer], None] | None = None,
    ) -> Iterator[Answer]:
        """Questions of equal temperature are answered together, as many as the memory holds; they are heard and yielded
        when their batch is done."""
        from daemon.engines.branching import Asked

        before, behind = around_question(self._render, beginning)
        head = self._tokens(before)
        number = 0
        for batch in question_batches(questions):
            asked = [
                Asked(one, self._tokens(one.text + behind), tuple(self._tokens(choice)[0] for choice in one.choices))
                for one in batch
            ]
            longest = len(head) + max(len(one.tokens) for one in asked)
            if longest >= self._context_tokens:
                raise self._too_long(longest)
            own = max(len(one.tokens) + one.question.max_tokens for one in asked)
            own = min(self._context_tokens - len(head), own)
            with errors_for_people(self._identity.base):
                rows = self._answerer.rows_for_questions(len(asked), len(head), own)
            for start in range(0, len(asked), rows):
                with errors_for_people(self._identity.base):
                    answers = self._answers(head, asked[start : start + rows])
                for answer in answers:
                    if on_answer:
                        on_answer(number, answer)
                    number += 1
                yield from answers

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        """The first draft pays for the prompt; drafts of one batch share its time."""
        prompt = self._prompt(messages)
        for number, batch in enumerate(batches(samplings)):
            with errors_for_people(self._identity.base):
                parts = self._parts(batch, len(prompt))
            for place, part in enumerate(parts):
                first = number == place == 0
                with errors_for_people(self._identity.base):
                    drafts = self._draw(prompt, part, on_text if first else None)
                yield from drafts

    def close(self) -> None:
        import torch

        if self._answerer is not None:
            self._answerer.close()
        self._model = self._tokenizer = self._decoder = self._answerer = None
        gc.collect()
        if torch.cuda.is_available():
            torch._C._cuda_clearCublasWorkspaces()  # one of 32 MiB for each stream that captured a graph
            torch.cuda.empty_cache()

    def _render(self, messages: list[Message]) -> str:
        return str(
            self._tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=True, tokenize=False, enable_thinking=False
            )
        )

    def _tokens(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        prompt = self._tokens(self._render(list(messages)))
        if len(prompt) >= self._context_tokens:
            raise self._too_long(len(prompt))
        return prompt

    def _too_long(self, tokens: int) -> EngineError:
        return EngineError(
            tr(
                "prompt of {tokens} tokens, context of {context_tokens}",
                tokens=tokens,
                context_tokens=self._context_tokens,
            ),
            tr("Raise engine.context_tokens."),
        )

    def _answers(self, head: list[int], asked: list[Asked]) -> list[Answer]:
        if all(not one.question.max_tokens and not one.question.choices for one in asked):
            return [Answer("") for _ in asked]
        try:
            said = self._answerer.answer(head, asked, self._ends)
        except RuntimeError as problem:
            if not is_out_of_memory(problem) or len(asked) == 1:
                raise
            said = None
        if said is None:
            # Outside of the handler: its traceback would keep the tensors alive.
            self._free_batch()
            half = len(asked) // 2
            return self._answers(head, asked[:half]) + self._answers(head, asked[half:])
        return [self._answer(one, words) for one, words in zip(asked, said, strict=True)]

    def _answer(self, one: Asked, said: Said) -> Answer:
        choices = dict(zip(one.question.choices, said.chances, strict=True))
        if said.skipped:
            return Answer("", (), choices, len(one.tokens), 1)
        if not one.question.max_tokens:
            return Answer("", (), choices, len(one.tokens))
        text = self._text(said.tokens)
        pieces = [(self._text([token]), value) for token, value in zip(said.tokens, said.logprobs, strict=True)]
        return Answer(
            text=THINKING.sub("", text),
            likelihoods=by_line(text, pieces),
            choices=choices,
            prompt_tokens=len(one.tokens),
            generated_tokens=len(said.tokens),
            cut=said.cut,
        )

    def _parts(self, batch: list[Sampling], prompt_tokens: int) -> list[list[Sampling]]:
        """A batch in parts that the GPU's memory holds."""
        if self._decoder is None:
            return [batch]
        tokens = min(self._context_tokens, prompt_tokens + batch[0].max_tokens)
        rows = self._decoder.rows_for(len(batch), tokens)
        return [batch[start : start + rows] for start in range(0, len(batch), rows)]

    def _draw(self, prompt: list[int], batch: list[Sampling], on_text: Callable[[str], None] | None) -> list[Draft]:
        try:
            return self._draw_at_once(prompt, batch, on_text)
        except RuntimeError as problem:
            if not is_out_of_memory(problem) or len(batch) == 1:
                raise
        # Outside of the handler: its traceback would keep the tensors alive.
        self._free_batch()
        return [draft for one in batch for draft in self._draw_at_once(prompt, [one], on_text)]

    def _draw_at_once(
        self, prompt: list[int], batch: list[Sampling], on_text: Callable[[str], None] | None
    ) -> list[Draft]:
        began = time.monotonic()
        pieces = Pieces(self._text, on_text) if on_text else None
        if self._decoder is not None:
            written = self._decoder.draw(prompt, batch, self._ends, pieces.hear if pieces else None)
            rows = [(one.tokens, one.cut) for one in written]
        else:
            rows = self._generated(prompt, batch, pieces)
        if pieces:
            pieces.end(rows[0][0])
        seconds = (time.monotonic() - began) / len(batch)
        return [
            Draft(THINKING.sub("", self._text(tokens)), len(prompt), len(tokens), seconds, cut) for tokens, cut in rows
        ]

    def _generated(
        self, prompt: list[int], batch: list[Sampling], pieces: Pieces | None
    ) -> list[tuple[list[int], bool]]:
        """For models that ``decode`` does not fit: the library's own loop, the batch under its first seed."""
        import torch
        from transformers import StoppingCriteriaList

        first = batch[0]
        options: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if first.temperature > 0:
            torch.manual_seed(first.seed)
            options = {"do_sample": True, "temperature": first.temperature, "top_p": first.top_p, "top_k": 0}
            options["num_return_sequences"] = len(batch)
        if pieces:

            def listen(ids: Any, _: Any, **__: Any) -> Any:
                tokens = ids[0, len(prompt) :].tolist()
                if tokens[-1] not in self._ends:
                    pieces.hear(tokens)
                return torch.zeros(len(ids), dtype=torch.bool, device=ids.device)

            options["stopping_criteria"] = StoppingCriteriaList([listen])
        inputs = torch.tensor([prompt], device=self._model.device)
        with torch.no_grad():
            output = self._model.generate(
                input_ids=inputs,
                attention_mask=torch.ones_like(inputs),
                max_new_tokens=min(first.max_tokens, self._context_tokens - len(prompt)),
                eos_token_id=sorted(self._ends),
                pad_token_id=self._tokenizer.pad_token_id,
                repetition_penalty=1.0,
                **options,
            )
        rows = []
        for row in output[:, len(prompt) :].tolist():
            stop = next((place for place, token in enumerate(row) if token in self._ends), None)
            rows.append((row[:stop], stop is None))
        return rows

    def _text(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def _free_batch(self) -> None:
        import torch

        if self._decoder is not None:
            self._decoder.drop_batch()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def end_tokens(tokenizer: Any, model: Any) -> frozenset[int]:
    """Every token that ends a draft: the tokenizer's and the generation settings' own."""
    configured = model.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in [*ids, tokenizer.eos_token_id] if token is not None)
