"""Any server that speaks the OpenAI chat API: vLLM, llama-server, Ollama, LM Studio.

The only engine that uses the network, and only to the address in ``engine.server_url``: no redirect is followed, and
for a loopback address no proxy is asked. No message quotes what was sent or received.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from daemon.config import EngineSettings
from daemon.engines.protocol import Draft, Message, ModelIdentity, Sampling
from daemon.errors import ConfigError, EngineError, EngineTimeout, ModelMissing
from daemon.system.addresses import is_loopback
from daemon.versions.served_adapter import ServedAdapter, register

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
WIDE_TOKENS, NARROW_TOKENS = 1.5, 0.5
"""Estimated tokens of a character beyond ASCII and of an ASCII one. Tokenizers of today need 0.6 to 1.2 and 0.25 to 0.4
on Japanese and English text, so the estimate errs towards too many: a diary is then shortened early, never refused."""


def open_server(
    settings: EngineSettings, environment: dict[str, str] | None = None, adapter: ServedAdapter | None = None
) -> ServerEngine:
    """Given the [engine] settings and the version to register there, return the engine.

    Raises ``ConfigError`` and ``EngineError``.
    """
    parts = urlsplit(settings.server_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"`engine.server_url`: expected an address such as http://127.0.0.1:8080/v1, got {settings.server_url!r}",
            "Write the address of your server.",
        )
    key = ""
    if settings.server_api_key_env:
        key = (os.environ if environment is None else environment).get(settings.server_api_key_env, "")
        if not key:
            raise ConfigError(
                f"`engine.server_api_key_env`: the environment variable {settings.server_api_key_env} is not set",
                "Set it for the daemon (systemd: Environment= or EnvironmentFile=).",
            )
    return ServerEngine(settings, key, adapter)


class ServerEngine:
    """An ``Engine`` behind HTTP. Drafts are asked for one at a time, so that a clean first one costs no second."""

    def __init__(self, settings: EngineSettings, key: str = "", adapter: ServedAdapter | None = None) -> None:
        import httpx

        self._settings = settings
        self._adapter = adapter
        self._url = settings.server_url.rstrip("/")
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(settings.timeout_seconds, connect=CONNECT_SECONDS),
            trust_env=not is_loopback(settings.server_url),
            follow_redirects=False,
        )
        try:
            if adapter:
                register(self._client, self._url, adapter)
            self._model, self._limit = self._find_model()
        except BaseException:
            self._client.close()
            raise
        self._tokenizes: bool | None = None

    @property
    def identity(self) -> ModelIdentity:
        base = self._settings.server_model or self._model
        if self._adapter is None:
            return ModelIdentity(self._model, base, "server")
        return ModelIdentity(self._adapter.version, base, "server", self._adapter.method)

    @property
    def context_tokens(self) -> int:
        """The configured context, or the server's where it names a smaller one."""
        return min(self._settings.context_tokens, self._limit or self._settings.context_tokens)

    def count_tokens(self, text: str) -> int:
        """Exact where the server has ``/tokenize`` (llama-server, vLLM); else an estimate that errs upwards."""
        if self._tokenizes is not False:
            counted = self._tokenize(text)
            self._tokenizes = counted is not None
            if counted is not None:
                return counted
        return estimate_tokens(text)

    def generate(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], on_text: Callable[[str], None] | None = None
    ) -> Iterator[Draft]:
        for index, sampling in enumerate(samplings):
            started = time.monotonic()
            request: dict[str, Any] = {
                "model": self._model,
                "messages": list(messages),
                "max_tokens": sampling.max_tokens,
                "temperature": sampling.temperature,
                "seed": sampling.seed,
                "top_p": sampling.top_p,
            }
            listener = on_text if index == 0 else None
            text, reason, usage = self._draw(request, listener)
            yield Draft(
                text=text,
                prompt_tokens=int(usage.get("prompt_tokens") or 0),
                generated_tokens=int(usage.get("completion_tokens") or 0),
                seconds=time.monotonic() - started,
                cut=reason == "length",
            )

    def _draw(self, request: dict[str, Any], listener: Callable[[str], None] | None) -> tuple[str, str, dict[str, Any]]:
        """One answer. A server that was started again has lost the registered version: it gets it once more."""
        try:
            return self._stream(request, listener) if listener else self._ask(request)
        except ModelMissing:
            if self._adapter is None:
                raise
            register(self._client, self._url, self._adapter)
            return self._stream(request, listener) if listener else self._ask(request)

    def close(self) -> None:
        self._client.close()

    def _find_model(self) -> tuple[str, int]:
        """The configured model's name, or the server's only one, and its context where the server tells."""
        answer = self._send("GET", f"{self._url}/models")
        try:
            entries = [entry for entry in answer.json()["data"] if isinstance(entry, dict)]
        except (ValueError, KeyError, TypeError):
            raise self._not_openai(answer.status_code) from None
        names = [str(entry.get("id")) for entry in entries]
        wanted = self._adapter.name if self._adapter else self._settings.server_model
        if not wanted and len(names) != 1:
            raise ConfigError(
                f"`engine.server_model`: the server has {len(names)} models: {', '.join(names[:10])}",
                "Name one of them.",
            )
        for name, entry in zip(names, entries, strict=True):
            if name == wanted or not wanted:
                meta = entry.get("meta") if isinstance(entry.get("meta"), dict) else {}
                limit = entry.get("max_model_len") or (meta or {}).get("n_ctx") or 0
                if not limit and self._adapter:
                    limit = max((int(each.get("max_model_len") or 0) for each in entries), default=0)
                return name, int(limit)
        raise ModelMissing(
            f"the server at {self._url} has no model {wanted!r}; it has: {', '.join(names[:10]) or 'none'}",
            "Correct engine.server_model, or load the model there.",
        )

    def _ask(self, request: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        answer = self._send("POST", f"{self._url}/chat/completions", request)
        try:
            body = answer.json()
            choice = body["choices"][0]
            return str(choice["message"]["content"] or ""), str(choice["finish_reason"]), body.get("usage") or {}
        except (ValueError, LookupError, TypeError):
            raise self._not_openai(answer.status_code) from None

    def _stream(self, request: dict[str, Any], on_text: Callable[[str], None]) -> tuple[str, str, dict[str, Any]]:
        import httpx

        pieces: list[str] = []
        reason = ""
        usage: dict[str, Any] = {}
        body = {**request, "stream": True, "stream_options": {"include_usage": True}}
        try:
            with self._client.stream("POST", f"{self._url}/chat/completions", json=body) as answer:
                if answer.status_code != httpx.codes.OK:
                    answer.read()
                    self._raise_for(answer)
                for line in answer.iter_lines():
                    data = line.removeprefix("data:").strip()
                    if not line.startswith("data:") or data == "[DONE]":
                        continue
                    chunk = json.loads(data)
                    usage = chunk.get("usage") or usage
                    for choice in chunk.get("choices", []):
                        reason = choice.get("finish_reason") or reason
                        if piece := choice["delta"].get("content"):
                            pieces.append(piece)
                            on_text(piece)
        except httpx.HTTPError as problem:
            raise self._unreachable(problem) from None
        except (ValueError, LookupError, TypeError):
            raise self._not_openai(200) from None
        if not reason:
            raise EngineError(f"the server at {self._url} broke off in the middle of a report", "Look at its log.")
        return "".join(pieces), reason, usage

    def _tokenize(self, text: str) -> int | None:
        """llama-server answers ``tokens`` to ``content``, vLLM ``count`` to ``prompt``; None where there is neither."""
        import httpx

        root = self._url.removesuffix("/v1")
        body = {"model": self._model, "content": text, "prompt": text, "add_special_tokens": False}
        try:
            answer = self._client.post(f"{root}/tokenize", json=body)
            values = answer.json() if answer.status_code == httpx.codes.OK else {}
        except (httpx.HTTPError, ValueError):
            return None
        if not isinstance(values, dict):
            return None
        count, tokens = values.get("count"), values.get("tokens")
        return int(count) if isinstance(count, int) else len(tokens) if isinstance(tokens, list) else None

    def _send(self, method: str, address: str, body: dict[str, Any] | None = None) -> httpx.Response:
        import httpx

        try:
            answer = self._client.request(method, address, json=body)
        except httpx.HTTPError as problem:
            raise self._unreachable(problem) from None
        if answer.status_code != httpx.codes.OK:
            self._raise_for(answer)
        return answer

    def _raise_for(self, answer: httpx.Response) -> None:
        """Turn an answer that is not 200 into an error for a person."""
        status = answer.status_code
        if status in (401, 403):
            named = self._settings.server_api_key_env
            step = f"Check the key in {named}." if named else "Name the key's variable in engine.server_api_key_env."
            raise EngineError(f"the server at {self._url} refused the key ({status})", step)
        kind = _error_words(answer)
        if "context" in kind or "max_model_len" in kind or "maximum" in kind:
            raise EngineError(
                f"the prompt is longer than the context of {self._model!r} on the server",
                "Lower engine.context_tokens to the server's own context.",
            )
        if status == 404:
            raise ModelMissing(
                f"the server at {self._url} has no such address or no model {self._settings.server_model!r} (404)",
                "Check engine.server_url (it usually ends in /v1) and engine.server_model.",
            )
        raise EngineError(f"the server at {self._url} answered {status}", "Look at the server's log.")

    def _unreachable(self, problem: httpx.HTTPError) -> EngineError:
        import httpx

        if isinstance(problem, httpx.ConnectTimeout | httpx.ConnectError):
            return EngineError(
                f"no server answers at {self._url} ({type(problem).__name__})",
                "Start it, or correct engine.server_url.",
            )
        if isinstance(problem, httpx.TimeoutException):
            return EngineTimeout(
                f"the server at {self._url} gave no answer within {self._settings.timeout_seconds:g} seconds",
                "Raise engine.timeout_seconds or look at the server's load.",
            )
        return EngineError(
            f"the connection to {self._url} broke ({type(problem).__name__})", "Look at the server's log."
        )

    def _not_openai(self, status: int) -> EngineError:
        return EngineError(
            f"{self._url} answered {status}, but not as an OpenAI-compatible server does",
            "Check engine.server_url; it usually ends in /v1.",
        )


def estimate_tokens(text: str) -> int:
    """Tokens of a text without its tokenizer, rounded up; see ``WIDE_TOKENS``. Pure."""
    narrow = sum(letter.isascii() for letter in text)
    return math.ceil(narrow * NARROW_TOKENS + (len(text) - narrow) * WIDE_TOKENS)


def _error_words(answer: httpx.Response) -> str:
    """The server's error type and message, to be searched, never shown: it may quote the prompt."""
    try:
        values = answer.json()
    except ValueError:
        return ""
    error = values.get("error", values) if isinstance(values, dict) else {}
    if not isinstance(error, dict):
        return str(error)[:500].lower()
    return f"{error.get('type')} {error.get('code')} {error.get('message')}"[:500].lower()
