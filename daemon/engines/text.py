"""What every engine does to the text that its model wrote. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

THOUGHTS = (
    (r"<think>", r"</think>"),
    (r"<thinking>", r"</thinking>"),
    (r"<seed:think>", r"</seed:think>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|channel>thought", r"<channel\|>"),
    (r"<\|channel\|>analysis", r"<\|channel\|>final<\|message\|>"),
)
"""How models mark where their thoughts begin and end, as regular expressions: Qwen and DeepSeek, relatives of theirs,
Seed, Magistral, Kimi, Gemma 4, gpt-oss."""
THINKING = re.compile(
    rf"\A.*(?:{'|'.join(end for _, end in THOUGHTS)})\s*|\s*(?:{'|'.join(begin for begin, _ in THOUGHTS)}).*\Z", re.S
)
"""Thoughts; they are no part of a draft. All up to the last end of a thought, whether its beginning is there (some chat
templates write that into the prompt) or not, and all from a beginning that has no end."""
LONE = re.compile(r"[\ud800-\udfff]")
WIDE_TOKENS, NARROW_TOKENS = 1.5, 0.5
"""Estimated tokens of a character beyond ASCII and of an ASCII one. Tokenizers of today need 0.6 to 1.2 and 0.25 to 0.4
on Japanese and English text, so the estimate errs towards too many: a diary is then shortened early, never refused."""


def well_formed(value: Any) -> Any:
    """Given what stands in JSON, return the same in texts that every file and process can take: halves of a surrogate
    pair that belong together become their letter, a lone one U+FFFD."""
    if isinstance(value, str):
        if not LONE.search(value):
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [well_formed(one) for one in value]
    if isinstance(value, dict):
        return {well_formed(key): well_formed(one) for key, one in value.items()}
    return value


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


def estimate_tokens(text: str) -> int:
    """Tokens of a text without its tokenizer, rounded up; see ``WIDE_TOKENS``. Pure."""
    narrow = sum(letter.isascii() for letter in text)
    return math.ceil(narrow * NARROW_TOKENS + (len(text) - narrow) * WIDE_TOKENS)
