"""An engine with a verifier beside it that runs in llama.cpp: for engines that cannot change adapters as they go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from daemon.engines.protocol import Draft, Engine, ModelIdentity, Sampling, Verifier
from daemon.prompt import Message
from daemon.verifier import Verdict


class VerifiedEngine:
    """Given an engine that writes and a loaded verifier, both in one. Implements ``Engine`` and ``Verifier``."""

    def __init__(self, engine: Engine, verifier: Verifier, close_verifier: Callable[[], None]) -> None:
        self._engine, self._verifier, self._close_verifier = engine, verifier, close_verifier

    @property
    def identity(self) -> ModelIdentity:
        return self._engine.identity

    @property
    def context_tokens(self) -> int:
        return self._engine.context_tokens

    def count_tokens(self, text: str) -> int:
        return self._engine.count_tokens(text)

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        return self._engine.generate(messages, samplings, on_text)

    def verify(self, diary: str, lines: Sequence[str]) -> list[Verdict]:
        return self._verifier.verify(diary, lines)

    def close(self) -> None:
        self._engine.close()
        self._close_verifier()
