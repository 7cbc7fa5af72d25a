"""The table of a model's tokens in the machine's own memory, where a small card needs the room.

A step looks up one line of the table for each row, while the table takes 1.6 GB of a 12 GB card with a 14B model: the
keys and values of thirty questions. ``daemon.engines.decode`` and the lean training import this module: it needs torch
at import.
"""

from __future__ import annotations

import gc
from typing import Any

import torch
from torch import Tensor, nn


class HostEmbedding(nn.Module):
    """An input embedding whose table stays in CPU memory; only the rows looked up go to the device of the tokens. No
    CUDA graph can hold it."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self.table = [table.weight.detach().cpu()]  # in a list: neither a parameter nor moved with the model
        self.num_embeddings, self.embedding_dim = table.num_embeddings, table.embedding_dim

    @property
    def weight(self) -> Tensor:
        return self.table[0]

    def forward(self, ids: Tensor) -> Tensor:
        rows = nn.functional.embedding(ids.cpu(), self.weight)
        return rows.to(ids.device, non_blocking=True)


def move_embedding(model: Any) -> bool:
    """Take the table off the GPU if nothing else of the model needs it there; return whether it went."""
    table = model.get_input_embeddings()
    head = model.get_output_embeddings()
    if type(table) is not nn.Embedding or head is None or head.weight is table.weight:
        return False
    model.set_input_embeddings(HostEmbedding(table))
    del table
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return True
