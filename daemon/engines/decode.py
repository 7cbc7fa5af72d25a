"""Token-by-token generation with keys and values in fixed places, so that one CUDA graph serves every step.

A step of a 14B model in 4 bit is some 3,000 small kernels; launched one by one from Python they take longer than the
memory traffic that they cause. Captured once for a number of rows and a capacity, they are replayed by one call. The
loop is the same without a GPU; there every step runs as it is.

Only ``daemon.engines.transformers`` imports this module, inside functions: it needs torch at import.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

from daemon.engines.attention import ATTENTION, attend
from daemon.engines.branching import Asked, Said, answer_rows
from daemon.engines.fixed_cache import FixedCache
from daemon.engines.host_embedding import move_embedding
from daemon.engines.protocol import Sampling
from daemon.engines.question_slots import QuestionSlots
from daemon.engines.sampling import fortunes, pick
from daemon.engines.slots import Slots, token_bytes
from daemon.words import tr

FAMILIES = frozenset({"qwen2", "qwen3", "llama", "mistral"})
"""Model types whose layers are plain causal attention over all tokens; others go through ``model.generate``."""
CAPACITY_STEP = 512
"""Capacities are multiples of this, so that diaries of like length share a graph."""
MOST_ROWS = 4
"""Drafts of one batch. ``nf4``'s kernel would multiply more rows for little more time, but each holds the keys and
values of a prompt and a whole draft, and whole drafts are the rare way. Without the kernel bitsandbytes unpacks the
4-bit weights at every step above four rows."""
QUESTION_ROWS = 32
"""Questions of one batch, short rows on a beginning that they share: as many as ``nf4``'s kernel takes, for little more
time than a few. Without it the unpacking of 4-bit weights is paid once for all of them."""
CPU_QUESTION_ROWS = 8
QUESTION_STEP = 256
"""Tokens of a question with its answer are counted in multiples of this, so that one graph serves day after day."""
ROWS_STEP = 8
"""Rows are, where the memory holds them, a multiple of this: a day of 23 sentences then uses the graph of one of 20."""
RESERVE_BYTES = 1 << 30
"""GPU memory left alone for activations when the rows of a batch are counted."""
QUESTION_RESERVE_BYTES = 3 << 27
"""The same for questions, whose rows are few tokens."""

SCARCE_BYTES = 3 << 30
"""With less free GPU memory than this once the model is there, its table of tokens goes to the machine's memory."""

log = logging.getLogger(__name__)
OnToken = Callable[[list[int]], None]


@dataclass
class DecodedTokens:
    """The tokens of one draft without the end token; ``cut`` says that the limit ended it."""

    tokens: list[int] = field(default_factory=list)
    cut: bool = True


def fits(config: Any) -> bool:
    """Whether a model of this configuration can be decoded here."""
    layers = getattr(config, "layer_types", None) or []
    plain = all(kind == "full_attention" for kind in layers)
    return config.model_type in FAMILIES and plain and not getattr(config, "sliding_window", None)


