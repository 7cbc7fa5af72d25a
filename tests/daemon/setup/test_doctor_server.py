"""What is told of a server before any diary goes there: in `nippo doctor` and in `nippo status`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.config import Config
from daemon.models.fitting import Machine
from daemon.setup.doctor import larger_lines
from daemon.setup.doctor_server import server_lines
from tests.conftest import MakeConfig, MakeVault
from tests.local_servers import LocalServer, Ollama, Reply, serving


def lines(config: Config) -> dict[str, tuple[str, str]]:
    return {line.name: (line.state, line.message) for line in server_lines(config)}


@pytest.fixture
def config_for(make_vault: MakeVault, make_config: MakeConfig):  # type: ignore[no-untyped-def]
    vault = make_vault()

    def make(address: str, model: str = "", **engine: object) -> Config:
        return make_config(
            vault, engine={"kind": "server", "server_url": f"{address}/v1", "server_model": model, **engine}
        )

    return make


def test_the_model_and_how_it_is_asked_are_told(config_for) -> None:  # type: ignore[no-untyped-def]
    with serving(Ollama([{"name": "qwen3:8b"}]).answer) as address:
        found = lines(config_for(address, "qwen3:8b"))
        assert found["engine"] == ("ok", f"server: {address}/v1")
        assert found["model"] == ("ok", "qwen3:8b")
        assert found["method"] == ("ok", "the whole diary at once (not trained on sentences)")
        assert lines(config_for(address, "llama9"))["model"][0] == "fail"
        asked = config_for(address, "qwen3:8b", method="sentences")
        assert lines(asked)["method"] == ("ok", "sentence by sentence")


def test_a_model_that_runs_elsewhere_is_told(config_for) -> None:  # type: ignore[no-untyped-def]
    with serving(Ollama([{"name": "gpt-oss:120b-cloud"}]).answer) as address:
        state, message = lines(config_for(address, "gpt-oss:120b-cloud"))["model"]
    assert state == "warn" and "another machine" in message


class Keyed(LocalServer):
    def answer(self, path: str, body: dict | None) -> Reply:  # type: ignore[type-arg]
        return 401, {}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Keyed([]).answer, "refuses the key"),
        (lambda path, body: (200, b"<html>a web page</html>"), "no OpenAI-compatible server"),
        (lambda path, body: (302, b"http://example.org/"), "no OpenAI-compatible server"),
    ],
)
def test_what_is_no_server_of_this_kind_is_told(config_for, answer, words: str) -> None:  # type: ignore[no-untyped-def]
    with serving(answer) as address:
        assert words in lines(config_for(address))["engine"][1]


def test_nobody_there_is_told(config_for) -> None:  # type: ignore[no-untyped-def]
    with serving(Keyed([]).answer) as address:
        pass
    assert "does not answer" in lines(config_for(address))["engine"][1]


def test_status_names_the_server_and_the_method(config_for, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = str(config_for("http://127.0.0.1:9", "qwen3:8b").file)
    found = json.loads(CliRunner().invoke(app, ["status", "--json", "--config", file]).output)
    assert (found["model"], found["method"]) == ("qwen3:8b at http://127.0.0.1:9/v1", "whole")
    shown = CliRunner().invoke(app, ["status", "--config", file]).output
    assert "qwen3:8b at http://127.0.0.1:9/v1" in shown and "writes a diary as a whole" in shown


def test_the_starter_is_told_to_write_by_sentence(make_vault: MakeVault, make_config: MakeConfig) -> None:
    file = str(make_config(make_vault()).file)
    assert json.loads(CliRunner().invoke(app, ["status", "--json", "--config", file]).output)["method"] == "sentences"


def test_the_largest_model_that_would_run_here_is_named(
    make_vault: MakeVault, make_config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config(make_vault())
    monkeypatch.setattr("daemon.setup.doctor.this_machine", lambda: Machine(16 * 10**9, 4))
    [line] = larger_lines(config)
    assert line.state == "ok" and "qwen2.5-7b (7.6B, 4.7 GB) would run here too, not measured" in line.message
    monkeypatch.setattr("daemon.setup.doctor.this_machine", lambda: Machine(4 * 10**9, 2))
    assert list(larger_lines(config)) == []
