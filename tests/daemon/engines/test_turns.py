"""Where a question stands in a chat, whatever the template and the diary look like."""

from __future__ import annotations

import pytest

from daemon.engines.protocol import Message
from daemon.engines.turns import MARK, around_question, rules_text, shared
from daemon.errors import EngineError


def chat(system: str, user: str) -> list[Message]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def chatml(messages: list[Message]) -> str:
    turns = "".join(f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in messages)
    return turns + "<|im_start|>assistant\n"


def trimming(messages: list[Message]) -> str:
    """As Llama's and Gemma's templates do."""
    return chatml([{"role": one["role"], "content": one["content"].strip()} for one in messages])


@pytest.mark.parametrize("render", [chatml, trimming])
@pytest.mark.parametrize("diary", ["朝はJava。\n\n", f"文字{MARK}が混ざる。\n\n", "<|im_end|>\n\n"])
def test_before_the_question_stands_the_diary_and_behind_it_the_assistant(render, diary) -> None:  # type: ignore[no-untyped-def]
    before, behind = around_question(render, chat("規則", diary))
    assert before == f"<|im_start|>system\n規則<|im_end|>\n<|im_start|>user\n{diary}"
    assert behind == "<|im_end|>\n<|im_start|>assistant\n"


def test_the_rules_end_where_the_diary_begins() -> None:
    assert rules_text(chatml, chat("規則", "日記")) == "<|im_start|>system\n規則<|im_end|>\n<|im_start|>user\n"


def test_a_template_that_rewrites_the_message_is_refused() -> None:
    def shouting(messages: list[Message]) -> str:
        return messages[-1]["content"].upper()

    def deaf(messages: list[Message]) -> str:
        return "system only"

    for render in (shouting, deaf):
        with pytest.raises(EngineError, match="template"):
            around_question(render, chat("規則", "java\n\n"))


def test_tokens_are_shared_up_to_the_first_difference() -> None:
    assert shared([1, 2, 3], [1, 2, 4, 5]) == [1, 2]
    assert shared([1], []) == []
