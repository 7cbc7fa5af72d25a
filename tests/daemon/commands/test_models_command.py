"""`nippo models` and the question about models in `nippo setup`: what is looked at, when, and what is written."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import daemon.commands.models
import daemon.commands.setup
import daemon.setup.first_settings
from daemon.cli import app
from daemon.config import load, user_config_file
from daemon.errors import ConfigError, UsageError
from daemon.models.fitting import Machine
from daemon.models.local_servers import look
from daemon.setup.settings_file import shipped
from daemon.store.store import Store
from tests.conftest import MakeConfig, MakeVault
from tests.daemon.commands.test_setup_command import known, person, setup  # noqa: F401
from tests.learning_world import accept
from tests.local_servers import Ollama, serving

GB = 10**9
TAGS = [
    {"name": "tinyllama:latest", "size": GB // 2, "details": {"parameter_size": "1.1B", "quantization_level": "Q4_0"}},
    {"name": "gpt-oss:120b-cloud", "size": 384, "remote_host": "https://ollama.com:443", "details": {}},
    {"name": "qwen3:8b", "size": 5 * GB, "details": {"parameter_size": "8.2B", "quantization_level": "Q4_K_M"}},
]


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Ollama, str]]:
    """An Ollama on a port that stands for its usual one, on a machine of 32 GB and 8 cores."""
    server = Ollama(TAGS)
    with serving(server.answer) as address:
        port = int(address.rpartition(":")[2])
        for module in (daemon.commands.models, daemon.setup.first_settings):
            monkeypatch.setattr(module, "look", lambda: look([("Ollama", port)]))
            monkeypatch.setattr(module, "this_machine", lambda: Machine(32 * GB, 8))
        monkeypatch.setattr(daemon.setup.first_settings, "running", lambda: ["Ollama"])
        yield server, f"{address}/v1"


@pytest.fixture
def file(make_vault: MakeVault, make_config: MakeConfig) -> Path:
    file = make_config(make_vault()).file
    assert file is not None
    return file


def nippo(file: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(file)])


def test_the_models_of_this_machine_are_listed_best_first(ollama: tuple[Ollama, str], file: Path) -> None:
    server, url = ollama
    found = json.loads(nippo(file, "models", "--json").output)
    assert [(one["model"]["name"], one["worth"]) for one in found["offers"]] == [
        ("qwen3:8b", "likely"),
        ("tinyllama:latest", "hardly"),
        ("gpt-oss:120b-cloud", "elsewhere"),
    ]
    assert found["in_use"] == {"model": "starter + starter-2", "method": "sentences"}
    assert {row["name"]: row.get("best") for row in found["known"]}["qwen2.5-14b"] is True
    shown = nippo(file, "models").output
    assert "qwen3:8b (Ollama): 8.2B, Q4_K_M, many languages, 7 GB" in shown
    assert f"→ `nippo models use qwen3:8b --server {url}`" in shown and "your diary would go there" in shown
    assert "swallow-8b: no verified hash" in shown
    assert not server.seen, "no text is sent"


def test_nobody_serving_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon.commands.models, "look", lambda: [])
    assert "No program here serves models" in nippo(file, "models").output


def test_a_model_is_put_to_use_and_the_rest_of_the_file_stays(ollama: tuple[Ollama, str], tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(shipped().replace("\n", "\r\n").encode("utf-8-sig"))
    done = nippo(file, "models", "use", "qwen3:8b")
    assert done.exit_code == 0, done.output
    engine = load(file).engine
    assert (engine.kind, engine.server_model, engine.server_url) == ("server", "qwen3:8b", ollama[1])
    before, after = shipped().splitlines(), file.read_bytes().decode("utf-8-sig").splitlines()
    assert len(before) == len(after) == file.read_bytes().count(b"\r\n")
    assert sum(one != two for one, two in zip(before, after, strict=True)) == 3
    nippo(file, "models", "use", "qwen3-4b")
    assert (load(file).engine.kind, load(file).engine.model) == ("auto", "qwen3-4b")


def test_what_runs_elsewhere_is_not_taken_without_its_address(ollama: tuple[Ollama, str], file: Path) -> None:
    before = file.read_bytes()
    done = nippo(file, "models", "use", "gpt-oss:120b-cloud")
    assert isinstance(done.exception, UsageError) and "another machine" in str(done.exception)
    assert file.read_bytes() == before


def test_a_name_that_nobody_has_is_not_written(ollama: tuple[Ollama, str], file: Path) -> None:
    before = file.read_bytes()
    done = nippo(file, "models", "use", "qwen33")
    assert isinstance(done.exception, UsageError) and "nippo knows none" in str(done.exception)
    assert file.read_bytes() == before


def test_it_speaks_japanese_where_the_person_does(ollama: tuple[Ollama, str], file: Path, in_japanese: None) -> None:
    shown = nippo(file, "models").output
    assert "qwen3:8b (Ollama): 8.2B, Q4_K_M, 多言語, 7 GB" in shown and "付属のモデルと比べる価値があります" in shown
    assert "書き方: 一文ずつ" in shown and "ハッシュを確かめられていない" in shown


def test_a_file_that_is_no_toml_is_not_written_over(ollama: tuple[Ollama, str], file: Path) -> None:
    settings = load(file)
    file.write_text("[engine\n", encoding="utf-8")
    from daemon.setup.engine_settings import use_model

    with pytest.raises(ConfigError, match="cannot be changed"):
        use_model(settings, "qwen3:8b", ollama[1])
    assert file.read_text(encoding="utf-8") == "[engine\n"


def test_setup_looks_after_asking_and_takes_one_with_one_number(
    ollama: tuple[Ollama, str], make_vault: MakeVault, isolated_world: Path
) -> None:
    server, url = ollama
    known(isolated_world, make_vault())
    assert setup("n\n").exit_code == 0
    assert server.paths == [], "nothing is asked before the person agrees"
    assert load().engine.kind == "auto"
    user_config_file().unlink()
    done = setup("\n1\n")
    assert done.exit_code == 0, done.output
    engine = load().engine
    assert (engine.kind, engine.server_url, engine.server_model) == ("server", url, "qwen3:8b")
    assert "  1  qwen3:8b (Ollama; 8.2B, Q4_K_M, many languages, 7 GB): worth comparing with the starter" in done.output
    assert "gpt-oss:120b-cloud (Ollama): runs on another machine" in done.output
    assert "nippo evaluate" in done.output and not server.seen


def test_setup_asks_four_questions_at_most(
    ollama: tuple[Ollama, str], make_vault: MakeVault, isolated_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.setup.systemctl.available", lambda: True)
    monkeypatch.setattr(daemon.commands.setup, "_serve", lambda settings: "")
    monkeypatch.setattr(daemon.commands.setup, "lacking", lambda extras: list(extras))
    first, second = (make_vault({"diary/2026-01-07.md": "Javaを学んだ。\n"}, name=name) for name in ("a", "b"))
    known(isolated_world, first, second)
    done = setup("1\n1\ny\n1\n")
    assert done.exit_code == 0, done.output
    assert "nippo report 2026-01-07" in done.output and "To add the review page and the weekly training" in done.output
    assert load().engine.server_model == "qwen3:8b"


@pytest.mark.parametrize("advice", ["use", "keep"])
def test_setup_compares_first_where_there_are_accepted_days(
    ollama: tuple[Ollama, str],
    make_vault: MakeVault,
    isolated_world: Path,
    monkeypatch: pytest.MonkeyPatch,
    advice: str,
) -> None:
    from daemon.learning.model_comparison import ModelComparison

    known(isolated_world, make_vault())
    with Store.open(isolated_world / ".local/share/nippo") as store:
        accept(store, 9)
    asked: list[str] = []

    def compared(settings: object, model: str, url: str) -> ModelComparison:
        asked.append(model)
        return ModelComparison("starter", model, (), advice, ("because",))  # type: ignore[arg-type]

    monkeypatch.setattr(daemon.commands.setup, "compared", compared)
    done = setup("\n1\ny\n")
    assert done.exit_code == 0, done.output
    assert "on 9 accepted days" in done.output and asked == ["qwen3:8b"]
    assert load().engine.kind == ("server" if advice == "use" else "auto")
    assert tomllib.loads(user_config_file().read_text(encoding="utf-8"))["engine"]["model"] == "starter"


def test_settings_that_are_there_stay_and_the_way_to_the_models_is_named(
    ollama: tuple[Ollama, str], file: Path
) -> None:
    before = file.read_bytes()
    done = setup("", "--config", str(file))
    assert "nippo models" in done.output and file.read_bytes() == before and ollama[0].paths == []
