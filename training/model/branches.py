"""Attention in a pack of one long beginning and many short questions that branch off it.

The beginning is one causal call. A question sees the beginning and itself: two small matrix products with one softmax
over both, for many questions at once, so that neither the beginning is evaluated again for each (27 times for a usual
day) nor its keys are copied. Plain products know none of the traps of masked kernels (cuDNN's gave NaN gradients).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def branch_attention(query: Any, key: Any, value: Any, scaling: float | None, segments: Sequence[int]) -> Any:
    """Given query (1, heads, tokens, width), key and value with fewer heads, and the tokens of the beginning and of
    each question, return (1, heads, tokens, width)."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention
    from torch.utils.checkpoint import checkpoint

    head, sizes = segments[0], segments[1:]
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    q, k, v = (part[:, :, :head] for part in (query, key, value))
    found = [scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=q.shape[1] != k.shape[1])]
    start = head
    for low, high in groups_of(sizes, head, query.shape[1]):
        group = list(sizes[low:high])
        end = start + sum(group)
        parts = [part[0, :, start:end] for part in (query, key, value)]
        beginning = [part[0, :, :head] for part in (key, value)]
        # Only its inputs are kept for the way back: scores are many times larger and quickly computed again.
        out = checkpoint(_group, *parts, *beginning, scale, group, use_reentrant=False, preserve_rng_state=False)
        found.append(out[None])
        start = end
    return torch.cat(found, 2)


def _group(
    query: Any,
    key: Any,
    value: Any,
    head_key: Any,
    head_value: Any,
    scale: float,
    sizes: Sequence[int],
) -> Any:
    """Neighbouring questions, (heads, tokens, width) each, padded to the longest."""
    import torch

    device = query.device
    rows, width, head = len(sizes), max(sizes), head_key.shape[1]
    lengths = torch.tensor(sizes, device=device)
    steps = torch.arange(width, device=device)
    inside = steps < lengths[:, None]
    places = (lengths.cumsum(0) - lengths)[:, None] + torch.minimum(steps, lengths[:, None] - 1)
    q, k, v = (part[:, places.flatten()].unflatten(1, (rows, width)) for part in (query, key, value))
    shared = query.shape[0] // key.shape[0]
    q = q.unflatten(0, (key.shape[0], shared)) * scale
    to_head = (q.flatten(1, 3) @ head_key.mT).unflatten(1, (shared, rows, width))
    to_self = torch.einsum("gsrqd,grkd->gsrqk", q, k)
    to_self = to_self.masked_fill(steps[:, None] < steps, float("-inf"))  # its own place is always seen
    chances = torch.softmax(torch.cat((to_head, to_self), -1).float(), -1).to(v.dtype)
    out = (chances[..., :head].flatten(1, 3) @ head_value).unflatten(1, (shared, rows, width))
    out = out + torch.einsum("gsrqk,grkd->gsrqd", chances[..., head:], v)
    return out.flatten(0, 1)[:, inside]
