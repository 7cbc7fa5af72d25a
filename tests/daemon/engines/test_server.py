"""The server engine against llama.cpp's own server, and against servers that misbehave."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import xllamacpp

from daemon.config import EngineSettings
from daemon.config.report_form import ReportSettings
from daemon.drafting.prompt import render_prompt
from daemon.engines.protocol import Question, Sampling
from daemon.engines.server import ServerEngine, open_server
from daemon.engines.text import estimate_tokens
from daemon.errors import ConfigError, EngineError, EngineTimeout, ModelMissing, ServerAway
from daemon.system.addresses import is_loopback
from tests.tiny_model import TinyModel

KEY = "a-secret-key"
DIARY = "一限はデータベース。凌と正規化の復習をした。"
MESSAGES = render_prompt(DIARY, ReportSettings())
GREEDY = Sampling(max_tokens=16)


@pytest.fixture(scope="module")
def llama_server(tiny: TinyModel) -> Iterator[str]:
    """A real OpenAI-compatible server on a loopback port, with a key."""
    params = xllamacpp.CommonParams()
    params.model.path = str(tiny.gguf)
    params.n_ctx, params.verbosity, params.warmup, params.api_keys = 2048, 1, False, [KEY]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.model_alias = {"tiny"}
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"


def settings(url: str, **changes: object) -> EngineSettings:
    return EngineSettings.model_validate({"kind": "server", "server_url": url, "timeout_seconds": 20, **changes})


@pytest.fixture
def engine(llama_server: str) -> Iterator[ServerEngine]:
    opened = open_server(settings(llama_server, server_api_key_env="KEY", context_tokens=8192), {"KEY": KEY})
    yield opened
    opened.close()


def test_drafts_come_with_their_cost(engine: ServerEngine) -> None:
    first, second = engine.generate(MESSAGES, [GREEDY, GREEDY])
    assert first.text == second.text != ""
    assert first.cut
    assert first.generated_tokens == 16
    assert first.prompt_tokens > 100
    assert engine.identity.engine == "server"


def test_seeds_count(engine: ServerEngine) -> None:
    drawn = [Sampling(temperature=1.5, seed=seed, max_tokens=16) for seed in (1, 2, 1)]
    texts = [draft.text for draft in engine.generate(MESSAGES, drawn)]
    assert texts[0] == texts[2] != texts[1]


def test_text_streams_and_adds_up(engine: ServerEngine) -> None:
    pieces: list[str] = []
    streamed, plain = engine.generate(MESSAGES, [GREEDY, GREEDY], pieces.append)
    assert "".join(pieces) == streamed.text == plain.text
    assert (streamed.prompt_tokens, streamed.generated_tokens, streamed.cut) == (plain.prompt_tokens, 16, True)


def test_tokens_are_counted_by_the_server_and_its_context_is_known(engine: ServerEngine) -> None:
    assert engine.count_tokens("the the") < len("the the")
    assert engine.context_tokens == 2048


def test_too_long_a_prompt_is_told_without_the_prompt(engine: ServerEngine) -> None:
    with pytest.raises(EngineError, match="longer than the context") as caught:
        list(engine.generate(render_prompt(DIARY * 200, ReportSettings()), [GREEDY]))
    assert "データベース" not in str(caught.value)
    with pytest.raises(EngineError, match="longer than the context"):
        list(engine.generate(render_prompt(DIARY * 200, ReportSettings()), [GREEDY], lambda piece: None))


def test_a_wrong_key_is_told_and_never_shown(llama_server: str) -> None:
    with pytest.raises(EngineError, match="refused the key") as caught:
        open_server(settings(llama_server, server_api_key_env="KEY"), {"KEY": "wrong-key"})
    assert "KEY" in caught.value.next_step
    assert "wrong-key" not in str(caught.value)
    with pytest.raises(EngineError, match="refused the key"):
        open_server(settings(llama_server))


def test_a_model_that_the_server_lacks_is_told_with_those_it_has(llama_server: str) -> None:
    with pytest.raises(ModelMissing, match=r"no model 'gpt-9'; it has: .*tiny"):
        open_server(settings(llama_server, server_api_key_env="KEY", server_model="gpt-9"), {"KEY": KEY})


def test_nobody_at_the_address_is_told_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServerAway, match=f"no server answers at http://127.0.0.1:{port}/v1"):
        open_server(settings(f"http://127.0.0.1:{port}/v1"))


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://host/v1", "http://"])
def test_an_address_that_is_none_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(ConfigError, match="server_url"):
        open_server(settings(url))


def test_a_missing_key_variable_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(ConfigError, match="MY_KEY is not set"):
        open_server(settings("http://127.0.0.1:9/v1", server_api_key_env="MY_KEY"), {})


Answer = Callable[[http.server.BaseHTTPRequestHandler, dict[str, Any]], None]


@pytest.fixture
def stand_in() -> Iterator[Callable[[Answer], str]]:
    """``stand_in(answer)`` → the address of a server that lists one model and leaves the rest to ``answer``."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                say(self, 200, {"data": [{"id": "m", "max_model_len": 3000}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer(self, body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def say(handler: http.server.BaseHTTPRequestHandler, status: int, body: object) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def draft(url: str, stream: bool = False, **changes: object) -> str:
    engine = open_server(settings(url, **changes))
    try:
        return next(engine.generate(MESSAGES, [GREEDY], (lambda piece: None) if stream else None)).text
    finally:
        engine.close()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (404, {"error": {"message": "model m not found"}}, ModelMissing, "404"),
        (
            400,
            {"object": "error", "message": "This model's maximum context length is 3000"},
            EngineError,
            "longer than",
        ),
        (500, b"<html>oops</html>", EngineError, "answered 500"),
        (503, {"error": {"message": "Loading model"}}, ServerAway, "not ready"),
        (502, b"<html>router</html>", ServerAway, "not ready"),
        (403, b"", EngineError, "refused the key"),
        (302, b"", EngineError, "answered 302"),
    ],
)
def test_every_refusal_has_its_words(
    stand_in: Callable[[Answer], str], status: int, body: object, kind: type[EngineError], words: str, stream: bool
) -> None:
    url = stand_in(lambda handler, _: say(handler, status, body))
    with pytest.raises(kind, match=words) as caught:
        draft(url, stream)
    assert caught.value.next_step


