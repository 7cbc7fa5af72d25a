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
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from daemon.engines.protocol import Sampling
from daemon.engines.sampling import fortunes, pick

ATTENTION = "nippo_slots"
FAMILIES = frozenset({"qwen2", "qwen3", "llama", "mistral"})
"""Model types whose layers are plain causal attention over all tokens; others go through ``model.generate``."""
CAPACITY_STEP = 1024
"""Capacities are multiples of this, so that diaries of like length share a graph."""
WARM_UP_STEPS = 3
MOST_ROWS = 4
"""Rows of one batch: bitsandbytes multiplies up to four rows by 4-bit weights without unpacking them first."""
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


class Slots:
    """Keys and values of ``rows`` drafts of one prompt, ``capacity`` tokens each, and the step that extends them.

    Stands in for a transformers ``Cache`` in the model's forward: a prompt (several tokens, one row) goes into all rows
    at once, a step (one token in each row) into the place that ``position`` names.
    """

    is_compileable = False

    def __init__(self, model: Any, rows: int, capacity: int) -> None:
        config = model.config
        device, dtype = model.device, model.get_input_embeddings().weight.dtype
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        shape = (rows, config.num_key_value_heads, capacity, head)
        layers = range(config.num_hidden_layers)
        self.rows, self.capacity = rows, capacity
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in layers]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in layers]
        self.is_sliding = [False] * config.num_hidden_layers
        self.tokens = torch.zeros((rows, 1), dtype=torch.long, device=device)
        self.position = torch.zeros(1, dtype=torch.long, device=device)
        self.prompt: tuple[int, ...] = ()
        self.first: Tensor | None = None
        self._places = torch.arange(capacity, device=device)
        self._zero = torch.zeros((), dtype=dtype, device=device)
        self._never = torch.full((), float("-inf"), dtype=dtype, device=device)
        self._model = model
        self._graph: Any = None
        self._logits: Tensor | None = None

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Keep a layer's new keys and values (1 or rows, heads, tokens, size); return those to attend to."""
        length = keys.shape[2]
        if length > 1:
            self.keys[layer][:, :, :length] = keys
            self.values[layer][:, :, :length] = values
            return keys, values
        self.keys[layer].index_copy_(2, self.position, keys)
        self.values[layer].index_copy_(2, self.position, values)
        return self.keys[layer], self.values[layer]

    def get_seq_length(self, layer: int = 0) -> int:
        return 0

    def get_query_offset(self, layer: int = 0) -> int:
        return 0

    def get_mask_sizes(self, length: int, layer: int = 0) -> tuple[int, int]:
        return length, 0

    def read(self, prompt: Sequence[int], other: Slots | None = None) -> None:
        """Evaluate a prompt in one pass, or take it over from slots that have."""
        wanted, length = tuple(prompt), len(prompt)
        if self.prompt == wanted and self.first is not None:
            return
        self.prompt, self.first = (), None
        if other is not None and other.prompt == wanted:
            for mine, theirs in zip(self.keys + self.values, other.keys + other.values, strict=True):
                mine[:, :, :length] = theirs[:1, :, :length]
            self.first = other.first
        elif length == 1:
            self.position.zero_()
            self.tokens.fill_(wanted[0])
            self.first = self._forward()[:1].clone()
        else:
            ids = torch.tensor([wanted], device=self.tokens.device)
            places = torch.arange(length, device=ids.device)[None]
            output = self._model(
                input_ids=ids, position_ids=places, past_key_values=self, use_cache=True, logits_to_keep=1
            )
            self.first = output.logits[:, -1].clone()
        self.prompt = wanted

    def step(self, tokens: Tensor, position: int) -> Tensor:
        """Given each row's newest token (rows,) and its place, return the logits (rows, vocabulary) of the next."""
        self.tokens.copy_(tokens[:, None])
        self.position.fill_(position)
        if self._graph is None:
            return self._forward()
        self._graph.replay()
        assert self._logits is not None
        return self._logits

    def capture(self) -> None:
        """Record one step as a CUDA graph. It writes to the last place only, which a draft fills before it is seen."""
        self.position.fill_(self.capacity - 1)
        side: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_STEPS):
                self._forward()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._logits = self._forward()
        self._graph = graph

    def _forward(self) -> Tensor:
        mask = torch.where(self._places <= self.position, self._zero, self._never)[None, None, None]
        output = self._model(
            input_ids=self.tokens,
            attention_mask=mask,
            position_ids=self.position[None].expand(self.rows, 1),
            past_key_values=self,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1]
        return logits


