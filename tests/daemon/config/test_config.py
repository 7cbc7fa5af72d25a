"""Settings from the environment win over the file, key by key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.config import Config, WatchSettings, load
from daemon.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(
        '[watch]\nobserver = "polling"\nsettle_seconds = 1\n[privacy]\ndeny = ["きなこ"]\n', encoding="utf-8"
    )
    return file


def test_a_variable_wins_and_its_neighbours_stay(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIPPO_WATCH__SETTLE_SECONDS", "2.5")
    monkeypatch.setenv("NIPPO_PRIVACY__ALLOW", '["もなか"]')
    monkeypatch.setenv("NIPPO_TRAINING", '{"rank": 8}')
    config = load(file)
    assert (config.watch.observer, config.watch.settle_seconds) == ("polling", 2.5)
    assert (config.privacy.deny, config.privacy.allow) == (("きなこ",), ("もなか",))
    assert config.training.rank == 8
    assert Config(watch=WatchSettings(observer="polling")).watch == config.watch


def test_a_wrong_variable_is_named_like_a_wrong_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIPPO_WATCH__SETTLE_SECONDS", "slow")
    monkeypatch.setenv("NIPPO_VAULT__FOLDER", "x")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert "`watch.settle_seconds`" in caught.value.what and "'slow'" in caught.value.what
    assert "`vault.folder`: no such key" in caught.value.what


def test_other_variables_of_the_program_are_no_settings(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIPPO_CACHE", "x")
    monkeypatch.setenv("NIPPO_CONFIG", str(file))
    assert load() == load(file)


@pytest.mark.parametrize("variable", ["", "NIPPO_WATCH__SETTLE_SECONDS"])
def test_the_reader_of_variables_is_loaded_where_there_is_one(file: Path, variable: str) -> None:
    code = f"import os, sys\nif {variable!r}: os.environ[{variable!r}] = '2'\nfrom daemon.config import load\nload()\n"
    run = subprocess.run(
        [sys.executable, "-c", code + "print('pydantic_settings' in sys.modules)"], capture_output=True
    )
    assert run.stdout.split() == [str(bool(variable)).encode()]
