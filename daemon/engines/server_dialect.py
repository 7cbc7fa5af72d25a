"""What servers of the OpenAI chat API do differently: how each is asked not to think, whether it takes a system
message, where thoughts stand in its answers, and how much context its model really has.

Read off the servers' own interfaces: llama-server and vLLM take ``chat_template_kwargs``, Ollama ``reasoning_effort``
"none", LM Studio neither (Qwen3 reads "/no_think" there). What a server refuses is left out, so nothing here has to
know a server's version. That thoughts stay out of a report does not depend on it: whatever comes is cut (``clean``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from daemon.engines.text import THINKING

NO_TEMPLATE_THOUGHTS = {"chat_template_kwargs": {"enable_thinking": False}}
NO_EFFORT = {"reasoning_effort": "none"}
LM_STUDIO = ("organization_owner", "organization-owner")
OWNERS: dict[str, dict[str, Any]] = {
    "llamacpp": NO_TEMPLATE_THOUGHTS,
    "vllm": NO_TEMPLATE_THOUGHTS,
    **{owner: {"repeat_penalty": 1.0} for owner in LM_STUDIO},
}
"""``owned_by`` of a server's list of models → what its requests hold beside the usual. Any other server, Ollama among
them, is asked in both ways. LM Studio punishes repetition unless told otherwise; a report repeats its diary's words."""
SWITCHED = re.compile(r"qwen3(?!\.\d|-coder|-next|.*(?:2507|instruct|thinking))", re.I)
"""Models that read "/no_think" in a message: the first Qwen3, which thinks or not as it is told."""
REASONING = ("reasoning_content", "reasoning", "thinking")
"""Where servers put thoughts beside the answer."""
UNLOADED_TOKENS = 4096
"""The context with which Ollama and LM Studio load a model unless told otherwise. A longer prompt loses its beginning
there without a word, so this is what counts until the model is loaded and they tell."""
THINKING_TOKENS = 2048
"""Room for the thoughts of a model that was asked not to think and does. A guess, no such model was measured."""
Get = Callable[[str, Mapping[str, Any] | None], Any]
"""Given a path from the server's root and a body to post (None: GET), return the JSON answer, None without one."""


@dataclass(frozen=True)
class Dialect:
    """How a server's requests are written. ``simpler`` ones follow each other until nothing is left to leave out."""

    extra: Mapping[str, Any]
    switch: bool = False
    system_role: bool = True

    def dress(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request as this server takes it."""
        messages = [dict(message) for message in request["messages"]]
        if self.switch:
            messages[0]["content"] = f"{messages[0]['content']}\n/no_think"
        if not self.system_role and len(messages) > 1 and messages[0]["role"] == "system":
            rules, first, *rest = messages
            messages = [{**first, "content": f"{rules['content']}\n\n{first['content']}"}, *rest]
        return {**request, "messages": messages, **self.extra}

    def simpler(self) -> Dialect | None:
        """What to try when this one is refused: without the last extra field, and so on, then without a system
        message."""
        if self.extra:
            return replace(self, extra=dict(list(self.extra.items())[:-1]))
        return replace(self, system_role=False) if self.system_role else None


def dialect_of(entry: Mapping[str, Any]) -> Dialect:
    """Given a model's entry in the server's list, return how to write to it. Pure."""
    owner = str(entry.get("owned_by"))
    extra = OWNERS.get(owner, {**NO_TEMPLATE_THOUGHTS, **NO_EFFORT})
    return Dialect(extra, switch=owner in LM_STUDIO and bool(SWITCHED.search(str(entry.get("id")))))


def clean(choice: dict[str, Any]) -> bool:
    """Cut the thoughts out of a server's answer (its first choice), and what was told of its tokens with them: they are
    no longer the answer's. Return whether there was nothing but thoughts when the tokens were used up."""
    message = choice["message"]
    text = str(message["content"] or "")
    answer = THINKING.sub("", text)
    thought = answer != text or any(message.get(name) for name in REASONING)
    if answer != text:
        message["content"], choice["logprobs"] = answer, None
    return thought and not answer.strip() and choice["finish_reason"] == "length"


def with_room_to_think(
    request: Mapping[str, Any], usage: Mapping[str, Any], context_tokens: int
) -> dict[str, Any] | None:
    """The request with room for thoughts before the answer, for a model that cannot leave them; None where it had that
    room already, or where the context holds no more. ``usage`` tells how long the prompt was."""
    asked = int(request["max_tokens"])
    left = context_tokens - (_number(usage.get("prompt_tokens")) or context_tokens - asked)
    room = min(asked + THINKING_TOKENS, left)
    return {**request, "max_tokens": room} if asked < THINKING_TOKENS and room >= 2 * asked else None


def context_of(entry: Mapping[str, Any], model: str, get: Get) -> int:
    """The tokens that prompt and answer may have together, 0 where no server tells: from the model's entry (vLLM,
    llama-server), else from the server's own interface."""
    meta = entry.get("meta") if isinstance(entry.get("meta"), dict) else {}
    told = _number(entry.get("max_model_len")) or _number((meta or {}).get("n_ctx"))
    owner = str(entry.get("owned_by"))
    if told or owner == "vllm":
        return told
    if owner == "llamacpp":
        return _number(_at(get("props", None), "default_generation_settings", "n_ctx"))
    if owner in LM_STUDIO:
        found = get(f"api/v0/models/{model}", None)
        return (_number(_at(found, "loaded_context_length")) or UNLOADED_TOKENS) if found else 0
    if not isinstance(_at(get("api/ps", None), "models"), list):
        return 0
    if not _loaded(model, get):
        get("api/generate", {"model": model})  # without a prompt, Ollama loads the model, which is wanted next anyway
    if length := _loaded(model, get):
        return length
    told_at = re.search(r"^num_ctx\s+(\d+)", str(_at(get("api/show", {"model": model}), "parameters") or ""), re.M)
    return int(told_at[1]) if told_at else UNLOADED_TOKENS


def _loaded(model: str, get: Get) -> int:
    """The context with which Ollama holds a model, 0 where it does not hold it or does not tell."""
    loaded = _at(get("api/ps", None), "models")
    lengths = [_at(one, "context_length") for one in loaded or () if _at(one, "name") == model]
    return _number(next(iter(lengths), 0))


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