class Decoder:
    """Given a model that ``fits``, draw drafts and answers. Its attention is replaced by ``attend`` for good.

    ``context_tokens`` bounds prompt and draft together. One ``Slots`` is kept for a single draft, one for a batch, one
    for the beginning of questions; behind that one set of rows for few questions and one for many. ``graphs`` says
    whether steps are captured, by default on CUDA.
    """

    def __init__(self, model: Any, context_tokens: int, graphs: bool | None = None) -> None:
        AttentionInterface.register(ATTENTION, attend)
        model.config._attn_implementation = ATTENTION
        self._model, self._context_tokens = model, context_tokens
        self.graphs = model.device.type == "cuda" if graphs is None else graphs
        if model.device.type == "cuda" and self._free_bytes(None) < SCARCE_BYTES:
            move_embedding(model)
        self._kept: dict[str, Slots] = {}
        self._questions: dict[str, QuestionSlots] = {}

    def rows_for(self, wanted: int, tokens: int) -> int:
        """How many of the wanted rows to draw at once, given the tokens of prompt and draft: at most ``MOST_ROWS``, and
        one where the GPU's free memory does not hold the keys and values of all."""
        rows = min(wanted, MOST_ROWS)
        kept = self._kept.get("drafts")
        if rows == 1 or self._model.device.type != "cuda":
            return rows
        if kept is not None and kept.rows == rows and kept.capacity >= tokens:
            return rows
        free = self._free_bytes(kept)
        needed = rows * self._capacity(tokens) * token_bytes(self._model)
        return rows if needed + RESERVE_BYTES <= free else 1

    def rows_for_questions(self, wanted: int, prompt: int, own: int) -> int:
        """How many of the wanted questions to answer at once, given the tokens of the prompt and of the longest
        question with its answer: as many as the GPU's free memory holds, in batches of like size."""
        if wanted <= MOST_ROWS:
            return wanted
        most = QUESTION_ROWS
        if self._model.device.type != "cuda":
            most = CPU_QUESTION_ROWS
        elif not self._holds("many questions", min(wanted, most), prompt, own):
            read = self._kept.get("beginning")
            size = 0 if read is not None and read.capacity >= prompt else self._capacity(prompt)
            free = self._free_bytes(None) - QUESTION_RESERVE_BYTES - size * token_bytes(self._model)
            for kept in self._questions.values():
                free += kept.rows * kept.capacity * token_bytes(self._model)
            most = min(most, max(MOST_ROWS, free // (_up(own, QUESTION_STEP) * token_bytes(self._model))))
        return -(-wanted // -(-wanted // most))

    def answer(self, prompt: Sequence[int], asked: Sequence[Asked], ends: frozenset[int]) -> list[Said]:
        """Given questions that share temperature and top_p, return one answer for each. The prompt is evaluated once
        and kept until another comes; the questions go on from it together."""
        room = self._context_tokens - len(prompt)
        limits = [min(one.question.max_tokens, room - len(one.tokens)) for one in asked]
        longest = max(len(one.tokens) + max(limit, 0) for one, limit in zip(asked, limits, strict=True))
        with torch.no_grad():
            self._beginning(len(prompt)).read(prompt, self._read_already(prompt))
            slots = self._question_slots(len(asked), len(prompt), longest)
            logits = slots.read([one.tokens for one in asked])
            ends_of = torch.tensor([len(one.tokens) for one in asked], device=logits.device)

            def step(tokens: Tensor, number: int) -> Tensor:
                if self.graphs and not slots.captured:
                    self._capture(slots)
                idle = slots.rows - len(asked)
                places = torch.nn.functional.pad(ends_of + number, (0, idle)).clamp(max=slots.capacity - 1)
                return slots.step(torch.nn.functional.pad(tokens, (0, idle)), places)[: len(asked)]

            return answer_rows(logits, asked, limits, ends, step)

    def draw(
        self, prompt: Sequence[int], batch: Sequence[Sampling], ends: frozenset[int], on_token: OnToken | None = None
    ) -> list[DecodedTokens]:
        """Given a prompt and samplings that differ in nothing but their seed, return one draft for each.

        ``on_token`` hears the first draft's tokens after each step; what it raises ends the drawing. A draft depends on
        its own seed, not on its neighbours'.
        """
        limit = min(batch[0].max_tokens, self._context_tokens - len(prompt))
        written = [DecodedTokens() for _ in batch]
        if limit < 1:
            return written
        with torch.no_grad():
            slots = self._slots(len(batch), len(prompt) + limit)
            slots.read(prompt, self._read_already(prompt))
            luck = fortunes(batch, limit).to(self._model.device)
            assert slots.first is not None
            logits, open_rows = slots.first.expand(len(batch), -1), set(range(len(batch)))
            for step in range(limit):
                tokens = pick(logits, batch[0], luck[step])
                for row, token in enumerate(tokens.tolist()):
                    if row in open_rows and token in ends:
                        written[row].cut = False
                        open_rows.discard(row)
                    elif row in open_rows:
                        written[row].tokens.append(token)
                if on_token and 0 in open_rows:
                    on_token(written[0].tokens)
                if not open_rows or step == limit - 1:
                    break
                logits = slots.step(tokens, len(prompt) + step)
        return written

    def close(self) -> None:
        """Free keys, values and graphs."""
        self._questions.clear()
        self._kept.clear()

    def drop_batch(self) -> None:
        """Free the keys and values of everything but a single draft and the beginning of questions."""
        self._questions.clear()
        self._kept.pop("drafts", None)

    def _read_already(self, prompt: Sequence[int]) -> Slots | None:
        return next((one for one in self._kept.values() if one.prompt == tuple(prompt)), None)

    def _beginning(self, tokens: int) -> Slots:
        """One row for the prompt of questions. Rows behind an earlier one go with it: their graphs know its place."""
        kept = self._kept.get("beginning")
        if kept is None or kept.capacity < tokens:
            self._questions.clear()
            self._kept.pop("beginning", None)
            kept = None
            kept = self._kept["beginning"] = Slots(self._model, 1, self._capacity(tokens))
        return kept

    def _slots(self, rows: int, tokens: int) -> Slots:
        name = "drafts" if rows > 1 else "draft"
        kept = self._kept.get(name)
        if kept is not None and kept.rows == rows and kept.capacity >= tokens:
            return kept
        self._kept.pop(name, None)
        kept = None
        slots = Slots(self._model, rows, self._capacity(tokens))
        if self.graphs:
            self._capture(slots)
        self._kept[name] = slots
        return slots

    def _question_slots(self, rows: int, prompt: int, own: int) -> QuestionSlots:
        """Rows enough for the questions; those of few questions are as many each time, so that a graph serves them."""
        name = "questions" if rows <= MOST_ROWS else "many questions"
        if not self._holds(name, rows, prompt, own):
            self._questions.pop(name, None)
            beginning, capacity = self._beginning(prompt), _up(own, QUESTION_STEP)
            made = self._roomy(rows, capacity) if rows > MOST_ROWS else MOST_ROWS
            self._questions[name] = QuestionSlots(self._model, beginning, made, capacity)
        return self._questions[name]

    def _roomy(self, rows: int, capacity: int) -> int:
        """The rows to make; without a GPU those that are asked for, since idle ones would cost time there."""
        more = _up(rows, ROWS_STEP)
        if self._model.device.type != "cuda":
            return rows
        needed = more * capacity * token_bytes(self._model) + QUESTION_RESERVE_BYTES
        return more if needed <= self._free_bytes(None) else rows

    def _holds(self, name: str, rows: int, prompt: int, own: int) -> bool:
        kept = self._questions.get(name)
        if kept is None or kept.beginning.capacity < prompt:
            return False
        return kept.rows >= rows and kept.capacity >= own

    def _free_bytes(self, kept: Slots | None) -> int:
        """The GPU's memory that is free once ``kept`` has gone."""
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        if kept is not None:
            free += kept.rows * kept.capacity * token_bytes(self._model)
        return int(free)

    def _capture(self, slots: FixedCache) -> None:
        try:
            slots.capture()
        except torch.OutOfMemoryError:
            raise
        except Exception as problem:
            self.graphs = False
            words = (str(problem).splitlines() or [tr("no reason given")])[0]
            log.warning("no CUDA graph, each step is launched by itself: %s: %s", type(problem).__name__, words)

    def _capacity(self, tokens: int) -> int:
        return _up(tokens, CAPACITY_STEP)


def _up(tokens: int, step: int) -> int:
    return -(-tokens // step) * step
