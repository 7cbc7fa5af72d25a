"""Keys and values in fixed places, and the one step that extends them by a token in every row.

Only ``daemon.engines.decode``'s other parts import this module: it needs torch at import.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

WARM_UP_STEPS = 3


class FixedCache(ABC):
    """``rows`` continuations, ``capacity`` tokens each. Stands in for a transformers ``Cache`` in the model's forward:
    a subclass says by ``update`` what a layer attends to, by ``_forward`` what one step is."""

    is_compileable = False

    def __init__(self, model: Any, layers: int, shape: tuple[int, int, int, int], like: Tensor) -> None:
        """``shape`` of the keys of a layer: rows, heads, tokens, size of a head; ``like``: of their kind, in their
        place."""
        self.rows, _, self.capacity, _ = shape
        device, dtype = like.device, like.dtype
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(layers)]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(layers)]
        self.is_sliding = [False] * layers
        self.embedded = torch.zeros((self.rows, 1, model.config.hidden_size), dtype=dtype, device=device)
        self.position = torch.zeros(self.rows, dtype=torch.long, device=device)
        self._places = torch.arange(self.capacity, device=device)
        self._rows = torch.arange(self.rows, device=device)
        self._zero = torch.zeros((), dtype=dtype, device=device)
        self._never = torch.full((), float("-inf"), dtype=dtype, device=device)
        self._model = model
        self._graph: Any = None
        self._logits: Tensor | None = None

    @property
    def captured(self) -> bool:
        """Whether a step is one CUDA graph."""
        return self._graph is not None

    def get_seq_length(self, layer: int = 0) -> int:
        return 0

    def get_query_offset(self, layer: int = 0) -> int:
        return 0

    def get_mask_sizes(self, length: int, layer: int = 0) -> tuple[int, int]:
        return length, 0

    def step(self, tokens: Tensor, position: int | Tensor) -> Tensor:
        """Given each row's newest token (rows,) and its place among the row's own (or one for all), return the logits
        (rows, vocabulary) of the next."""
        self.embedded.copy_(self._model.get_input_embeddings()(tokens[:, None]))
        self.position.copy_(torch.as_tensor(position, device=self.position.device))
        if self._graph is None:
            return self._forward()
        self._graph.replay()
        assert self._logits is not None
        return self._logits

    def capture(self) -> None:
        """Record one step as a CUDA graph. It writes to the last place only, which a text fills before it is seen."""
        self.position.fill_(self.capacity - 1)
        self._graph, self._logits = captured_step(self._forward)

    @abstractmethod
    def _forward(self) -> Tensor:
        """One step: the logits (rows, vocabulary) behind what is ``embedded``."""

    def _extended(self, position_ids: Tensor) -> Tensor:
        """The logits (rows, vocabulary) behind the token that is ``embedded`` in each row at its ``position``."""
        mask = torch.where(self._places <= self.position[:, None], self._zero, self._never)[:, None, None]
        output = self._model(
            inputs_embeds=self.embedded,
            attention_mask=mask,
            position_ids=position_ids,
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
