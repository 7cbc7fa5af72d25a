"""Versions count when they are whole; the pointer moves only to a good one, and back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import daemon.versions.champion as versions
from daemon.config import Config
from daemon.errors import ModelMissing, UsageError
from daemon.models.known import STARTER as STARTER_MODEL
from daemon.setup.status import model_in_use
from daemon.versions.champion import (
    Meta,
    active_adapter,
    champion,
    find_version,
    list_versions,
    promote,
    rollback,
    seal,
)

NOW = datetime(2026, 1, 11, 3, 0, tzinfo=UTC)
META = Meta(
    name="v0.1",
    created="2026-01-11T03:00:00+00:00",
    base="starter",
    base_sha256=STARTER_MODEL.sha256,
    corpus_sha256="0" * 64,
    pair_ids=("a", "b"),
    settings={"rank": 16},
    scores={"recall": 0.9},
)
MakeVault = Callable[..., Path]
MakeConfig = Callable[..., Config]


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Settings with an empty data folder, and a nippo that ships no adapter."""
    monkeypatch.setattr(versions, "starter_folder", lambda: tmp_path / "shipped")
    return make_config(make_vault(), data={"folder": str(tmp_path / "data")})


def make_version(folder: Path, meta: Meta = META) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"weights of " + meta.name.encode())
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    (folder / "card.md").write_text("card", encoding="utf-8")
    seal(folder, meta)
    return folder


def version(config: Config, name: str, **changes: object) -> Path:
    return make_version(config.data_path / "models" / name, replace(META, name=name, **changes))


def test_what_was_sealed_is_read_back(config: Config) -> None:
    version(config, "v0.1")
    assert find_version(config, "v0.1").meta == META


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json", "meta.json"])
def test_one_changed_byte_is_refused(config: Config, name: str) -> None:
    file = version(config, "v0.1") / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ModelMissing, match="is damaged") as caught:
        find_version(config, "v0.1")
    assert "nippo rollback" in caught.value.next_step


def test_a_meta_that_was_edited_is_refused(config: Config) -> None:
    file = version(config, "v0.1") / "meta.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**values, "scores": {"recall": 1.0}}), encoding="utf-8")
    with pytest.raises(ModelMissing, match=r"meta\.json is damaged"):
        find_version(config, "v0.1")


def test_a_run_that_never_finished_is_no_version(config: Config) -> None:
    (version(config, "v0.1") / "meta.json").unlink()
    with pytest.raises(ModelMissing, match="never finished"):
        promote(config, "v0.1", NOW)
    assert champion(config) is None


def test_a_card_may_be_mended_after_sealing(config: Config) -> None:
    (version(config, "v0.1") / "card.md").write_text("another card", encoding="utf-8")
    assert find_version(config, "v0.1").name == "v0.1"


def test_good_and_bad_versions_are_listed_by_number(config: Config) -> None:
    for name in ("v0.10", "v0.2", "v0.1"):
        version(config, name)
    (config.data_path / "models" / "v0.2" / "adapter_model.safetensors").unlink()
    (config.data_path / "models" / ".v0.3.partial").mkdir()
    good, bad = list_versions(config)
    assert [one.name for one in good] == ["v0.1", "v0.10"]
    assert list(bad) == ["v0.2"]
    assert versions.next_name(config) == "v0.11"
    assert versions.trained_on(good, "b") == ["v0.1", "v0.10"]


def test_without_champion_the_shipped_adapter_writes_if_it_fits_the_model(config: Config, tmp_path: Path) -> None:
    assert active_adapter(config) is None
    make_version(tmp_path / "shipped" / "adapter", replace(META, name="starter-1"))
    found = active_adapter(config)
    assert found is not None and found.name == "starter-1"
    other = config.model_copy(
        update={"engine": config.engine.model_copy(update={"model": "Qwen/Qwen2.5-14B-Instruct"})}
    )
    assert active_adapter(other) is None
    assert "train --starter-corpus" in model_in_use(other)[1] and model_in_use(config)[1] == ""
    chosen = other.model_copy(update={"engine": other.engine.model_copy(update={"adapter": "none"})})
    assert model_in_use(chosen)[1] == "", "who names no adapter wants none"


def test_a_champion_of_another_base_is_refused_with_a_remedy(config: Config) -> None:
    version(config, "v0.1")
    promote(config, "v0.1", NOW)
    other = config.model_copy(update={"engine": config.engine.model_copy(update={"model": "starter-small"})})
    with pytest.raises(ModelMissing, match="was trained on starter, not on starter-small"):
        active_adapter(other)
    with pytest.raises(ModelMissing):
        promote(other, "v0.1", NOW)


def test_a_gguf_file_is_the_base_by_its_bytes(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "renamed.gguf"
    file.write_bytes(b"model")
    meta = replace(
        META, base="model.gguf", base_sha256="9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"
    )
    assert versions.base_matches(meta, str(file))
    file.write_bytes(b"other")
    assert not versions.base_matches(meta, str(file))


def test_promotion_and_the_way_back(config: Config, tmp_path: Path) -> None:
    make_version(tmp_path / "shipped" / "adapter", replace(META, name="starter-1"))
    for name in ("v0.1", "v0.2", "v0.3"):
        version(config, name)
        promote(config, name, NOW)
    assert champion(config) == "v0.3"
    assert rollback(config, NOW).name == "v0.2"
    shutil.rmtree(config.data_path / "models" / "v0.1")
    assert rollback(config, NOW).name == "starter-1"
    assert champion(config) == "starter-1"
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
