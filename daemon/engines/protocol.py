"""The contract between the worker and an engine: messages in, drafts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict


class Message(TypedDict):
    """One message of a chat: who speaks ("system", "user" or "assistant"), and what."""

    role: str
    content: str


@dataclass(frozen=True)
class Sampling:
    """How one draft is drawn. ``temperature`` 0 means greedy; equal seeds give equal drafts on one machine."""

    temperature: float = 0.0
    seed: int = 3407
    max_tokens: int = 700
    top_p: float = 0.95


@dataclass(frozen=True)
class Draft:
    """One generated text with its cost. ``cut`` says that ``max_tokens`` ended it, not the model.

    ``likelihoods``: for each line of the text (between line feeds) the mean log-probability of its tokens in nats at
    temperature 1; empty where the engine does not tell.
    """

    text: str
    prompt_tokens: int
    generated_tokens: int
    seconds: float
    cut: bool = False
    likelihoods: tuple[float, ...] = ()


@dataclass(frozen=True)
class ModelIdentity:
    """What writes the drafts: ``version`` stands in the report's frontmatter, ``base`` is the reference."""

    version: str
    base: str
    engine: str


class Engine(Protocol):
    """A loaded model. Constructing one loads it and may take seconds; errors are ``daemon.errors.EngineError``."""

    @property
    def identity(self) -> ModelIdentity: ...

    @property
    def context_tokens(self) -> int:
        """Prompt and report together, in tokens."""
        ...

    def count_tokens(self, text: str) -> int:
        """The number of tokens of a plain text, without template."""
        ...

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        """Yield one draft per sampling, in order; lazily where the engine draws them one at a time, so that the caller
        may stop early. ``on_text`` receives the text of the first draft piece by piece."""
        ...

    def close(self) -> None:
        """Free the model's memory."""
        ...
