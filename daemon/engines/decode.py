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

from daemon.engines.branching import Asked, Said, answer_rows
from daemon.engines.protocol import Sampling
from daemon.engines.sampling import fortunes, pick
from daemon.engines.slots import Slots, attend, token_bytes
from daemon.words import tr

ATTENTION = "nippo_slots"
FAMILIES = frozenset({"qwen2", "qwen3", "llama", "mistral"})
"""Model types whose layers are plain causal attention over all tokens; others go through ``model.generate``."""
CAPACITY_STEP = 1024
"""Capacities are multiples of this, so that diaries of like length share a graph."""
MOST_ROWS = 4
"""Rows of one batch: bitsandbytes multiplies up to four rows by 4-bit weights without unpacking them first."""
QUESTION_ROWS = 32
"""Questions of one batch: the unpacking of 4-bit weights is then paid once for all of them."""
CPU_QUESTION_ROWS = 8
RESERVE_BYTES = 1 << 30
"""GPU memory left alone for activations when the rows of a batch are counted."""

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
    for few questions and one for many; ``graphs`` says whether steps are captured, by default on CUDA.
    """

    def __init__(self, model: Any, context_tokens: int, graphs: bool | None = None) -> None:
        AttentionInterface.register(ATTENTION, attend)
        model.config._attn_implementation = ATTENTION
        self._model, self._context_tokens = model, context_tokens
        self.graphs = model.device.type == "cuda" if graphs is None else graphs
        self._kept: dict[str, Slots] = {}

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

    def rows_for_questions(self, wanted: int, tokens: int) -> int:
        """How many of the wanted questions to answer at once, given the tokens of prompt, question and answer."""
        if wanted <= MOST_ROWS:
            return wanted
        if self._model.device.type != "cuda":
            return min(wanted, CPU_QUESTION_ROWS)
        rows = QUESTION_ROWS
        kept = self._kept.get("many questions")
        while rows > MOST_ROWS and not (kept is not None and kept.rows >= rows and kept.capacity >= tokens):
            needed = rows * self._capacity(tokens) * token_bytes(self._model)
            if needed + RESERVE_BYTES <= self._free_bytes(kept):
                break
            rows //= 2
        return min(rows, wanted)

    def answer(self, prompt: Sequence[int], asked: Sequence[Asked], ends: frozenset[int]) -> list[Said]:
        """Given questions that share temperature and top_p, return one answer for each. The prompt is evaluated once
        and kept until another comes; the questions go on from it together."""
        room = self._context_tokens - len(prompt)
        limits = [min(one.question.max_tokens, room - len(one.tokens)) for one in asked]
        longest = max(len(one.tokens) + max(limit, 0) for one, limit in zip(asked, limits, strict=True))
        with torch.no_grad():
            slots = self._question_slots(len(asked), len(prompt) + longest)
            slots.read(prompt, next((one for one in self._kept.values() if one.prompt == tuple(prompt)), None))
            logits = slots.branch([one.tokens for one in asked])
            ends_of = torch.tensor([len(prompt) + len(one.tokens) for one in asked], device=logits.device)

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
            slots.read(prompt, self._kept.get("drafts" if len(batch) == 1 else "draft"))
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
        self._kept.clear()

    def drop_batch(self) -> None:
        """Free the keys and values of everything but a single draft."""
        for name in set(self._kept) - {"draft"}:
            del self._kept[name]

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

    def _question_slots(self, rows: int, tokens: int) -> Slots:
        """Rows enough for the questions; those of few questions are as many each time, so that a graph serves them."""
        name = "questions" if rows <= MOST_ROWS else "many questions"
        kept = self._kept.get(name)
        if kept is not None and kept.rows >= rows and kept.capacity >= tokens:
            return kept
        self._kept.pop(name, None)
        kept = None
        self._kept[name] = Slots(self._model, max(rows, MOST_ROWS), self._capacity(tokens))
        return self._kept[name]

    def _free_bytes(self, kept: Slots | None) -> int:
        """The GPU's memory that is free once ``kept`` has gone."""
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        if kept is not None:
            free += kept.rows * kept.capacity * token_bytes(self._model)
        return int(free)

    def _capture(self, slots: Slots) -> None:
        try:
            slots.capture()
        except torch.OutOfMemoryError:
            raise
        except Exception as problem:
            self.graphs = False
            words = (str(problem).splitlines() or [tr("no reason given")])[0]
            log.warning("no CUDA graph, each step is launched by itself: %s: %s", type(problem).__name__, words)

    def _capacity(self, tokens: int) -> int:
        return -(-tokens // CAPACITY_STEP) * CAPACITY_STEP
