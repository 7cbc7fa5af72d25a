"""A server's answer as it comes, line by line: server-sent events of the OpenAI chat API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from daemon.engines.server_dialect import REASONING
from daemon.engines.text import THINKING, well_formed
from daemon.errors import EngineError

if TYPE_CHECKING:
    import httpx

MARKS, LONGEST_MARK = "<[◁", 24
"""What the marks of a thought begin with, and more letters than any has."""


def streamed(
    client: httpx.Client,
    address: str,
    request: dict[str, Any],
    on_text: Callable[[str], None],
    refused: Callable[[httpx.Response], EngineError],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send a request and read its answer as it comes (``read_stream``); raises what ``refused`` makes of an answer
    other than 200, and what httpx raises."""
    body = {**request, "stream": True, "stream_options": {"include_usage": True}}
    with client.stream("POST", address, json=body) as answer:
        if answer.status_code != 200:
            answer.read()
            raise refused(answer)
        return read_stream(answer.iter_lines(), on_text)


def read_stream(lines: Iterable[str], on_text: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Given the lines of a stream, return its choice as an answer that was not streamed holds it, and the usage.

    ``on_text`` hears the text piece by piece, but no thought whose beginning is marked. ``finish_reason`` is "" where
    the stream broke off. Raises ``ValueError``, ``LookupError``, ``TypeError`` and ``AttributeError`` for what is no
    such stream.
    """
    text, heard, reason, beside = "", "", "", ""
    usage: dict[str, Any] = {}
    for line in lines:
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        chunk = json.loads(data)
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices", []):
            reason = choice.get("finish_reason") or reason
            delta = choice["delta"]
            beside = beside or next((str(delta[name]) for name in REASONING if delta.get(name)), "")
            text += delta.get("content") or ""
            said = _said(text, bool(reason))
            if len(said) > len(heard):
                on_text(well_formed(said[len(heard) :]))
                heard = said
    return {"message": {"content": well_formed(text), REASONING[0]: beside}, "finish_reason": reason}, usage


def _said(text: str, ended: bool) -> str:
    """The part of a text so far that is no thought, and cannot become the mark of one."""
    start = text.lstrip()
    if not ended and start[:1] in MARKS and len(start) < LONGEST_MARK:
        return ""
    return THINKING.sub("", text)
