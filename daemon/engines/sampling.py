"""From the chances of all tokens to one token, the same on every device for equal seeds.

Only ``daemon.engines.decode`` and ``branching`` import this module: it needs torch at import.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from daemon.engines.protocol import Question, Sampling


def fortunes(batch: Sequence[Sampling | Question], steps: int) -> Tensor:
    """Numbers in [0, 1), shape (steps, rows): each column drawn from its sampling's own seed, on the CPU."""
    columns = [torch.rand(steps, generator=torch.Generator().manual_seed(one.seed)) for one in batch]
    return torch.stack(columns, 1)


def pick(logits: Tensor, sampling: Sampling | Question, luck: Tensor) -> Tensor:
    """Given logits (rows, vocabulary) and a number in [0, 1) for each row, return the tokens (rows,).

    Temperature 0 takes the likeliest. Else the likeliest tokens that together reach ``top_p`` (Holtzman et al. 2020)
    are laid side by side in order, as wide as they are likely, and ``luck`` points at one.
    """
    if sampling.temperature <= 0:
        return logits.argmax(-1)
    likely, order = torch.softmax(logits.float() / sampling.temperature, -1).sort(-1, descending=True)
    kept = likely.cumsum(-1) - likely < sampling.top_p
    reach = (likely * kept).cumsum(-1)
    place = (reach <= luck[:, None] * reach[:, -1:]).sum(-1, keepdim=True)
    place = torch.minimum(place, kept.sum(-1, keepdim=True) - 1)
    return order.gather(-1, place).squeeze(-1)
