"""The contract between the worker and an engine: a beginning and questions about it in, answers out.

``ask`` is for models trained on sentences: many short questions about one diary. ``generate`` writes whole drafts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypedDict


class Message(TypedDict):
    """One message of a chat: who speaks ("system", "user" or "assistant"), and what."""

    role: str
    content: str


@dataclass(frozen=True)
class Question:
    """A short question about one beginning: appended to the beginning's last message, answered by the assistant.

    ``temperature`` 0 means greedy; equal seeds give equal answers on one machine. ``choices`` are answers whose
    probability as the first token is wanted (each by its own first token). ``skip`` is one of them: when it is likelier
    than ``skip_above``, nothing more is generated. ``max_tokens`` 0 asks for the choices alone.
    """

    text: str
    max_tokens: int = 160
    temperature: float = 0.0
    seed: int = 3407
    top_p: float = 0.95
    choices: tuple[str, ...] = ()
    skip: str = ""
    skip_above: float = 1.0


@dataclass(frozen=True)
class Answer:
    """What the model said to one question; ``text`` is "" when it was skipped or ``max_tokens`` was 0.

    ``likelihoods``: for each line of the text the mean log-probability of its tokens in nats at temperature 1; empty
    where the engine cannot tell. ``choices``: the probability at temperature 1 of the first token of each of the
    question's choices; empty where the engine cannot tell. ``prompt_tokens`` counts what was evaluated for this
    question, ``cut`` says that ``max_tokens`` ended the text, not the model. ``failed``: nothing was said,
    since a server gave this one question no answer while it answered others.
    """

    text: str
    likelihoods: tuple[float, ...] = ()
    choices: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    generated_tokens: int = 0
    cut: bool = False
    failed: bool = False


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
    """What writes the drafts: ``version`` stands in the report's frontmatter, ``base`` is the reference, ``method`` is
    how it was trained to write: "sentences" or "whole", ``habits`` the line that it knows the days of its person by."""

    version: str
    base: str
    engine: str
    method: str = "whole"
    habits: str = ""


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

    def ask(
        self,
        beginning: Sequence[Message],
        questions: Sequence[Question],
        on_answer: Callable[[int, Answer], None] | None = None,
    ) -> Iterator[Answer]:
        """Yield one answer a question, in the questions' order; lazily, so that the caller may stop between any two.

        The beginning (rules, then the user's message so far, ending in a blank line) is evaluated once and kept until
        another comes. ``on_answer`` hears each answer with its question's place as soon as it is known, which may be
        before its turn. Raises ``EngineError``.
        """
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
