"""Every measurement is started as its own first words say: as a module, since ``bench/daemon.py`` would stand in front
of the package ``daemon`` otherwise."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    file.relative_to(ROOT) for file in (ROOT / "bench").rglob("*.py") if '__name__ == "__main__"' in file.read_text()
)


def test_there_are_measurements() -> None:
    assert Path("bench/checks.py") in SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_measurement_says_how_it_is_started(script: Path) -> None:
    words = ast.get_docstring(ast.parse((ROOT / script).read_text())) or ""
    module = ".".join(script.with_suffix("").parts)

    started = re.findall(r"python (?:-m )?(bench\S*?)(?=[\s`]|$)", words)

    assert set(started) <= {module}
    assert started or "python" not in words


def test_a_measurement_answers_when_started_as_it_says() -> None:
    done = subprocess.run([sys.executable, "-m", "bench.checks", "--help"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0 and "python -m bench.checks" in done.stdout
