"""The pointer moves only to a good version, and back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import ModelMissing, UsageError
from daemon.setup.status import model_in_use
from daemon.versions.artifact import SENTENCE_PROMPT
from daemon.versions.champion import active_adapter, champion, history, promote, rollback
from tests.daemon.versions.conftest import META, NOW, make_version, version
from tests.every_step import full_before, killed_before


def test_a_run_that_never_finished_is_no_version(config: Config) -> None:
    (version(config, "v0.1") / "meta.json").unlink()
    with pytest.raises(ModelMissing, match="never finished"):
        promote(config, "v0.1", NOW)
    assert champion(config) is None


def test_without_champion_the_shipped_adapter_writes_if_it_fits_the_model(config: Config, tmp_path: Path) -> None:
    assert active_adapter(config) is None
    make_version(tmp_path / "shipped" / "adapter", replace(META, name="starter-2"))
    found = active_adapter(config)
    assert found is not None and found.name == "starter-2"
    other = config.model_copy(
        update={"engine": config.engine.model_copy(update={"model": "Qwen/Qwen2.5-14B-Instruct"})}
    )
    assert active_adapter(other) is None
    assert "train --starter-corpus" in model_in_use(other)[1] and model_in_use(config)[1] == ""
    chosen = other.model_copy(update={"engine": other.engine.model_copy(update={"adapter": "none"})})
    assert model_in_use(chosen)[1] == "", "who names no adapter wants none"


def test_status_names_the_server_that_writes_and_how(config: Config, tmp_path: Path) -> None:
    make_version(tmp_path / "shipped" / "adapter", replace(META, name="starter-2"))
    values = {"kind": "server", "server_url": "http://127.0.0.1:1/v1", "server_model": "base"}
    server = config.model_copy(update={"engine": config.engine.model_copy(update=values)})
    assert model_in_use(server) == ("base at http://127.0.0.1:1/v1", "", "whole")
    told = config.model_copy(update={"engine": server.engine.model_copy(update={"method": "sentences"})})
    assert model_in_use(told)[2] == "sentences"
    registering = server.engine.model_copy(update={"server_lora_folder": "/versions"})
    there = config.model_copy(update={"engine": registering})
    assert model_in_use(there) == ("base at http://127.0.0.1:1/v1", "", "whole"), "the shipped one is not registered"
    version(config, "v0.1", method="sentences", prompt=SENTENCE_PROMPT)
    promote(there, "v0.1", NOW)
    assert model_in_use(there) == ("base at http://127.0.0.1:1/v1 + v0.1", "", "sentences")


def test_a_champion_of_another_base_is_refused_with_a_remedy(config: Config) -> None:
    version(config, "v0.1")
    promote(config, "v0.1", NOW)
    other = config.model_copy(update={"engine": config.engine.model_copy(update={"model": "starter-small"})})
    with pytest.raises(ModelMissing, match="was trained on starter, not on starter-small"):
        active_adapter(other)
    with pytest.raises(ModelMissing):
        promote(other, "v0.1", NOW)


def test_promotion_and_the_way_back(config: Config, tmp_path: Path) -> None:
    make_version(tmp_path / "shipped" / "adapter", replace(META, name="starter-2"))
    for name in ("v0.1", "v0.2", "v0.3"):
        version(config, name)
        promote(config, name, NOW)
    assert champion(config) == "v0.3"
    assert rollback(config, NOW).name == "v0.2"
    shutil.rmtree(config.data_path / "models" / "v0.1")
    assert rollback(config, NOW).name == "starter-2"
    assert champion(config) == "starter-2"
    with pytest.raises(UsageError, match="none before it"):
        rollback(config, NOW)


def test_a_damaged_champion_can_be_rolled_back(config: Config) -> None:
    version(config, "v0.1")
    promote(config, "v0.1", NOW)
    (version(config, "v0.2") / "card.md").unlink()
    promote(config, "v0.2", NOW)
    (config.data_path / "models" / "v0.2" / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(ModelMissing):
        active_adapter(config)
    assert rollback(config, NOW).name == "v0.1"
    found = active_adapter(config)
    assert found is not None and found.name == "v0.1"


@pytest.mark.parametrize("name", ["../v0.1", "v0.1/..", "", "latest", "v1"])
def test_a_name_that_is_none_never_becomes_a_path(config: Config, name: str) -> None:
    with pytest.raises(UsageError):
        promote(config, name, NOW)


def test_a_pointer_with_nonsense_is_said_to_be_so(config: Config) -> None:
    config.data_path.mkdir()
    (config.data_path / "champion").write_text("../../etc\n", encoding="utf-8")
    with pytest.raises(ModelMissing, match="names no version"):
        active_adapter(config)


@pytest.mark.parametrize("way", [killed_before, full_before])
@pytest.mark.parametrize("action", ["first", "promote", "rollback"])
def test_a_change_cut_off_anywhere_took_place_or_did_not(
    config: Config, way: Callable[[int, Callable[[], object]], bool], action: str
) -> None:
    """And whatever it was, it can be done again, and the way back leads to the version that was in use before."""
    for name in ("v0.1", "v0.2", "v0.3"):
        version(config, name)
    for step in count():
        for file in config.data_path.glob("champion*"):
            file.unlink()
        if action != "first":
            promote(config, "v0.1", NOW)
            promote(config, "v0.2", NOW)
        before, after = {"first": (None, "v0.3"), "promote": ("v0.2", "v0.3"), "rollback": ("v0.2", "v0.1")}[action]
        do = partial(rollback, config, NOW) if action == "rollback" else partial(promote, config, "v0.3", NOW)
        cut = way(step, do)
        found = champion(config)
        assert found in (before, after) and (cut or found == after)
        assert [entry["name"] for entry in history(config)][-1:] == ([found] if found else []), step
        if found == before:
            do()
        assert champion(config) == after
        if action == "promote":
            assert rollback(config, NOW).name == "v0.2" and rollback(config, NOW).name == "v0.1"
        if not cut:
            break
    assert step > 5


def test_a_half_written_line_of_an_older_nippo_costs_only_itself(config: Config) -> None:
    version(config, "v0.1")
    version(config, "v0.2")
    promote(config, "v0.1", NOW)
    with (config.data_path / "champion-history.jsonl").open("a") as stream:
        stream.write('{"name": "v0.2", "at"')
    promote(config, "v0.2", NOW)
    assert [entry["name"] for entry in history(config)] == ["v0.1", "v0.2"]
