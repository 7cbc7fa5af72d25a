"""What machine this is, and which engine and base model suit it.

``probe`` asks ``nvidia-smi``; ``choose`` is pure. Memory is counted in MiB as the driver reports it, some per cent
below the size on the box. The figures behind ``TIERS``: a 14B model in 4 bits with LoRA training at 4,096 tokens
reserved 11.2 GiB at its peak (measured on one H100); 7B and 3B scale with their weights.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from daemon.system.extras import adding
from daemon.words import tr

QUERY = "name,memory.total,driver_version,compute_cap"
MIN_DRIVER = 525
"""The first driver branch that runs CUDA 12 programs (CUDA compatibility guide)."""
MIN_CAPABILITY = 7.0
"""The oldest compute capability that Unsloth supports (Volta)."""

TIERS: tuple[tuple[int, int, str], ...] = (
    (12, 11_700, "unsloth/Qwen2.5-14B-Instruct-bnb-4bit"),
    (8, 7_600, "unsloth/Qwen2.5-7B-Instruct-bnb-4bit"),
    (6, 5_600, "unsloth/Qwen2.5-3B-Instruct-bnb-4bit"),
)
"""Size on the box in GB, least memory in MiB that counts as it, base model."""


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU. ``memory`` in MiB; ``capability`` as in 8.6, 0.0 if the driver does not say."""

    name: str
    memory: int
    driver: str
    capability: float = 0.0


@dataclass(frozen=True)
class EngineChoice:
    """Values for ``engine.kind`` and ``engine.model``, and why, in a sentence."""

    kind: str
    model: str
    why: str


STARTER = ("auto", "starter")


def probe() -> tuple[Gpu, ...]:
    """The NVIDIA GPUs of this machine, the largest first; none where ``nvidia-smi`` is missing or fails."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return parse(done.stdout) if done.returncode == 0 else ()


def parse(table: str) -> tuple[Gpu, ...]:
    """Given ``nvidia-smi``'s lines for ``QUERY``, return the GPUs, the largest first; unreadable lines are left out.

    A GPU whose memory is "[N/A]" (unified memory) is left out too: nothing can be chosen by it.
    """
    gpus = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == 4 and cells[1].isdecimal():
            capability = float(cells[3]) if cells[3].replace(".", "", 1).isdecimal() else 0.0
            gpus.append(Gpu(cells[0], int(cells[1]), cells[2], capability))
    return tuple(sorted(gpus, key=lambda gpu: -gpu.memory))


def gpu_extra_installed() -> bool:
    """Whether the packages of the extra ``gpu`` are there; none of them is imported."""
    return all(find_spec(package) is not None for package in ("torch", "bitsandbytes", "unsloth"))


def choose(gpus: Sequence[Gpu], has_gpu_extra: bool | None = None) -> EngineChoice:
    """Given the GPUs and whether the extra ``gpu`` is installed (None: look), return engine and base model.

    One GPU decides, the largest: a model is never spread over two of them by itself.
    """
    if not gpus:
        return EngineChoice(*STARTER, tr("no NVIDIA GPU was found: the starter model runs on the processor"))
    gpu = max(gpus, key=lambda each: each.memory)
    seen = tr("{name} with {memory:.1f} GiB", name=gpu.name, memory=gpu.memory / 1024)
    obstacle = _obstacle(gpu)
    if obstacle:
        return EngineChoice(
            *STARTER, tr("{seen}, but {obstacle}: the starter model is taken", seen=seen, obstacle=obstacle)
        )
    for box, least, model in TIERS:
        if gpu.memory >= least:
            if not (gpu_extra_installed() if has_gpu_extra is None else has_gpu_extra):
                return EngineChoice(
                    *STARTER,
                    tr(
                        "{seen} could run {model}, after `{adding}` and a new `nippo init --force`",
                        seen=seen,
                        model=model,
                        adding=adding("gpu"),
                    ),
                )
            return EngineChoice(
                "transformers",
                model,
                tr("{seen}: {box} GB and more hold {model} and its weekly training", seen=seen, box=box, model=model),
            )
    return EngineChoice(*STARTER, tr("{seen} is below 6 GB: the starter model is taken", seen=seen))


def _obstacle(gpu: Gpu) -> str:
    branch = gpu.driver.partition(".")[0]
    if branch.isdecimal() and int(branch) < MIN_DRIVER:
        return tr("its driver {driver} is older than {min_driver}", driver=gpu.driver, min_driver=MIN_DRIVER)
    if 0 < gpu.capability < MIN_CAPABILITY:
        return tr(
            "its compute capability {capability} is below {min_capability}",
            capability=gpu.capability,
            min_capability=MIN_CAPABILITY,
        )
    return ""
