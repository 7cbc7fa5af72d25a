"""Attention of queries over keys and values with fewer heads, as transformers asks for it.

Only ``daemon.engines.decode`` and its slots import this module: it needs torch at import.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

ATTENTION = "nippo_slots"
"""The name under which transformers knows ``attend``."""
MOST_SCORES = 1 << 24
"""Scores that are held at once (4 bytes each) while questions are read; more rows go one part after the other."""


class Parted(NamedTuple):
    """Keys (or values) in two parts: ``shared`` (1, heads, places, size) by all rows, ``own`` (rows, heads, places,
    size); ``mask`` (places,) is added to the scores of the shared ones, None where all count."""

    shared: Tensor
    own: Tensor
    mask: Tensor | None


def attend(
    module: Any,
    query: Tensor,
    key: Tensor | Parted,
    value: Tensor | Parted,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of queries (rows, heads, tokens, size).

    Without a mask it is a whole prompt, causal. With one it is a single token in every row: the queries that share a
    head of keys then stand where tokens would, so that keys and values are read once and never copied for each query.
    Keys in two parts are those of questions about one diary.
    """
    if isinstance(key, Parted):
        assert isinstance(value, Parted) and attention_mask is not None
        scale = scaling if scaling is not None else query.shape[-1] ** -0.5
        return _in_parts(query, key, value, attention_mask, scale), None
    assert isinstance(value, Tensor)
    rows, heads, length, size = query.shape
    if length == 1 and attention_mask is not None:
        grouped = query.reshape(rows, key.shape[1], heads // key.shape[1], size)
        output = scaled_dot_product_attention(grouped, key, value, attn_mask=attention_mask, scale=scaling)
        return output.reshape(rows, 1, heads, size), None
    output = scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=attention_mask,
        is_causal=length > 1 and attention_mask is None,
        scale=scaling,
        enable_gqa=heads != key.shape[1],
    )
    return output.transpose(1, 2).contiguous(), None


def _in_parts(query: Tensor, key: Parted, value: Parted, mask: Tensor, scale: float) -> Tensor:
    """Given queries and the mask of the own keys (1 or rows, 1, tokens, places), return (rows, tokens, heads,
    size). The shared keys are read once for the queries of all rows."""
    rows, heads, length, _ = query.shape
    held = heads * length * (key.shared.shape[2] + key.own.shape[2])
    each = max(1, MOST_SCORES // held)
    if rows <= each:
        return _rows_in_parts(query, key, value, mask, scale)
    done = []
    for start in range(0, rows, each):
        part = slice(start, start + each)
        keys, values = key._replace(own=key.own[part]), value._replace(own=value.own[part])
        done.append(_rows_in_parts(query[part], keys, values, mask if mask.shape[0] == 1 else mask[part], scale))
    return torch.cat(done)


def _rows_in_parts(query: Tensor, key: Parted, value: Parted, mask: Tensor, scale: float) -> Tensor:
    rows, heads, length, size = query.shape
    groups, far, near = key.own.shape[1], key.shared.shape[2], key.own.shape[2]
    share = heads // groups
    # (rows, groups, share * length, size): the queries of one row that read the same keys.
    grouped = query.reshape(rows, groups, share * length, size)
    # (groups, rows * share * length, size): those of all rows.
    together = grouped.transpose(0, 1).reshape(groups, rows * share * length, size)
    scores = query.new_empty((rows, groups, share, length, far + near), dtype=torch.float32)
    shared = product(together, key.shared[0].transpose(1, 2)).view(groups, rows, share, length, far)
    own = product(grouped.flatten(0, 1), key.own.flatten(0, 1).transpose(1, 2)).view(rows, groups, share, length, near)
    scores[..., :far] = (shared if key.mask is None else shared + key.mask).transpose(0, 1)
    scores[..., far:] = own + mask[:, :, None]
    chances = scores.mul_(scale).softmax(-1).to(query.dtype)
    far_chances = chances[..., :far].transpose(0, 1).reshape(groups, rows * share * length, far)
    near_chances = chances[..., far:].reshape(rows * groups, share * length, near)
    output = product(far_chances, value.shared[0]).view(groups, rows, share * length, size).transpose(0, 1)
    output = output + product(near_chances, value.own.flatten(0, 1)).view(rows, groups, share * length, size)
    return output.to(query.dtype).reshape(rows, heads, length, size).transpose(1, 2).contiguous()


def product(first: Tensor, second: Tensor) -> Tensor:
    """Matrix products of a batch in float32, whatever is multiplied: scores rounded to 16 bits would move words."""
    if first.dtype == torch.float32:
        return torch.bmm(first, second)
    if _widens(first.device, first.dtype):
        return torch.bmm(first, second, out_dtype=torch.float32)
    return torch.bmm(first.float(), second.float())


@cache
def _widens(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether 16-bit numbers can be multiplied into 32 here."""
    small = torch.zeros((1, 8, 8), device=device, dtype=dtype)
    try:
        torch.bmm(small, small, out_dtype=torch.float32)
    except (TypeError, RuntimeError, NotImplementedError):
        return False
    return True
