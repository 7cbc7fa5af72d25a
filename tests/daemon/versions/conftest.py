"""Versions without weights, made by the program's own ``seal``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.models.known import STARTER as STARTER_MODEL
from daemon.versions import artifact
from daemon.versions.artifact import Meta, seal
from tests.conftest import MakeConfig, MakeVault

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


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Settings with an empty data folder, and a nippo that ships no adapter."""
    monkeypatch.setattr(artifact, "starter_folder", lambda: tmp_path / "shipped")
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
