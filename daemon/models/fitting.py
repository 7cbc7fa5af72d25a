"""Which models a machine can run, and which of the known ones is the largest that it runs in reasonable time. Pure.

The figure behind ``GIGABYTES_A_CORE``: two cores draw 16 tokens a second from the starter's 1.1 GB of weights, and
speed goes with cores and against weights, so 1.25 GB a core is some 7 tokens a second, a report in one to four minutes.
No other model and machine was timed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.models.known import LARGER, KnownModel

GIGABYTES_A_CORE = 1.25
BESIDE = 1_500_000_000
"""Bytes that context, buffers and the rest of the program take beside the weights."""
SYSTEM = 2_500_000_000
"""Bytes that are left to the system and what else runs."""


@dataclass(frozen=True)
class Machine:
    """Main memory in bytes (0: unknown), physical cores, and the memory of the largest GPU in bytes (0: none)."""

    memory: int
    cores: int
    gpu_memory: int = 0


def needed(weights: int) -> int:
    """Bytes of memory that a model with weights of so many bytes takes while it writes."""
    return weights + weights // 10 + BESIDE


def fits(weights: int, machine: Machine) -> bool:
    """Whether the model fits into the GPU, or into main memory beside the system. An unknown memory holds all."""
    return needed(weights) <= machine.gpu_memory or not machine.memory or needed(weights) + SYSTEM <= machine.memory


def quick(weights: int, machine: Machine) -> bool:
    """Whether a report takes minutes at most: on a GPU that holds the model, or with enough cores for its weights."""
    return needed(weights) <= machine.gpu_memory or weights <= machine.cores * GIGABYTES_A_CORE * 1e9


def best_known(machine: Machine, models: Sequence[KnownModel] = LARGER) -> KnownModel | None:
    """The largest of the known models that fits and is quick enough; None where only the starter is. Of two of one size
    the first in the list."""
    fitting = [model for model in models if fits(model.size, machine) and quick(model.size, machine)]
    return max(fitting, key=lambda model: model.parameters, default=None)
