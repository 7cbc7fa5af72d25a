"""Dockerfile, compose.yaml and .dockerignore agree with the settings and with the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from daemon.config import Config, load

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_every_copied_source_is_in_the_tree_and_let_through_by_dockerignore() -> None:
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [
        word for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists() and source in let_through, source


def test_dockerignore_begins_by_shutting_everything_out() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not any(rule.startswith("!data") and rule != "!data/starter" for rule in rules), "the user's data stays out"


def test_the_image_s_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    names = set(re.findall(r"NIPPO_[A-Z]+__[A-Z_]+", DOCKERFILE))
    for service in compose["services"].values():
        names |= {name for name in service["environment"] if name.startswith("NIPPO_")}
    assert {"NIPPO_VAULT__PATH", "NIPPO_DATA__FOLDER", "NIPPO_WATCH__OBSERVER"} <= names
    for name in names:
        section, key = name.removeprefix("NIPPO_").lower().split("__")
        assert key in type(getattr(Config(), section)).model_fields, name
    monkeypatch.setenv("NIPPO_VAULT__PATH", "/vault")
    assert load().vault_path == Path("/vault"), "the variables alone are a configuration"


def test_both_services_build_a_target_of_the_dockerfile_and_only_one_asks_for_a_gpu() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    targets = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
    assert {service["build"]["target"] for service in services.values()} == {"cpu", "gpu"} <= set(targets)
    assert "deploy" in services["gpu"] and "deploy" not in services["nippo"]


def test_the_last_user_of_every_target_is_not_root() -> None:
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]:
        if re.search(r"AS (cpu|gpu)$", stage.splitlines()[0]):
            assert re.findall(r"^USER (\S+)$", stage, re.MULTILINE)[-1:] == ["nippo"]
