"""Where a question stands in a chat: the rendered text before it and behind it. Pure.

A question continues the last message of its beginning. What stands before it is the same for all questions and is
tokenised by itself, as training does: tokens(before) + tokens(question + behind).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from daemon.engines.protocol import Message
from daemon.errors import EngineError
from daemon.words import tr

MARK = "\ue000"
"""Stands for the question while the template is rendered: a character for private use, which no template touches."""

Render = Callable[[list[Message]], str]


def around_question(render: Render, beginning: Sequence[Message]) -> tuple[str, str]:
    """Given a chat template that adds the assistant's header, and a beginning, return the text before and behind the
    question; raises ``EngineError`` for a template that does not keep the last message as it is."""
    *earlier, last = beginning
    marked: Message = {"role": last["role"], "content": last["content"] + MARK}
    before, mark, behind = render([*earlier, marked]).rpartition(MARK)
    if not mark or not before.endswith(last["content"].lstrip()):
        raise EngineError(
            tr("the model's chat template changes the user's message, so that no question can follow it"),
            tr("Use a model with an ordinary chat template."),
        )
    return before, behind


def rules_text(render: Render, messages: Sequence[Message]) -> str:
    """What all prompts of these rules share: the rendered chat up to where the last message's own text begins."""
    *earlier, last = messages
    return around_question(render, [*earlier, {"role": last["role"], "content": ""}])[0]


def shared(first: Sequence[int], second: Sequence[int]) -> list[int]:
    """The tokens that two prompts begin with."""
    pairs = zip(first, second, strict=False)
    return [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
