"""Any server that speaks the OpenAI chat API: vLLM, llama-server, Ollama, LM Studio.

The only engine that uses the network, and only to the address in ``engine.server_url``: no redirect is followed, and
for a loopback address no proxy is asked. No message quotes what was sent or received.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from daemon.config import EngineSettings
from daemon.engines.protocol import Answer, Draft, Message, ModelIdentity, Question, Sampling
from daemon.engines.server_answers import ask
from daemon.engines.server_dialect import clean, context_of, dialect_of, with_room_to_think
from daemon.engines.server_errors import not_openai, refusal, thought_only, unreachable
from daemon.engines.server_models import entry_of, listed
from daemon.engines.server_stream import streamed
from daemon.engines.text import estimate_tokens, well_formed
from daemon.errors import ConfigError, EngineError, ModelMissing, NoProbabilities, NotUnderstood
from daemon.system.addresses import is_loopback
from daemon.versions.served_adapter import ServedAdapter, register
from daemon.words import tr

if TYPE_CHECKING:
    import httpx

Reply = TypeVar("Reply")
CONNECT_SECONDS = 10.0
SHARE_OF_ONE = 0.25
"""The share of ``engine.timeout_seconds``, the limit of a whole draft, that one short question may take."""


def open_server(
    settings: EngineSettings, environment: dict[str, str] | None = None, adapter: ServedAdapter | None = None
) -> ServerEngine:
    """Given the [engine] settings and the version to register there, return the engine.

    Raises ``ConfigError`` and ``EngineError``.
    """
    parts = urlsplit(settings.server_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            tr(
                "`engine.server_url`: expected an address such as http://127.0.0.1:8080/v1, got {server_url!r}",
                server_url=settings.server_url,
            ),
            tr("Write the address of your server."),
        )
    key = ""
    if settings.server_api_key_env:
        key = (os.environ if environment is None else environment).get(settings.server_api_key_env, "")
        if not key:
            raise ConfigError(
                tr(
                    "`engine.server_api_key_env`: the environment variable {server_api_key_env} is not set",
                    server_api_key_env=settings.server_api_key_env,
                ),
                tr("Set it for the daemon (systemd: Environment= or EnvironmentFile=)."),
            )
    return ServerEngine(settings, key, adapter)


class ServerEngine:
    """An ``Engine`` behind HTTP. Drafts are asked for one at a time, so that a clean first one costs no second."""

    def __init__(self, settings: EngineSettings, key: str = "", adapter: ServedAdapter | None = None) -> None:
        import httpx

        self._settings = settings
        self._adapter = adapter
        self._model, self._tells_chances = settings.server_model, True
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
            entry, self._limit = self._find_model()
        except BaseException:
            self._client.close()
            raise
        self._model, self._dialect = str(entry.get("id")), dialect_of(entry)
        self._tokenizes: bool | None = None

    @property
    def identity(self) -> ModelIdentity:
        base = self._settings.server_model or self._model
        if self._adapter is None:
            return ModelIdentity(self._model, base, "server")
        return ModelIdentity(self._adapter.version, base, "server", self._adapter.method, self._adapter.habits)

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

    def ask(
        self,
        beginning: Sequence[Message],
        questions: Sequence[Question],
        on_answer: Callable[[int, Answer], None] | None = None,
    ) -> Iterator[Answer]:
        """The first question goes alone, so that the server evaluates the beginning once; then several at a time. The
        rest of an answer that is to be skipped is dropped, not spared: a second request would cost more."""
        return ask(lambda request: self._registered(lambda: self._ask(request)), beginning, questions, on_answer)

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
        if listener:
            return self._registered(lambda: self._stream(request, listener))
        body = self._registered(lambda: self._chat(request))
        choice = body["choices"][0]
        return str(choice["message"]["content"] or ""), str(choice["finish_reason"]), body.get("usage") or {}

    def _registered(self, call: Callable[[], Reply]) -> Reply:
        """One answer. A server that was started again has lost the registered version: it gets it once more."""
        try:
            return call()
        except ModelMissing:
            if self._adapter is None:
                raise
            register(self._client, self._url, self._adapter)
            return call()

    def close(self) -> None:
        self._client.close()

    def _find_model(self) -> tuple[dict[str, Any], int]:
        """The entry of the model in the server's list, and its context where the server tells."""
        entries = listed(self._send("GET", f"{self._url}/models"), self._url)
        entry = entry_of(entries, self._adapter.name if self._adapter else self._settings.server_model, self._url)
        limit = context_of(entry, str(entry.get("id")), self._own)
        if not limit and self._adapter:
            limit = max((int(each.get("max_model_len") or 0) for each in entries), default=0)
        return entry, limit

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """One question, with probabilities where the server tells them."""
        seconds = self._settings.timeout_seconds * SHARE_OF_ONE
        try:
            if self._tells_chances:
                return self._chat({"model": self._model, **request}, seconds)
        except NoProbabilities:
            self._tells_chances = False
        plain = {name: value for name, value in request.items() if "logprobs" not in name}
        return self._chat({"model": self._model, **plain}, seconds)

    def _chat(self, request: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
        """The server's whole answer, of which the first choice holds a message without thoughts and a reason."""
        address = f"{self._url}/chat/completions"
        answer = self._understood(request, lambda dressed: self._send("POST", address, dressed, seconds))
        try:
            body: dict[str, Any] = well_formed(answer.json())
            choice = body["choices"][0]
            only_thoughts = clean(choice)
        except (ValueError, LookupError, TypeError, AttributeError):
            raise not_openai(self._url, answer.status_code) from None
        return self._chat(self._roomier(request, body.get("usage") or {}), seconds) if only_thoughts else body

    def _understood(self, request: dict[str, Any], send: Callable[[dict[str, Any]], Reply]) -> Reply:
        """What ``send`` says to the request as this server takes it. How it takes it is found out once."""
        dialect = self._dialect
        while True:
            try:
                reply = send(dialect.dress(request))
            except NotUnderstood:
                simpler = dialect.simpler()
                if simpler is None:
                    raise
                dialect = simpler
            else:
                self._dialect = dialect
                return reply

    def _stream(self, request: dict[str, Any], on_text: Callable[[str], None]) -> tuple[str, str, dict[str, Any]]:
        """The text without its thoughts, why it ended, and its cost."""
        import httpx

        address = f"{self._url}/chat/completions"

        def refused(answer: httpx.Response) -> EngineError:
            return refusal(answer, self._url, self._settings, self._model)

        try:
            choice, usage = self._understood(
                request, lambda dressed: streamed(self._client, address, dressed, on_text, refused)
            )
        except httpx.HTTPError as problem:
            raise unreachable(problem, self._url, self._settings.timeout_seconds) from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise not_openai(self._url, 200) from None
        if not choice["finish_reason"]:
            raise EngineError(
                tr("the server at {url} broke off in the middle of a report", url=self._url), tr("Look at its log.")
            )
        if clean(choice):
            return self._stream(self._roomier(request, usage), on_text)
        return choice["message"]["content"], choice["finish_reason"], usage

    def _roomier(self, request: dict[str, Any], usage: dict[str, Any]) -> dict[str, Any]:
        """The request again after an answer of nothing but thoughts, with room for them and the answer."""
        roomier = with_room_to_think(request, usage, self.context_tokens)
        if roomier is None:
            raise thought_only(self._url, self._model)
        return roomier

    def _own(self, path: str, body: Mapping[str, Any] | None) -> Any:
        """What the server says at an address of its own interface, beside the OpenAI one; None without an answer."""
        import httpx

        address = f"{self._url.removesuffix('/v1')}/{path}"
        try:
            answer = self._client.get(address) if body is None else self._client.post(address, json=body)
            return answer.json() if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError):
            return None

    def _tokenize(self, text: str) -> int | None:
        """llama-server answers ``tokens`` to ``content``, vLLM ``count`` to ``prompt``; None where there is neither."""
        values = self._own(
            "tokenize", {"model": self._model, "content": text, "prompt": text, "add_special_tokens": False}
        )
        if not isinstance(values, dict):
            return None
        count, tokens = values.get("count"), values.get("tokens")
        return int(count) if isinstance(count, int) else len(tokens) if isinstance(tokens, list) else None

    def _send(
        self, method: str, address: str, body: dict[str, Any] | None = None, seconds: float | None = None
    ) -> httpx.Response:
        """The server's answer. A kept connection that the server closed while it was idle breaks at the next request,
        before anything was answered: once, it is sent again over a new one."""
        import httpx

        limit = self._settings.timeout_seconds if seconds is None else seconds
        wait = httpx.Timeout(limit, connect=CONNECT_SECONDS)
        try:
            try:
                answer = self._client.request(method, address, json=body, timeout=wait)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                answer = self._client.request(method, address, json=body, timeout=wait)
        except httpx.HTTPError as problem:
            raise unreachable(problem, self._url, limit) from None
        if answer.status_code != httpx.codes.OK:
            raise refusal(answer, self._url, self._settings, self._model)
        return answer
