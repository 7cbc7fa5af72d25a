"""How a training process ends, for the process that started it."""

from __future__ import annotations

from enum import IntEnum

from daemon.errors import NippoError, OutOfMemory, TrainingOutOfMemory, TrainingStopped, UsageError


class ExitCode(IntEnum):
    """Exit codes of ``python -m training.train`` and its sisters."""

    OK = 0
    FAILED = 1
    USAGE = 2
    OUT_OF_MEMORY = 3
    STOPPED = 4
    """Asked to end (SIGTERM, SIGINT): a checkpoint was saved and ``--resume`` goes on from it."""
    TIME_UP = 5
    """``training.max_hours`` has passed: saved as above."""


def exit_code(problem: NippoError) -> ExitCode:
    """Given what ended a training process, return how it says so to its parent."""
    if isinstance(problem, TrainingStopped):
        return ExitCode.STOPPED
    if isinstance(problem, OutOfMemory | TrainingOutOfMemory):
        return ExitCode.OUT_OF_MEMORY
    return ExitCode.USAGE if isinstance(problem, UsageError) else ExitCode.FAILED
