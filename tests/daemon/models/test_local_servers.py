"""What is found at the ports of this machine, and what is passed over: other programs, odd answers, other machines."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
import xllamacpp

from daemon.models.local_servers import LocalModel, LocalServer, billions, look
from daemon.system.peers import listener
from tests.local_servers import LlamaServer, LmStudio, Ollama, Reply, serving
from tests.local_servers import LocalServer as StandIn
from tests.tiny_model import TinyModel

GB = 10**9
TAGS = [
    {
        "name": "qwen3:8b",
        "size": 5 * GB,
        "details": {"family": "qwen3", "parameter_size": "8.2B", "quantization_level": "Q4_K_M"},
    },
    {"name": "nomic-embed-text:latest", "size": GB, "details": {"family": "nomic-bert", "parameter_size": "137M"}},
    {"name": "gpt-oss:120b-cloud", "size": 384, "remote_host": "https://ollama.com:443", "details": {}},
    {"name": "mine", "size": 2 * GB, "details": None},
]


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


def found(kind: str, answer: Any) -> LocalServer | None:
    with serving(answer) as address:
        servers = look([(kind, port(address))])
    assert [server.url for server in servers] in ([], [f"{address}/v1"])
    return servers[0] if servers else None


def test_ollama_lists_its_models_but_no_embeddings_and_marks_what_runs_elsewhere() -> None:
    server = found("Ollama", Ollama(TAGS).answer)
    assert server is not None and server.models == (
        LocalModel("qwen3:8b", 8.2, 5 * GB, "Q4_K_M"),
        LocalModel("gpt-oss:120b-cloud", 120.0, 0, "", elsewhere=True),
        LocalModel("mine", 0.0, 2 * GB),
    )


def test_lm_studio_lists_its_models_in_both_of_its_ages() -> None:
    models = [
        {"name": "qwen/qwen3-14b", "quantization": "4bit"},
        {"name": "text-embedding-nomic", "type": "embeddings"},
    ]
    server = found("LM Studio", LmStudio(models).answer)
    assert server is not None and server.models == (LocalModel("qwen/qwen3-14b", 14.0, 0, "4bit"),)
    old = StandIn(models)
    old.owner = "organization-owner"
    server = found("LM Studio", old.answer)
    assert server is not None and [model.name for model in server.models] == ["qwen/qwen3-14b"]


def test_llama_server_tells_its_one_model() -> None:
    models = [{"name": "Swallow-8B-Instruct-Q5_K_M.gguf", "n_params": 8_030_261_312, "size": 5_700_000_000}]
    server = found("llama-server", LlamaServer(models).answer)
    assert server is not None
    assert server.models == (LocalModel("Swallow-8B-Instruct-Q5_K_M.gguf", 8.0, 5_700_000_000, "Q5_K_M"),)


@pytest.mark.parametrize("kind", ["LM Studio", "llama-server"])
def test_a_server_that_wants_a_key_is_told_so(kind: str) -> None:
    server = found(kind, lambda path, body: (401, {"error": "no"}))
    assert server is not None and (server.models, server.trouble) == ((), "asks for a key")


HUGE = b'{"models": [' + b'{"name": "x"},' * 600_000 + b"{}]}"
DEEP = b"[" * 200_000


@pytest.mark.parametrize("kind", ["Ollama", "LM Studio", "llama-server"])
@pytest.mark.parametrize(
    "said",
    [
        b"<html>another program's page</html>",
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        DEEP,
        b'{"version": 3, "data": "x", "models": 7}',
        b'{"data": [null, 3, {"id": 5}, {"id": null, "owned_by": []}]}',
    ],
    ids=["html", "nothing", "bytes", "null", "list", "deep", "wrong types", "wrong entries"],
)
def test_another_program_at_the_port_is_passed_over(kind: str, said: bytes) -> None:
    server = found(kind, lambda path, body: (200, said))
    assert server is None or server.models == ()


def test_a_huge_list_is_dropped_and_the_server_stays() -> None:
    def answer(path: str, body: object) -> Reply:
        return (200, {"version": "1"}) if path == "/api/version" else (200, HUGE)

    server = found("Ollama", answer)
    assert server is not None and server.models == ()


def test_odd_entries_do_not_hide_the_good_ones() -> None:
    odd = [None, 7, {"name": 5}, {"name": "x" * 5000}, {"name": "\x1b[31mred"}, {"name": "good:7b", "size": "many"}]

    def answer(path: str, body: object) -> Reply:
        return (200, {"version": "1"}) if path == "/api/version" else (200, {"models": odd})

    server = found("Ollama", answer)
    assert server is not None and server.models == (LocalModel("good:7b", 7.0),)


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def elsewhere(path: str, body: object) -> Reply:
        asked.append(path)
        return 200, {"version": "1"}

    with serving(elsewhere) as other:
        assert found("Ollama", lambda path, body: (307, f"{other}{path}".encode())) is None
    assert asked == []


def test_a_program_that_says_nothing_costs_seconds_not_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.models.local_servers.READ_SECONDS", 0.3)

    def silent(path: str, body: object) -> Reply:
        time.sleep(1.0)
        return 200, {}

    started = time.monotonic()
    assert found("LM Studio", silent) is None
    assert time.monotonic() - started < 2.5


def test_no_proxy_is_asked_and_nobody_there_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert found("Ollama", Ollama(TAGS).answer) is not None
    with serving(Ollama(TAGS).answer) as address:
        pass
    assert look([("Ollama", port(address))]) == []


def test_the_port_of_another_person_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Ollama(TAGS)
    with serving(server.answer) as address:
        assert listener(port(address)) in (os.getuid(), None)
        monkeypatch.setattr("daemon.models.local_servers.listener", lambda number: os.getuid() + 4000)
        [found] = look([("Ollama", port(address))])
        assert (found.models, found.trouble) == ((), "belongs to another user of this machine")
        assert server.paths == []
        monkeypatch.setattr("daemon.models.local_servers.listener", lambda number: 998)
        [found] = look([("Ollama", port(address))])
    assert found.models, "a service's own user is no person"


def test_the_real_llama_server_is_found_with_its_model(tiny: TinyModel) -> None:
    params = xllamacpp.CommonParams()
    params.model.path = str(tiny.gguf)
    params.n_ctx, params.verbosity, params.warmup = 512, 1, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.model_alias = {"tiny-1b-q8_0"}
    server = xllamacpp.Server(params)
    [found] = look([("llama-server", port(str(server.listening_address)))])
    [model] = found.models
    assert (model.name, model.quantisation) == ("tiny-1b-q8_0", "q8_0")
    assert 0 < model.size < 10**7, "its size is the server's own word"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[
            ("8.2B", 8.2),
            ("270M", 0.27),
            ("Qwen3-30B-A3B", 30.0),
            ("qwen2.5-7b-instruct", 7.0),
            ("gemma-4-E4B-it", 4.0),
        ],
        *[("llama3.2", 0.0), ("gemma3:12b", 12.0), ("mixtral-8x7b", 0.0), ("phi4", 0.0), ("2507", 0.0)],
    ],
)
def test_parameters_in_a_name(text: str, number: float) -> None:
    assert billions(text) == number
