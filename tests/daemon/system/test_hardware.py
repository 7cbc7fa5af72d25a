"""The GPU that is there decides which model `nippo init` proposes."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.system.extras import adding
from daemon.system.hardware import Gpu, choose, parse, probe

FOURTEEN = "unsloth/Qwen2.5-14B-Instruct-bnb-4bit"
SEVEN = "unsloth/Qwen2.5-7B-Instruct-bnb-4bit"
THREE = "unsloth/Qwen2.5-3B-Instruct-bnb-4bit"


@pytest.mark.parametrize(
    ("name", "memory", "model"),
    [
        ("NVIDIA H100 80GB HBM3", 81_559, FOURTEEN),
        ("Tesla T4", 15_360, FOURTEEN),
        ("NVIDIA GeForce RTX 4070", 12_282, FOURTEEN),
        ("NVIDIA GeForce RTX 2080 Ti", 11_264, SEVEN),
        ("NVIDIA GeForce RTX 4060", 8_188, SEVEN),
        ("NVIDIA GeForce RTX 2060", 6_144, THREE),
        ("NVIDIA GeForce GTX 1650", 4_096, "starter"),
    ],
)
def test_memory_decides_the_base_model(name: str, memory: int, model: str) -> None:
    choice = choose([Gpu(name, memory, "570.86.15", 7.5)], has_gpu_extra=True)
    assert choice.model == model
    assert name in choice.why


def test_without_a_gpu_the_starter_runs_on_the_processor() -> None:
    choice = choose([])
    assert (choice.kind, choice.model) == ("auto", "starter")
    assert "no NVIDIA GPU" in choice.why


def test_an_old_driver_or_chip_is_named_as_the_reason_for_the_starter() -> None:
    assert "470.82" in choose([Gpu("A100", 40_960, "470.82", 8.0)]).why
    old = choose([Gpu("Tesla P100", 16_384, "570.1", 6.0)])
    assert old.model == "starter" and "6.0 is below 7.0" in old.why


def test_without_the_gpu_extra_the_reason_says_how_to_get_it() -> None:
    choice = choose([Gpu("RTX 4090", 24_564, "570.1", 8.9)], has_gpu_extra=False)
    assert choice.model == "starter"
    assert adding("gpu") in choice.why and FOURTEEN in choice.why


def test_whether_the_extra_is_installed_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = Gpu("RTX 4090", 24_564, "570.1", 8.9)
    monkeypatch.setattr("daemon.system.hardware.find_spec", lambda package: None)
    assert choose([gpu]).model == "starter"
    monkeypatch.setattr("daemon.system.hardware.find_spec", lambda package: object())
    assert choose([gpu]).model == FOURTEEN


def test_the_largest_gpu_decides() -> None:
    gpus = parse("RTX 2060, 6144, 570.1, 7.5\nRTX 4090, 24564, 570.1, 8.9\n")
    assert [gpu.name for gpu in gpus] == ["RTX 4090", "RTX 2060"]
    assert choose(gpus, has_gpu_extra=True).model == FOURTEEN


def test_lines_that_say_nothing_about_memory_are_left_out() -> None:
    assert parse("NVIDIA GB10, [N/A], 580.1, 12.1\nNo devices were found\n\n") == ()
    assert parse("Tesla V100, 16384, 535.0, [N/A]") == (Gpu("Tesla V100", 16_384, "535.0", 0.0),)


@pytest.mark.parametrize(("body", "found"), [("echo 'Tesla T4, 15360, 550.54, 7.5'", 1), ("echo broken; exit 9", 0)])
def test_nvidia_smi_is_asked(body: str, found: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert len(probe()) == found
    program.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert probe() == ()
