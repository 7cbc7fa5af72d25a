"""What every engine does to the text that its model wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

THINKING = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)\s*", re.S)
"""Thoughts ahead of the answer; they are no part of a draft."""


def by_line(text: str, tokens: Sequence[tuple[str, float]]) -> tuple[float, ...]:
    """Given a text and its tokens with their log-probabilities, return the mean of each line, 0 for one without tokens.

    A token that ends a line counts for it; the end of the turn, a token without text, has no part. Empty for tokens
    that hold fewer lines than the text, and for a text with thinking.
    """
    sums, counts = [0.0], [0]
    for token, value in tokens:
        sums[-1] += value if token else 0.0
        counts[-1] += bool(token)
        for _ in range(token.count("\n")):
            sums.append(0.0)
            counts.append(0)
    lines = text.count("\n") + 1
    if len(sums) < lines or THINKING.search(text):
        return ()
    return tuple(total / max(count, 1) for total, count in zip(sums, counts, strict=True))[:lines]
