"""How many threads an engine gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daemon.engines import cpu


def machine(folder: Path, siblings: list[str]) -> Path:
    for number, line in enumerate(siblings):
        place = folder / f"cpu{number}" / "topology"
        place.mkdir(parents=True)
        (place / "thread_siblings_list").write_text(f"{line}\n")
    return folder


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux only")
def test_two_threads_of_one_core_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(cpu, "_quota", lambda: 0)
    assert cpu.physical_cores(machine(tmp_path, ["0,2", "1,3", "0,2", "1,3"])) == 2


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux only")
def test_only_processors_that_this_process_may_use_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2})
    monkeypatch.setattr(cpu, "_quota", lambda: 0)
    assert cpu.physical_cores(machine(tmp_path, ["0", "1", "2", "3"])) == 1


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux only")
def test_a_containers_share_bounds_the_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(cpu, "_quota", lambda: 2)
    assert cpu.physical_cores(machine(tmp_path, ["0", "1", "2", "3"])) == 2


def test_there_is_always_a_thread_and_memory() -> None:
    assert 1 <= cpu.physical_cores() <= (os.cpu_count() or 1)
    assert cpu.memory_bytes() == 0 or cpu.memory_bytes() > 2**26


def test_only_what_is_not_a_processor_is_an_accelerator() -> None:
    assert not cpu.has_accelerator([{"type": "GGML_BACKEND_DEVICE_TYPE_CPU"}])
    assert cpu.has_accelerator([{"type": "GGML_BACKEND_DEVICE_TYPE_CPU"}, {"type": "GGML_BACKEND_DEVICE_TYPE_GPU"}])
