"""`nippo doctor` finds what an older nippo left open to other users, and closes it when it is told to."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.commands import doctor as command
from daemon.config import Config
from daemon.models.reference import cache_folder
from daemon.setup import doctor_rights
from daemon.setup.doctor_rights import close, left_open, may_be_reached, rights_lines
from daemon.store.store import Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows knows no such rights")
WIDE = {stat.S_IFDIR: 0o755, stat.S_IFREG: 0o644}


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def config(make_vault, make_config) -> Config:
    """An install of an older nippo: everything as the umask 022 left it."""
    config: Config = make_config(make_vault())
    with Store.open(config.data_path) as store:
        store.set_meta("first_run_date", "2026-01-07")
    for name in ("runs/2026-W47/training.log", "models/v0.1/adapter_model.safetensors", "daemon.json"):
        file = config.data_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}", encoding="utf-8")
    twin = cache_folder() / "adapters" / "abc.gguf"
    twin.parent.mkdir()
    twin.write_bytes(b"GGUF")
    for top in (config.data_path, twin.parent):
        for path in [top, *top.rglob("*")]:
            path.chmod(WIDE[stat.S_IFMT(path.lstat().st_mode)])
    return config


def test_what_is_open_is_named_and_closed(config: Config) -> None:
    (line, *_) = rights_lines(config)
    assert line.state == "warn" and str(config.data_path) in line.message and "--fix" in line.remedy
    found = left_open(config)
    assert {path.name for path in found} >= {"data", "nippo.sqlite3", "training.log", "v0.1", "daemon.json", "abc.gguf"}
    assert close(found) == [] and left_open(config) == []
    assert {rights(path) for path in found} == {0o700, 0o600}
    (line, *_) = rights_lines(config)
    assert line.state == "ok"


def test_what_lies_in_a_closed_folder_is_no_find(config: Config) -> None:
    config.data_path.chmod(0o700)
    (cache_folder() / "adapters").chmod(0o700)
    assert left_open(config) == []


def test_links_and_models_that_anybody_has_stay(config: Config, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (config.data_path / "link").symlink_to(elsewhere)
    model = cache_folder() / "starter" / "starter.gguf"
    model.parent.mkdir()
    model.write_bytes(b"GGUF")
    close(left_open(config))
    assert rights(elsewhere) == 0o755 and rights(model) & 0o044


def test_what_belongs_to_somebody_else_is_said(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_mine(self: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(self))

    monkeypatch.setattr(Path, "chmod", not_mine)
    done = CliRunner().invoke(app, ["doctor", "--fix", "--config", str(config.file)])
    assert f"Not closed: {config.data_path}: Operation not permitted" in done.output


def test_fix_closes_and_then_looks(config: Config) -> None:
    done = CliRunner().invoke(app, ["doctor", "--fix", "--json", "--config", str(config.file)])
    lines = [line for line in json.loads(done.stdout) if line["name"] == "rights"]
    assert lines[0]["state"] == "ok" and left_open(config) == []


@pytest.mark.parametrize(("answer", "closed"), [("y\n", True), ("\n", True), ("n\n", False)])
def test_a_terminal_is_asked(config: Config, monkeypatch: pytest.MonkeyPatch, answer: str, closed: bool) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(command, "sys", type("System", (), {"stdin": Terminal()}))
    done = CliRunner().invoke(app, ["doctor", "--config", str(config.file)], input=answer)
    assert "other users may read them" in done.output and "now?" in done.output
    assert (left_open(config) == []) is closed


def test_where_rights_mean_nothing_nothing_is_looked_at(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_rights, "os", SimpleNamespace(name="nt"))
    assert list(rights_lines(config)) == [] and left_open(config) == []


def test_nobody_is_asked_without_a_terminal(config: Config) -> None:
    done = CliRunner().invoke(app, ["doctor", "--config", str(config.file)])
    assert "doctor --fix" in done.output and "now?" not in done.output and left_open(config)


def test_the_vault_and_the_names_in_the_settings_are_told_but_not_changed(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.file
    with config.file.open("a", encoding="utf-8") as stream:
        stream.write('[privacy]\ndeny = ["ゆい"]\n')
    named = config.model_copy(update={"privacy": config.privacy.model_copy(update={"deny": ("ゆい",)})})
    named._file = config.file
    monkeypatch.setattr("daemon.setup.doctor_rights.may_be_reached", lambda path: True)
    before = rights(config.vault_path), rights(config.file)
    said = [line for line in rights_lines(named) if line.state == "warn"]
    assert [line.remedy for line in said[1:]] == [
        f"chmod 600 '{config.file}'",
        f"nippo changes no rights of a vault. If they should not: chmod 700 '{config.vault_path}'",
    ]
    close(left_open(named))
    assert (rights(config.vault_path), rights(config.file)) == before


def test_a_closed_folder_above_closes_what_lies_below(tmp_path: Path) -> None:
    """pytest's own folder is closed, so one that is not is made beside it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        top = Path(name)
        vault = top / "home" / "vault"
        vault.mkdir(parents=True)
        for path in (top, top / "home", vault):
            path.chmod(0o755)
        assert may_be_reached(vault)
        (top / "home").chmod(0o700)
        assert not may_be_reached(vault)
        (top / "home").chmod(0o755)
        vault.chmod(0o711)
        assert may_be_reached(vault), "the names of notes can be guessed"
        vault.chmod(0o700)
        assert not may_be_reached(vault)
