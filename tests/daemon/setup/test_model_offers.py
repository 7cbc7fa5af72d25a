"""Which programs that serve models run here: read off the list of processes, nobody is asked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.models.fitting import Machine
from daemon.setup.model_offers import known_models, running, suggestion


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="starts a copy of a system program under another name")
@pytest.mark.parametrize(("called", "kind"), [("ollama", "Ollama"), ("llama-server", "llama-server")])
def test_a_program_is_known_by_its_process(tmp_path: Path, called: str, kind: str) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    program = tmp_path / called
    shutil.copy(Path(sleep).resolve(), program)
    before = running()
    child = subprocess.Popen([program, "30"])
    try:
        assert kind in running() and kind not in before
    finally:
        child.kill()
        child.wait()


def test_a_gpu_that_llama_cpp_does_not_use_makes_no_model_quick() -> None:
    machine = Machine(16 * 10**9, 2, gpu_memory=24 * 10**9)
    found = suggestion(machine, "starter")
    assert found is not None and found.name == "qwen3-4b"
    assert [row["name"] for row in known_models(machine) if row.get("best")] == ["qwen3-4b"]
    assert suggestion(machine, "qwen3-4b") is None and suggestion(machine, "somebody/else") is None
