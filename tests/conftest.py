"""Fixtures for every room: vaults from dictionaries and back, settings, and a world apart from the user's own.

What people read is English, whatever the locale of the machine; ``in_japanese`` asks for the other language.

No test sees the user's settings, data or model cache: the ``NIPPO_*`` variables are gone, the user folders and the
current folder lie in the test's temporary folder. Tests that need a downloaded model ask for ``model_cache``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import pytest

from daemon.config import Config, load

if TYPE_CHECKING:
    from tests.tiny_model import TinyModel

# The models here are tiny: OpenMP's threads would cost more than they compute, and many times more beside other work.
# Set before anything imports torch; child processes inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

MODEL_CACHE = Path(os.environ.get("NIPPO_CACHE") or platformdirs.user_cache_path("nippo"))

MakeVault = Callable[..., Path]
ReadVault = Callable[[Path], "dict[str, str | bytes]"]
MakeConfig = Callable[..., Config]


@pytest.fixture(autouse=True)
def isolated_world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take the user's settings, data and cache out of sight; return the folder that stands in for the home folder."""
    for name in [name for name in os.environ if name.startswith("NIPPO_") or name == "NOTIFY_SOCKET"]:
        monkeypatch.delenv(name)
    for name in ("LANGUAGE", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = tmp_path_factory.mktemp("home")
    for name, folder in {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "appdata",
        "LOCALAPPDATA": home / "appdata",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "NIPPO_CACHE": home / ".cache" / "nippo",
    }.items():
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(folder))
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def in_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    """The locale of a Japanese machine, for this process and those that it starts."""
    monkeypatch.delenv("LC_ALL")
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")


@pytest.fixture
def model_cache(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real model cache of this machine (``NIPPO_CACHE`` or the user's own), for tests that load the starter."""
    monkeypatch.setenv("NIPPO_CACHE", str(MODEL_CACHE))
    return MODEL_CACHE


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """One tiny random Qwen2 for all tests; nothing writes into it."""
    from tests.tiny_model import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def make_vault(tmp_path: Path) -> MakeVault:
    """``make_vault({"diary/2026-01-07.md": "…"}, name="vault")`` → the vault's folder.

    Without a ``.obsidian/daily-notes.json`` of its own the vault keeps its diary in ``diary/``. Text is written as
    UTF-8 with the line ends it has, bytes as they are.
    """

    def make(files: Mapping[str, str | bytes] | None = None, *, name: str = "vault") -> Path:
        vault = tmp_path / name
        everything: dict[str, str | bytes] = {
            ".obsidian/app.json": "{}",
            ".obsidian/daily-notes.json": '{"folder": "diary"}',
            **(files or {}),
        }
        (vault / "diary").mkdir(parents=True, exist_ok=True)
        for path, content in everything.items():
            file = vault / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return vault

    return make


@pytest.fixture
def read_vault() -> ReadVault:
    """``read_vault(folder)`` → relative path → text (bytes where it is not UTF-8), without the folder ``.obsidian``."""

    def read(vault: Path) -> dict[str, str | bytes]:
        found: dict[str, str | bytes] = {}
        for file in sorted(vault.rglob("*")):
            path = file.relative_to(vault)
            if not file.is_file() or path.parts[0] == ".obsidian":
                continue
            data = file.read_bytes()
            try:
                found[path.as_posix()] = data.decode()
            except UnicodeDecodeError:
                found[path.as_posix()] = data
        return found

    return read


@pytest.fixture
def make_config(tmp_path: Path) -> MakeConfig:
    """``make_config(vault, watch={"settle_seconds": 0.1})`` → settings read from a real file ``config.toml`` whose data
    folder lies in the test's temporary folder."""

    def make(vault: Path, /, **sections: dict[str, Any]) -> Config:
        everything = {**sections, "vault": {"path": str(vault), **sections.get("vault", {})}}
        lines: list[str] = []
        for section, values in everything.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        file = tmp_path / "config.toml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load(file)

    return make
