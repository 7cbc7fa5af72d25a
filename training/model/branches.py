"""Attention in a pack of one long beginning and many short questions that branch off it.

The beginning is one causal call. A question sees the beginning and itself: two small matrix products with one softmax
over both, for many questions at once, so that neither the beginning is evaluated again for each (27 times for a usual
day) nor its keys are copied. Plain products know none of the traps of masked kernels (cuDNN's gave NaN gradients).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MOST_SCORES = 2**26
"""Scores computed at a time: 268 MB in float32."""
ALIKE = 2
"""Questions of one group are at most so many times as long as its shortest, which bounds the padding."""


def groups_of(sizes: Sequence[int], head: int, heads: int) -> Iterator[tuple[int, int]]:
    """Given the questions' tokens, return (first, last) of neighbouring questions to compute at once. Pure."""
    first = 0
    for at in range(1, len(sizes) + 1):
        group = sizes[first : at + 1]
        scores = heads * len(group) * max(group, default=0) * (head + max(group, default=0))
        if at == len(sizes) or max(group) > ALIKE * min(group) + 16 or scores > MOST_SCORES:
            yield first, at
            first = at


@dataclass(frozen=True)
class QuestionGroup:
    """Neighbouring questions to compute at once, ``rows`` of at most ``width`` tokens. ``slots`` (tokens,): where each
    of their tokens lies in rows of that width; ``later`` (width, width): True where a key stands behind the query."""

    rows: int
    width: int
    slots: Any
    later: Any


@lru_cache(maxsize=4)
def plan(segments: tuple[int, ...], heads: int, device: Any) -> tuple[QuestionGroup, ...]:
    """The groups of a pack, made once for all layers: looking places up in a layer would make a GPU wait each time."""
    import torch

    found = []
    for low, high in groups_of(segments[1:], segments[0], heads):
        sizes = segments[1 + low : 1 + high]
        width = max(sizes)
        slots = torch.cat([torch.arange(row * width, row * width + size) for row, size in enumerate(sizes)])
        later = torch.ones(width, width, dtype=torch.bool).triu(1)
        found.append(QuestionGroup(len(sizes), width, slots.to(device), later.to(device)))
    return tuple(found)


def branch_attention(query: Any, key: Any, value: Any, scaling: float | None, segments: Sequence[int]) -> Any:
    """Given query (1, heads, tokens, width), key and value with fewer heads, and the tokens of the beginning and of
    each question, return (1, heads, tokens, width)."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention
    from torch.utils.checkpoint import checkpoint

    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    groups = plan(tuple(segments), query.shape[1], query.device)
    sizes = [segments[0], *(len(group.slots) for group in groups)]
    (q, *queries), (k, *keys), (v, *values) = (part.split(sizes, 2) for part in (query, key, value))
    found = [scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=q.shape[1] != k.shape[1])]
    for group, *parts in zip(groups, queries, keys, values, strict=True):
        inputs = [part.squeeze(0) for part in (*parts, k, v)]
        # Only its inputs are kept for the way back: scores are many times larger and quickly computed again.
        out = checkpoint(_attend, *inputs, scale, group, use_reentrant=False, preserve_rng_state=False)
        found.append(out[None])
    return torch.cat(found, 2)


def _attend(
    query: Any, key: Any, value: Any, head_key: Any, head_value: Any, scale: float, group: QuestionGroup
) -> Any:
    """A group of questions, (heads, tokens, width) each, padded to the longest."""
    import torch

    rows, head = group.rows, head_key.shape[1]
    q, k, v = (_padded(part, group) for part in (query, key, value))
    shared = query.shape[0] // key.shape[0]
    q = q.unflatten(0, (key.shape[0], shared)) * scale
    to_head = (q.flatten(1, 3) @ head_key.mT).unflatten(1, (shared, rows, group.width))
    to_self = torch.einsum("gsrqd,grkd->gsrqk", q, k)
    to_self = to_self.masked_fill(group.later, float("-inf"))  # its own place is always seen
    chances = torch.softmax(torch.cat((to_head, to_self), -1).float(), -1).to(v.dtype)
    out = (chances[..., :head].flatten(1, 3) @ head_value).unflatten(1, (shared, rows, group.width))
    out = out + torch.einsum("gsrqk,grkd->gsrqd", chances[..., head:], v)
    return out.flatten(0, 1).flatten(1, 2).index_select(1, group.slots)


def _padded(part: Any, group: QuestionGroup) -> Any:
    """(heads, tokens, width) of a group as (heads, questions, longest, width), zeros behind the shorter ones. A copy
    into known places has a copy as its gradient, which taking them by index has not."""
    room = part.new_zeros(part.shape[0], group.rows * group.width, part.shape[2])
    return room.index_copy(1, group.slots, part).unflatten(1, (group.rows, group.width))
