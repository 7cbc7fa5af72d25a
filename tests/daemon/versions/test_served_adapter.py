"""The champion on a server: against a stand-in that speaks vLLM's HTTP for adapters. vLLM itself is not run here."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import daemon.versions.served_adapter as served
from daemon.cli import app
from daemon.config import Config
from daemon.engines.opening import adapter_in_use, open_engine
from daemon.engines.protocol import Sampling
from daemon.errors import ConfigError, EngineError
from daemon.system.addresses import is_private
from daemon.versions.artifact import find_version
from daemon.versions.champion import champion, promote
from daemon.versions.served_adapter import announce, served_adapter
from tests.conftest import MakeConfig, MakeVault
from tests.daemon.versions.conftest import META, NOW, make_version

BASE = "Qwen/Qwen2.5-14B-Instruct"
GREEDY = [Sampling(temperature=0.0, seed=1, max_tokens=16)]


class StandIn:
    """What vLLM answers to models, load, unload and chat; ``takes`` False: it refuses every adapter with 400."""

    def __init__(self) -> None:
        self.loaded: dict[str, str] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.takes, self.updating, self.slow = True, True, 0.0
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

            def do_GET(self) -> None:
                entries = [{"id": "base", "max_model_len": 4096}]
                entries += [{"id": name, "parent": "base", "max_model_len": None} for name in stand_in.loaded]
                self.say(200, {"data": entries})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                stand_in.calls.append((self.path, body))
                self.say(*stand_in.answer(self.path, body))

            def say(self, status: int, values: Any) -> None:
                time.sleep(stand_in.slow)
                data = json.dumps(values).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path.endswith("lora_adapter") and not self.updating:
            return 404, {"detail": "Not Found"}
        if path == "/v1/load_lora_adapter":
            if not self.takes or body["lora_name"] in self.loaded:
                return 400, {"error": {"message": "refused", "type": "InvalidUserInput"}}
            self.loaded[body["lora_name"]] = body["lora_path"]
            return 200, "ok"
        if path == "/v1/unload_lora_adapter":
            return (200, "ok") if self.loaded.pop(body["lora_name"], None) else (404, {"error": {"type": "NotFound"}})
        if path == "/v1/chat/completions" and body["model"] in ("base", *self.loaded):
            return 200, {"choices": [{"message": {"content": body["model"]}, "finish_reason": "stop"}], "usage": {}}
        return 404, {"error": {"type": "NotFoundError"}}


@pytest.fixture
def server() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig, tmp_path: Path, server: StandIn) -> Config:
    """Two versions of a 14B base, and a server that sees their folder as /versions."""
    engine = {
        "kind": "server",
        "model": BASE,
        "server_url": server.url,
        "server_model": "base",
        "server_lora_folder": "/versions",
    }
    made = make_config(make_vault(), data={"folder": str(tmp_path / "data")}, engine=engine)
    for name in ("v0.1", "v0.2"):
        make_version(made.data_path / "models" / name, replace(META, name=name, base=BASE))
    return made


def name_of(config: Config, version: str) -> str:
    return served.served_name(find_version(config, version))


def other_engine(config: Config, **values: Any) -> Config:
    return config.model_copy(update={"engine": config.engine.model_copy(update=values)})


def test_each_promotion_is_registered_and_the_old_version_makes_room(config: Config, server: StandIn) -> None:
    server.loaded["somebody-elses"] = "/other"
    for version in ("v0.1", "v0.2"):
        done = CliRunner().invoke(app, ["promote", version, "--config", str(config.file)])
        assert done.exit_code == 0, done.output
        name = name_of(config, version)
        assert server.loaded == {"somebody-elses": "/other", name: f"/versions/{version}"}
    CliRunner().invoke(app, ["rollback", "--config", str(config.file)])
    assert set(server.loaded) == {"somebody-elses", name_of(config, "v0.1")}


def test_reports_are_asked_of_the_champion_and_carry_its_name(config: Config, server: StandIn) -> None:
    promote(config, "v0.1", NOW)
    engine = open_engine(config)
    assert next(iter(engine.generate([], GREEDY))).text == name_of(config, "v0.1")
    assert (engine.identity.version, engine.context_tokens) == ("v0.1", 4096)
    found = adapter_in_use(config)
    assert found is not None and found.name == "v0.1"
    engine.close()


def test_a_server_that_was_started_again_gets_the_champion_once_more(config: Config, server: StandIn) -> None:
    promote(config, "v0.1", NOW)
    engine = open_engine(config)
    server.loaded.clear()
    assert next(iter(engine.generate([], GREEDY))).text == name_of(config, "v0.1")
    engine.close()


def test_an_adapter_that_is_there_is_not_loaded_twice(config: Config, server: StandIn) -> None:
    promote(config, "v0.1", NOW)
    assert announce(config) == announce(config) == ""
    assert [path for path, _ in server.calls] == ["/v1/load_lora_adapter"]


@pytest.mark.parametrize(("takes", "updating", "words"), [(False, True, "max-lora-rank"), (True, False, "RUNTIME")])
def test_a_refusal_keeps_the_promotion_and_the_next_report_tries_again(
    config: Config, server: StandIn, takes: bool, updating: bool, words: str
) -> None:
    server.takes, server.updating = takes, updating
    done = CliRunner().invoke(app, ["promote", "v0.1", "--config", str(config.file)])
    assert done.exit_code == 0 and champion(config) == "v0.1" and words in done.output
    with pytest.raises(EngineError, match=r"did not take v0\.1"):
        open_engine(config)
    server.takes = server.updating = True
    open_engine(config).close()
    assert server.loaded == {name_of(config, "v0.1"): "/versions/v0.1"}


def test_a_dead_and_a_slow_server_are_messages(
    config: Config, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(config, "v0.1", NOW)
    monkeypatch.setattr(served, "LOAD_SECONDS", 0.1)
    server.slow = 0.5
    assert "ReadTimeout" in announce(config)
    assert "ConnectError" in announce(other_engine(config, server_url="http://127.0.0.1:9/v1"))


def test_no_name_goes_in_the_clear_to_a_public_address(config: Config, server: StandIn) -> None:
    promote(config, "v0.1", NOW)
    public = other_engine(config, server_url="http://vllm.example.com/v1")
    with pytest.raises(ConfigError, match="public address"):
        served_adapter(public)
    assert "public address" in announce(public)
    assert served_adapter(other_engine(config, server_url="https://vllm.example.com/v1")) is not None
    assert server.calls == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.2", "localhost", "vllm", "gpu.local"])
def test_private_hosts(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", ["", "8.8.8.8", "2606:4700::1111", "example.com", "10.0.0.7.example.com"])
def test_public_hosts(host: str) -> None:
    assert not is_private(host)


def test_off_by_default_and_for_what_lies_elsewhere(config: Config, server: StandIn) -> None:
    assert served_adapter(config) is None, "no champion: the bare model"
    promote(config, "v0.1", NOW)
    off = other_engine(config, server_lora_folder="")
    assert announce(off) == "" and adapter_in_use(off) is None
    assert server.calls == []
