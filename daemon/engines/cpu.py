"""What the machine offers to an engine: physical cores, memory, accelerators. Small guesses, never an error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TOPOLOGY = Path("/sys/devices/system/cpu")


def physical_cores(topology: Path = TOPOLOGY) -> int:
    """The number of physical cores this process may run on, at least 1.

    Two threads of one core share its arithmetic units, so llama.cpp is slower with both. Linux: distinct
    ``thread_siblings_list`` among the allowed processors, which psutil does not tell apart; macOS: the performance
    cores where there are two kinds; elsewhere what psutil counts, else half of the logical.
    """
    if hasattr(os, "sched_getaffinity"):
        allowed = os.sched_getaffinity(0)
        siblings = set()
        for number in allowed:
            try:
                siblings.add((topology / f"cpu{number}/topology/thread_siblings_list").read_text().strip())
            except OSError:
                return max(1, len(allowed))
        return max(1, min(len(siblings), _quota() or len(siblings)))
    if sys.platform == "darwin":
        done = subprocess.run(["sysctl", "-n", "hw.perflevel0.physicalcpu"], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip().isdecimal():
            return max(1, int(done.stdout))
    import psutil

    return max(1, psutil.cpu_count(logical=False) or (os.cpu_count() or 2) // 2)


def _quota() -> int:
    """Whole processors that the container's control group grants, or 0 without a limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, int(quota) // int(period)) if quota != "max" else 0
    except (OSError, ValueError):
        return 0


def memory_bytes() -> int:
    """Main memory in bytes, or what the container's control group grants of it; 0 where it cannot be told."""
    import psutil

    try:
        total = int(psutil.virtual_memory().total)
    except (psutil.Error, OSError, RuntimeError):
        return 0
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdecimal() else total


def has_accelerator(devices: Sequence[dict[str, Any]]) -> bool:
    """Given ``xllamacpp.get_device_info()``, whether anything but the processor is there."""
    return any("CPU" not in str(device.get("type", "CPU")) for device in devices)
