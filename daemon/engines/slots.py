"""Keys and values in fixed places, and the one step that extends them by a token in every row.

Only ``daemon.engines.decode`` and ``question_slots`` import this module: it needs torch at import.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

WARM_UP_STEPS = 3


class Slots:
    """Keys and values of ``rows`` continuations of a prompt, ``capacity`` tokens each, and the step that extends them.

    Stands in for a transformers ``Cache`` in the model's forward: a prompt (several tokens, one row) goes into all rows
    at once, a step (one token a row) into the place that ``position`` names for each row.
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
        self.embedded = torch.zeros((rows, 1, model.config.hidden_size), dtype=dtype, device=device)
        self.position = torch.zeros(rows, dtype=torch.long, device=device)
        self.prompt: tuple[int, ...] = ()
        self.first: Tensor | None = None
        self._places = torch.arange(capacity, device=device)
        self._zero = torch.zeros((), dtype=dtype, device=device)
        self._never = torch.full((), float("-inf"), dtype=dtype, device=device)
        self._rows = torch.arange(rows, device=device)
        self._model = model
        self._graph: Any = None
        self._logits: Tensor | None = None

    @property
    def captured(self) -> bool:
        """Whether a step is one CUDA graph."""
        return self._graph is not None

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Keep a layer's new keys and values (1 or rows, heads, tokens, size); return those to attend to."""
        length = keys.shape[2]
        mine, theirs = self.keys[layer], self.values[layer]
        if length > 1:
            mine[:, :, :length] = keys
            theirs[:, :, :length] = values
            return keys, values
        mine[self._rows, :, self.position] = keys[:, :, 0]
        theirs[self._rows, :, self.position] = values[:, :, 0]
        return mine, theirs

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
            token = torch.tensor([wanted], device=self.position.device)
            self.embedded.copy_(self._model.get_input_embeddings()(token))
            self.first = self._forward()[:1].clone()
        else:
            ids = torch.tensor([wanted], device=self.position.device)
            places = torch.arange(length, device=ids.device)[None]
            output = self._model(
                input_ids=ids, position_ids=places, past_key_values=self, use_cache=True, logits_to_keep=1
            )
            self.first = output.logits[:, -1].clone()
        self.prompt = wanted

    def step(self, tokens: Tensor, position: int | Tensor) -> Tensor:
        """Given each row's newest token (rows,) and its place (or one for all), return the logits (rows, vocabulary) of
        the next."""
        self.embedded.copy_(self._model.get_input_embeddings()(tokens[:, None]))
        self.position.copy_(torch.as_tensor(position, device=self.position.device))
        if self._graph is None:
            return self._forward()
        self._graph.replay()
        assert self._logits is not None
        return self._logits

    def capture(self) -> None:
        """Record one step as a CUDA graph. It writes to the last place only, which a draft fills before it is seen."""
        self.position.fill_(self.capacity - 1)
        self._graph, self._logits = captured_step(self._forward)

    def _forward(self) -> Tensor:
        mask = torch.where(self._places <= self.position[:, None], self._zero, self._never)[:, None, None]
        output = self._model(
            inputs_embeds=self.embedded,
            attention_mask=mask,
            position_ids=self.position[:, None],
            past_key_values=self,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1]
        return logits


def captured_step(forward: Callable[[], Tensor]) -> tuple[Any, Tensor]:
    """Record one step as a CUDA graph; return it and the logits that a replay fills."""
    side: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP_STEPS):
            forward()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = forward()
    return graph, logits


def token_bytes(model: Any) -> int:
    """Bytes of the keys and values of one token in all layers."""
    config = model.config
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size: int = model.get_input_embeddings().weight.dtype.itemsize
    return int(2 * config.num_hidden_layers * config.num_key_value_heads * head * size)
