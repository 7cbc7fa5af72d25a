"""`nippo doctor` beside a distribution that brings a package ``daemon`` too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.setup import name_collision
from daemon.setup.doctor import examine
from daemon.setup.name_collision import collision_lines
from daemon.system.shipped import PACKAGE

ALONE = """import os, sys
here, *rest = sys.path[1:]
sys.path[1:] = [here, *(path for path in rest if not os.path.exists(f"{path}/daemon/__init__.py"))]
"""
"""Takes a checkout off Python's path, which a package without ``__init__.py`` would yield to."""


def install(site: Path, name: str, *files: str) -> None:
    """Put a distribution into a folder as pip does: its files, and what it says of itself."""
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).touch()
    info = site / f"{name.replace('-', '_')}-3.1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 3.1.2\n", encoding="utf-8")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages on Python's path."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    return site


def test_a_package_of_that_name_elsewhere_is_a_warning(site: Path) -> None:
    install(site, "python-daemon", "daemon/__init__.py", "daemon/pidfile.py")
    (line,) = collision_lines()
    assert line.state == "warn" and "python-daemon 3.1.2" in line.message and "pipx" in line.remedy


def test_one_in_the_same_folder_is_a_fault(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "python-daemon", "daemon/__init__.py")
    install(site, "nippo", "daemon/__init__.py", "daemon/cli.py")
    monkeypatch.setattr(name_collision, "PACKAGE", site / "daemon")
    (line,) = collision_lines()
    assert line.state == "fail" and "one folder" in line.message


def test_others_and_nippo_itself_are_none(site: Path) -> None:
    install(site, "nippo", "daemon/__init__.py")
    install(site, "daemonize", "daemonize/__init__.py", "my/daemon/__init__.py")
    assert list(collision_lines()) == []


@pytest.mark.parametrize("others", ["", None])
def test_where_the_other_lies_over_ours_every_command_says_so(tmp_path: Path, others: str | None) -> None:
    """python-daemon installed after nippo replaces ``daemon/__init__.py``; its removal takes the file along."""
    (tmp_path / "daemon").mkdir()
    for entry in PACKAGE.iterdir():
        if entry.name != "__init__.py":
            (tmp_path / "daemon" / entry.name).symlink_to(entry)
    if others is not None:
        (tmp_path / "daemon" / "__init__.py").write_text(others, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", f"{ALONE}from daemon.cli import main; main()", "doctor"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1 and "python-daemon" in run.stderr and "pipx" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_doctor_says_it_first(site: Path, tmp_path: Path) -> None:
    install(site, "python-daemon", "daemon/__init__.py")
    settings = tmp_path / "config.toml"
    settings.write_text("[nonsense]\n", encoding="utf-8")
    assert [(line.name, line.state) for line in examine(settings)] == [("install", "warn"), ("config", "fail")]
