"""The words that add packages to this installation, whatever put it there."""

from __future__ import annotations

import json
import shlex
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from daemon.system import extras
from daemon.system.extras import adding, installed_from, lacking


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment's folder in which only the starter's extra is."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(extras, "find_spec", lambda name: object() if name == "xllamacpp" else None)
    return tmp_path


def record(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    class Installed(Distribution):
        def read_text(self, filename: str) -> str | None:
            return text if filename == "direct_url.json" else None

        def locate_file(self, path: object) -> Path:
            raise AssertionError("only the record is read")

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())


def test_a_plain_environment_uses_its_own_pip(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(monkeypatch, json.dumps({"url": "file:///home/miki/my%20nippo", "dir_info": {"editable": True}}))
    words = shlex.split(adding("train"))
    assert words == [sys.executable, "-m", "pip", "install", "/home/miki/my nippo[train]"]


@pytest.mark.parametrize(
    ("receipt", "start"),
    [("uv-receipt.toml", "uv tool install --force"), ("pipx_metadata.json", "pipx install --force")],
)
def test_an_environment_that_is_made_anew_keeps_its_extras(
    place: Path, monkeypatch: pytest.MonkeyPatch, receipt: str, start: str
) -> None:
    (place / receipt).write_text("")
    record(monkeypatch, json.dumps({"url": "file:///srv/nippo", "dir_info": {}}))
    backend = " --torch-backend auto" if "uv" in start else ""
    assert adding("dashboard", "train") == f'{start}{backend} "/srv/nippo[starter,dashboard,train]"'
    assert adding("dashboard") == f'{start} "/srv/nippo[starter,dashboard]"'
    assert adding("starter") == f'{start} "/srv/nippo[starter]"'
    assert lacking(["starter", "train"]) == ["train"]


@pytest.mark.parametrize(
    ("text", "source", "named"),
    [
        (None, "", "nippo[gpu]"),
        ("{broken", "", "nippo[gpu]"),
        (json.dumps({"url": "https://host/n-1.whl", "archive_info": {}}), "https://host/n-1.whl", None),
        (
            json.dumps({"url": "https://host/n.git", "vcs_info": {"vcs": "git", "commit_id": "c"}}),
            "git+https://host/n.git",
            "nippo[gpu] @ git+https://host/n.git",
        ),
    ],
)
def test_the_source_is_what_it_was_installed_from(
    place: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, source: str, named: str | None
) -> None:
    record(monkeypatch, text)
    assert installed_from() == source
    assert shlex.split(adding("gpu"))[-1] == (named or f"{source}[gpu]")
