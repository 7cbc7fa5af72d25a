"""Continuations of one prompt, which stands in every row.

Only ``daemon.engines.decode`` and ``question_slots`` import this module: it needs torch at import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from daemon.engines.fixed_cache import FixedCache


class Slots(FixedCache):
    """Keys and values of ``rows`` continuations of a prompt, ``capacity`` tokens each, and the step that extends them.

    A prompt (several tokens, one row) goes into all rows at once, a step (one token a row) into the place that
    ``position`` names for each row.
    """

    def __init__(self, model: Any, rows: int, capacity: int) -> None:
        config = model.config
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        shape = (rows, config.num_key_value_heads, capacity, head)
        like = torch.empty((), dtype=model.get_input_embeddings().weight.dtype, device=model.device)
        super().__init__(model, config.num_hidden_layers, shape, like)
        self.prompt: tuple[int, ...] = ()
        self.first: Tensor | None = None

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

    def _forward(self) -> Tensor:
        return self._extended(self.position[:, None])


def token_bytes(model: Any) -> int:
    """Bytes of the keys and values of one token in all layers."""
    config = model.config
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size: int = model.get_input_embeddings().weight.dtype.itemsize
    return int(2 * config.num_hidden_layers * config.num_key_value_heads * head * size)