@pytest.mark.parametrize("body", [b"plain words", {"choices": []}, {"choices": [{"message": {}}]}, [1]])
def test_a_server_of_another_kind_is_recognised(stand_in: Callable[[Answer], str], body: object) -> None:
    url = stand_in(lambda handler, _: say(handler, 200, body))
    with pytest.raises(EngineError, match="not as an OpenAI-compatible server"):
        draft(url)


def test_a_connection_dropped_before_the_answer_is_opened_once_more(stand_in: Callable[[Answer], str]) -> None:
    """A server may close a kept connection at the very moment the next request leaves."""
    drops = [True, False, True, True]

    def answer(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        if not drops.pop(0):
            say(handler, 200, {"choices": [{"message": {"content": "本日は"}, "finish_reason": "stop"}]})

    url = stand_in(answer)
    assert draft(url) == "本日は"
    with pytest.raises(ServerAway, match=r"the connection to .* broke"):
        draft(url)
    assert drops == []


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_hangs_is_a_timeout(stand_in: Callable[[Answer], str], stream: bool) -> None:
    url = stand_in(lambda handler, _: time.sleep(3))
    with pytest.raises(EngineTimeout, match=r"within 0\.5 seconds"):
        draft(url, stream, timeout_seconds=0.5)


def test_a_question_has_a_quarter_of_a_drafts_time(stand_in: Callable[[Answer], str]) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        time.sleep(1.0 if body["messages"][-1]["content"].endswith("slow") else 0.0)
        say(handler, 200, {"choices": [{"message": {"content": "なし"}, "finish_reason": "stop"}]})

    engine = open_server(settings(stand_in(answer), timeout_seconds=2))
    started = time.monotonic()
    answers = list(engine.ask(MESSAGES, [Question("quick"), Question("slow"), Question("quick")]))
    engine.close()
    assert [one.failed for one in answers] == [False, True, False] and time.monotonic() - started < 1.9


def test_a_stream_that_breaks_off_is_not_taken_for_a_report(stand_in: Callable[[Answer], str]) -> None:
    chunk = json.dumps({"choices": [{"delta": {"content": "本日は"}, "finish_reason": None}]}).encode()
    url = stand_in(lambda handler, _: say(handler, 200, b"data: " + chunk + b"\n\n"))
    with pytest.raises(EngineError, match="broke off"):
        draft(url, stream=True)


def test_a_server_that_refuses_probabilities_is_asked_without(stand_in: Callable[[Answer], str]) -> None:
    asked: list[bool] = []

    def answer(handler: http.server.BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked.append("logprobs" in body or "top_logprobs" in body)
        if asked[-1]:
            say(handler, 400, {"error": {"message": "logprobs are not supported by this model"}})
        else:
            say(handler, 200, {"choices": [{"message": {"content": "なし"}, "finish_reason": "stop"}]})

    engine = open_server(settings(stand_in(answer)))
    questions = [Question(f"文: {number}", choices=("なし",), skip="なし", skip_above=0.5) for number in range(3)]
    assert [answer.text for answer in engine.ask(MESSAGES, questions)] == ["なし"] * 3
    assert asked == [True, False, False, False]
    engine.close()


@pytest.mark.parametrize("stream", [False, True])
def test_half_a_surrogate_pair_is_no_end_of_a_draft(stand_in: Callable[[Answer], str], stream: bool) -> None:
    """A server that cuts a letter in two, as some do at the last token."""
    pieces = ["* 復習しました", "\ud83d", "\ude00", "。", "\udc8e"]

    def answer(handler: http.server.BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if not stream:
            say(handler, 200, {"choices": [{"message": {"content": "".join(pieces)}, "finish_reason": "length"}]})
            return
        chunks = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
        chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        say(handler, 200, "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode())

    text = draft(stand_in(answer), stream)
    assert text == "* 復習しました😀。\ufffd" and text.encode()


def test_without_tokenize_the_count_errs_upwards(stand_in: Callable[[Answer], str]) -> None:
    asked: list[str] = []

    def answer(handler: http.server.BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked.append(handler.path)
        say(handler, 404, {})

    engine = open_server(settings(stand_in(answer)))
    assert engine.count_tokens(DIARY) == estimate_tokens(DIARY) >= len(DIARY)
    engine.count_tokens(DIARY)
    assert asked == ["/tokenize"]
    assert engine.context_tokens == 3000
    engine.close()


def test_vllm_counts_with_another_word(stand_in: Callable[[Answer], str]) -> None:
    engine = open_server(settings(stand_in(lambda handler, body: say(handler, 200, {"count": len(body["prompt"])}))))
    assert engine.count_tokens("日記です") == 4
    engine.close()


def test_a_proxy_is_not_asked_for_this_machine(
    stand_in: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    reply = {"choices": [{"message": {"content": "よし"}, "finish_reason": "stop"}], "usage": None}
    assert draft(stand_in(lambda handler, _: say(handler, 200, reply))) == "よし"


def test_what_is_this_machine() -> None:
    assert is_loopback("http://127.0.0.1:8080/v1")
    assert is_loopback("http://[::1]/v1")
    assert is_loopback("http://localhost:1/")
    assert not is_loopback("https://localhost.example/v1")
    assert not is_loopback("http://10.0.0.2/")
