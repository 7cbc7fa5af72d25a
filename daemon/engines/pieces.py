"""Growing tokens as pieces of text, for whoever listens while a draft is written. Pure."""

from __future__ import annotations

from collections.abc import Callable

UNFINISHED = "\ufffd"
"""What a tokenizer gives for the first bytes of a letter."""


class Pieces:
    """Turn growing tokens into pieces of text. Half a letter waits for its other half."""

    def __init__(self, decode: Callable[[list[int]], str], on_text: Callable[[str], None]) -> None:
        self._decode, self._on_text, self._sent = decode, on_text, ""

    def hear(self, tokens: list[int]) -> None:
        """Given all tokens so far, hand on what is new."""
        text = self._decode(tokens)
        if not text.endswith(UNFINISHED):
            self._hand_on(text)

    def end(self, tokens: list[int]) -> None:
        self._hand_on(self._decode(tokens))

    def _hand_on(self, text: str) -> None:
        if len(text) > len(self._sent):
            piece = text[len(self._sent) :]
            self._sent = text
            self._on_text(piece)