class Decoder:
    """Given a model that ``fits``, draw drafts. Its attention is replaced by ``attend`` for good.

    ``context_tokens`` bounds prompt and draft together. One ``Slots`` is kept for a single row and one for a batch;
    ``graphs`` says whether steps are captured, by default on CUDA.
    """

    def __init__(self, model: Any, context_tokens: int, graphs: bool | None = None) -> None:
        AttentionInterface.register(ATTENTION, attend)
        model.config._attn_implementation = ATTENTION
        self._model, self._context_tokens = model, context_tokens
        self.graphs = model.device.type == "cuda" if graphs is None else graphs
        self._kept: dict[bool, Slots] = {}

    def rows_for(self, wanted: int, tokens: int) -> int:
        """How many of the wanted rows to draw at once, given the tokens of prompt and draft: at most ``MOST_ROWS``, and
        one where the GPU's free memory does not hold the keys and values of all."""
        rows = min(wanted, MOST_ROWS)
        kept = self._kept.get(True)
        if rows == 1 or self._model.device.type != "cuda":
            return rows
        if kept is not None and kept.rows == rows and kept.capacity >= tokens:
            return rows
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        if kept is not None:
            free += kept.rows * kept.capacity * token_bytes(self._model)
        needed = rows * self._capacity(tokens) * token_bytes(self._model)
        return rows if needed + RESERVE_BYTES <= free else 1

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
            slots.read(prompt, self._kept.get(len(batch) == 1))
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
        """Free the keys and values of a batch."""
        self._kept.pop(True, None)

    def _slots(self, rows: int, tokens: int) -> Slots:
        many = rows > 1
        kept = self._kept.get(many)
        if kept is not None and kept.rows == rows and kept.capacity >= tokens:
            return kept
        self._kept.pop(many, None)
        kept = None
        slots = Slots(self._model, rows, self._capacity(tokens))
        if self.graphs:
            self._capture(slots)
        self._kept[many] = slots
        return slots

    def _capture(self, slots: Slots) -> None:
        try:
            slots.capture()
        except torch.OutOfMemoryError:
            raise
        except Exception as problem:
            self.graphs = False
            words = (str(problem).splitlines() or ["no reason given"])[0]
            log.warning("no CUDA graph, each step is launched by itself: %s: %s", type(problem).__name__, words)

    def _capacity(self, tokens: int) -> int:
        return -(-tokens // CAPACITY_STEP) * CAPACITY_STEP


def token_bytes(model: Any) -> int:
    """Bytes of the keys and values of one token in all layers."""
    config = model.config
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size: int = model.get_input_embeddings().weight.dtype.itemsize
    return int(2 * config.num_hidden_layers * config.num_key_value_heads * head * size)


def attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of queries (rows, heads, tokens, size) over keys and values with fewer heads, as transformers asks.

    Without a mask it is a whole prompt, causal. With one it is a single token: the queries that share a head of keys
    then stand where tokens would, so that keys and values are read once and never copied for each query.
    """
    rows, heads, length, size = query.shape
    if length == 1 and attention_mask is not None:
        grouped = query.reshape(rows, key.shape[1], heads // key.shape[1], size)
        output = scaled_dot_product_attention(grouped, key, value, attn_mask=attention_mask, scale=scaling)
        return output.reshape(rows, 1, heads, size), None
    output = scaled_dot_product_attention(
        query, key, value, is_causal=length > 1, scale=scaling, enable_gqa=heads != key.shape[1]
    )
    return output.transpose(1, 2).contiguous(), None
