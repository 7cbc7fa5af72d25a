"""What the page keeps between two redraws is made again when that which it was made of has changed."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import scene
import streamlit as st

from dashboard import context

DASHBOARD = Path(context.__file__).parent
BEHIND_A_KEY = {"_config", "_vault"}
"""They cannot be hashed and Streamlit does not look at arguments called like this: another one stands for them."""


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


def kept_functions() -> Iterator[ast.FunctionDef]:
    for file in DASHBOARD.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("cache_" in ast.unparse(one) for one in node.decorator_list):
                yield node


def test_what_is_kept_is_kept_by_its_arguments() -> None:
    found = {node.name: [one.arg for one in node.args.args] for node in kept_functions()}
    assert "_settings" in found
    unseen = {name: [one for one in names if one.startswith("_")] for name, names in found.items()}
    assert {name: sorted({*names} - BEHIND_A_KEY) for name, names in unseen.items() if {*names} - BEHIND_A_KEY} == {}
    assert all(len(found[name]) > len(names) for name, names in unseen.items() if names), "a key stands for them"


def test_the_settings_are_read_again_when_the_file_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = scene.settings_file(tmp_path, scene.make_vault(tmp_path))
    assert config.file
    monkeypatch.setenv("NIPPO_CONFIG", str(config.file))
    assert context.settings().notify.desktop is False
    config.file.write_text(config.file.read_text(encoding="utf-8") + "\n[notify]\ndesktop = true\n", encoding="utf-8")
    os.utime(config.file, ns=(1, 1))
    assert context.settings().notify.desktop is True


def test_the_versions_are_read_again_when_one_has_come(tmp_path: Path) -> None:
    config = scene.settings_file(tmp_path, scene.make_vault(tmp_path))
    assert "v0.1" not in [one.name for one in context.version_choices(config)]
    scene.make_version(config, "v0.1", 1)
    assert "v0.1" in [one.name for one in context.version_choices(config)]
