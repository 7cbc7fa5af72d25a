"""How much of a diary fits the model's context."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from daemon.config import Config
from daemon.engines.protocol import Engine, Message
from daemon.errors import ConfigError
from daemon.words import tr

TEMPLATE_TOKENS = 48
"""Room for the marks that chat templates put around two messages (ChatML takes 13), with a margin."""
LEAST_DIARY_TOKENS = 128
CHARACTERS_PER_TOKEN = 8
"""More than any tokenizer reaches on a diary; bounds the text that is counted at all."""


@dataclass(frozen=True)
class Fitted:
    """The beginning of a text that fits, and the number of its last line (from 1)."""

    text: str
    last_line: int


def fit(engine: Engine, text: str, without_diary: Sequence[Message], config: Config) -> Fitted:
    """Given a text and the messages around it, return the whole text, or as many of its first lines as leave room for
    prompt and report.

    A line too long by itself is cut between characters. Raises ``ConfigError`` when not even a short diary fits.
    """
    frame = sum(engine.count_tokens(message["content"]) for message in without_diary) + TEMPLATE_TOKENS
    room = engine.context_tokens - frame - config.engine.max_report_tokens
    if room < LEAST_DIARY_TOKENS:
        raise ConfigError(
            tr(
                "`engine.context_tokens`: {context_tokens} tokens leave no room for a diary (rules "
                "{frame}, report {max_report_tokens})",
                context_tokens=engine.context_tokens,
                frame=frame,
                max_report_tokens=config.engine.max_report_tokens,
            ),
            tr("Raise engine.context_tokens or lower engine.max_report_tokens."),
        )
    head = text[: room * CHARACTERS_PER_TOKEN]
    if len(head) == len(text) and engine.count_tokens(text) <= room:
        return Fitted(text, text.count("\n") + 1)
    ends = [index + 1 for index, letter in enumerate(head) if letter == "\n"]
    size = _largest(ends, lambda end: engine.count_tokens(head[:end]) <= room)
    if not size:
        size = _largest(range(1, len(head) + 1), lambda end: engine.count_tokens(head[:end]) <= room)
    kept = head[:size].rstrip("\n")
    return Fitted(kept, kept.count("\n") + 1)


def shortened_warning(fitted: Fitted, total: int) -> str:
    """The Japanese sentence that says which part of the diary the report rests on."""
    return (
        f"日記が長いため、先頭から{len(fitted.text):,}文字({fitted.last_line:,}行目まで、全{total:,}文字)だけを"
        "もとにしています。残りの内容は含まれていません。"
    )


def _largest(candidates: Iterable[int], fits: Callable[[int], bool]) -> int:
    """The largest of the ascending candidates that fits, or 0; binary search."""
    values = list(candidates)
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if fits(values[middle]):
            low = middle + 1
        else:
            high = middle
    return values[low - 1] if low else 0
