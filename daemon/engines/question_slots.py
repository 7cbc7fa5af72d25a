"""Questions about one evaluated diary, answered side by side: the diary's keys and values stay where they are.

Each row holds its question and its answer only. With the diary in every row, twenty questions of a 14B model would take
8 GB; so they take one. Only ``daemon.engines.decode`` imports this module: it needs torch at import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from daemon.engines.attention import Parted
from daemon.engines.slots import Slots, captured_step


class QuestionSlots:
    """Keys and values of ``rows`` questions with their answers, ``capacity`` tokens each, behind what ``beginning``
    (one row) has read. Stands in for a transformers ``Cache`` as ``Slots`` does."""

    is_compileable = False

    def __init__(self, model: Any, beginning: Slots, rows: int, capacity: int) -> None:
        first = beginning.keys[0]
        shape = (rows, first.shape[1], capacity, first.shape[3])
        device, dtype = first.device, first.dtype
        self.rows, self.capacity, self.beginning = rows, capacity, beginning
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in beginning.keys]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in beginning.values]
        self.is_sliding = [False] * len(self.keys)
        self.embedded = torch.zeros((rows, 1, model.config.hidden_size), dtype=dtype, device=device)
        self.position = torch.zeros(rows, dtype=torch.long, device=device)
        self._behind = torch.zeros((), dtype=torch.long, device=device)
        self._places = torch.arange(capacity, device=device)
        self._shared_places = torch.arange(beginning.capacity, device=device)
        self._rows = torch.arange(rows, device=device)
        self._zero = torch.zeros((), dtype=dtype, device=device)
        self._never = torch.full((), float("-inf"), dtype=dtype, device=device)
        self._shared_mask: Tensor | None = None
        self._reading = 0
        self._model = model
        self._graph: Any = None
        self._logits: Tensor | None = None

    @property
    def captured(self) -> bool:
        """Whether a step is one CUDA graph."""
        return self._graph is not None

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: Any, **__: Any) -> tuple[Parted, Parted]:
        """Keep a layer's new keys and values (rows, heads, tokens, size); return those to attend to."""
        mine, theirs = self.keys[layer], self.values[layer]
        shared, shared_values = self.beginning.keys[layer], self.beginning.values[layer]
        if self._reading:
            rows, length = keys.shape[0], keys.shape[2]
            mine[:rows, :, :length] = keys
            theirs[:rows, :, :length] = values
            before = slice(0, self._reading)
            return Parted(shared[:, :, before], keys, None), Parted(shared_values[:, :, before], values, None)
        mine[self._rows, :, self.position] = keys[:, :, 0]
        theirs[self._rows, :, self.position] = values[:, :, 0]
        return Parted(shared, mine, self._shared_mask), Parted(shared_values, theirs, None)

    def get_seq_length(self, layer: int = 0) -> int:
        return 0

    def get_query_offset(self, layer: int = 0) -> int:
        return 0

    def get_mask_sizes(self, length: int, layer: int = 0) -> tuple[int, int]:
        return length, 0

    def read(self, questions: Sequence[Sequence[int]]) -> Tensor:
        """Given at most ``rows`` questions, evaluate them in one pass behind the beginning; return the logits
        (questions, vocabulary) behind each. What pads the shorter ones is written over before it is seen."""
        start, length = len(self.beginning.prompt), max(map(len, questions))
        ids = torch.zeros((len(questions), length), dtype=torch.long)
        for row, tokens in enumerate(questions):
            ids[row, : len(tokens)] = torch.tensor(list(tokens))
        device = self.position.device
        places = torch.arange(length, device=device)
        seen = places <= places[:, None]
        self._behind.fill_(start)
        self._reading = start
        try:
            hidden = self._model.base_model(
                input_ids=ids.to(device),
                attention_mask=torch.where(seen, self._zero, self._never)[None, None],
                position_ids=(start + places)[None].expand(len(questions), length),
                past_key_values=self,
                use_cache=True,
            ).last_hidden_state
        finally:
            self._reading = 0
        last = torch.tensor([len(tokens) - 1 for tokens in questions], device=device)
        logits: Tensor = self._model.get_output_embeddings()(hidden[torch.arange(len(questions), device=device), last])
        return logits

    def step(self, tokens: Tensor, position: Tensor) -> Tensor:
        """Given each row's newest token (rows,) and its place behind the beginning, return the logits (rows,
        vocabulary) of the next."""
        self.embedded.copy_(self._model.get_input_embeddings()(tokens[:, None]))
        self.position.copy_(position)
        if self._graph is None:
            return self._forward()
        self._graph.replay()
        assert self._logits is not None
        return self._logits

    def capture(self) -> None:
        """Record one step as a CUDA graph. It writes to the last place only, which an answer fills before it is
        seen."""
        self.position.fill_(self.capacity - 1)
        self._graph, self._logits = captured_step(self._forward)

    def _forward(self) -> Tensor:
        self._shared_mask = torch.where(self._shared_places < self._behind, self._zero, self._never)
        mask = torch.where(self._places <= self.position[:, None], self._zero, self._never)[:, None, None]
        output = self._model(
            inputs_embeds=self.embedded,
            attention_mask=mask,
            position_ids=(self._behind + self.position)[:, None],
            past_key_values=self,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1]
        return logits
