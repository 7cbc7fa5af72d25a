"""The table of a model's tokens in the machine's own memory, where a small card needs the room.

A step looks up one line of the table for each row, while the table takes 1.6 GB of a 12 GB card with a 14B model: the
keys and values of thirty questions. Only ``daemon.engines.decode`` imports this module: it needs torch at import.
"""

from __future__ import annotations

import gc
from typing import Any

import torch
from torch import Tensor, nn


class HostEmbedding(nn.Module):
    """Looks tokens up in a table outside of the GPU and hands the lines to ``device``. No CUDA graph can hold it."""

    def __init__(self, table: Tensor, device: torch.device) -> None:
        super().__init__()
        # Neither parameter nor buffer: transformers takes the device of the first one for the model's.
        self._table, self._device = [table], device

    @property
    def weight(self) -> Tensor:
        return self._table[0]

    def forward(self, ids: Tensor) -> Tensor:
        return nn.functional.embedding(ids.to(self.weight.device), self.weight).to(self._device)


def move_embedding(model: Any) -> bool:
    """Take the table off the GPU if nothing else of the model needs it there; return whether it went."""
    table = model.get_input_embeddings()
    head = model.get_output_embeddings()
    if type(table) is not nn.Embedding or head is None or head.weight is table.weight:
        return False
    device = table.weight.device
    model.set_input_embeddings(HostEmbedding(table.weight.detach().cpu(), device))
    del table
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return True
