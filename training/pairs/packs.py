"""Rows of one optimizer step as few long sequences. Pure.

The prompts of all rows begin alike (the instructions: 287 of 761 tokens with the corpus), and nothing before a token
depends on what follows it. So the shared beginning stands once at the head of a pack, then the rest of every row; each
row attends to the beginning and to itself. Loss and gradients are those of the rows one by one, for fewer tokens and
without padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.pairs.encoding import IGNORED

if TYPE_CHECKING:
    import torch

TokenRow = dict[str, list[int]]


def shared_beginning(rows: Sequence[TokenRow]) -> int:
    """How many tokens stand at the head of every row and predict no label; 0 for a single row."""
    if len(rows) < 2:
        return 0
    first = rows[0]["input_ids"]
    size = min(len(row["input_ids"]) for row in rows)
    for row in rows[1:]:
        same = next((at for at in range(size) if row["input_ids"][at] != first[at]), size)
        size = min(size, same)
    for row in rows:
        labelled = next((at for at, label in enumerate(row["labels"]) if label != IGNORED), len(row["labels"]))
        size = min(size, labelled - 1)
    return max(0, size)


def in_packs(rows: Sequence[TokenRow], budget: int) -> list[list[TokenRow]]:
    """Rows in groups whose packs hold at most ``budget`` tokens (but each holds a row), longest rows first."""
    head = shared_beginning(rows)
    packs: list[list[TokenRow]] = []
    sizes: list[int] = []
    for row in sorted(rows, key=lambda row: -len(row["input_ids"])):
        rest = len(row["input_ids"]) - head
        place = next((at for at, size in enumerate(sizes) if size + rest <= budget), None)
        if place is None:
            packs.append([row])
            sizes.append(head + rest)
        else:
            packs[place].append(row)
            sizes[place] += rest
    return packs


def pack(rows: Sequence[TokenRow]) -> dict[str, Any]:
    """Return one pack: ``input_ids`` and ``position_ids`` of shape (1, tokens), ``places`` (labels,), the positions
    whose states predict ``targets`` (labels,), and ``segments``: tokens of the shared beginning, then of every rest."""
    import torch

    head = shared_beginning(rows)
    ids = list(rows[0]["input_ids"][:head])
    positions = list(range(head))
    places: list[int] = []
    targets: list[int] = []
    segments = [head]
    for row in rows:
        shift = len(ids) - head
        for at, label in enumerate(row["labels"]):
            if at and label != IGNORED:
                places.append(at - 1 + shift)
                targets.append(label)
        ids += row["input_ids"][head:]
        positions += range(head, len(row["input_ids"]))
        segments.append(len(row["input_ids"]) - head)
    return {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "places": torch.tensor(places, dtype=torch.long),
        "targets": torch.tensor(targets, dtype=torch.long),
        "segments": segments,
    }


@dataclass(frozen=True)
class PackCollator:
    """All rows of an optimizer step as ``packs`` of at most ``budget`` tokens, and ``count``, their labels."""

    budget: int

    def __call__(self, rows: Sequence[TokenRow]) -> dict[str, Any]:
        packs = [pack(group) for group in in_packs(rows, self.budget)]
        return {"packs": packs, "count": sum(len(part["targets"]) for part in packs)}


def segment_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: Any,
    scaling: float | None = None,
    segments: Sequence[int] = (),
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within packs, in the form that transformers asks for: query (1, heads, tokens, width), key and
    value with fewer heads, result (1, tokens, heads, width).

    The shared beginning's queries pass once more with every row, so that each row is one plain causal call, which every
    fast kernel knows; without ``segments`` the whole is one row.
    """
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    def causal(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=q.shape[1] != k.shape[1])

    if len(segments) < 3:
        return causal(query, key, value).transpose(1, 2), None
    head = segments[0]
    found = []
    start = head
    for number, size in enumerate(segments[1:]):
        q, k, v = (
            torch.cat((part[:, :, :head], part[:, :, start : start + size]), 2)
            if head
            else part[:, :, start:][:, :, :size]
            for part in (query, key, value)
        )
        out = causal(q, k, v)
        found.append(out if number == 0 else out[:, :, head:])
        start += size
    return torch.cat(found, 2).transpose(1, 2), None
