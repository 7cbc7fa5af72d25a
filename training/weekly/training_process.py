"""Training in a process of its own below the weekly run, so that its memory and its patches of libraries go with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from daemon.config import Config
from daemon.learning.run_folder import Ending
from daemon.learning.training_call import TrainCall, check, training_argv
from daemon.system.accelerator import FileLock
from daemon.system.hardware import probe
from daemon.system.parent_death import die_with_parent

SAVE_SECONDS = 50.0


def train(
    config: Config,
    rows: Path,
    out: Path,
    base: str,
    start: Path | None,
    resume: bool,
    hours: float,
    steps: Sequence[int],
    locks: Sequence[FileLock],
    own_share: float = 0.0,
) -> None:
    """Run ``training.train`` to its end or to the end of its time. The child holds the locks as well, so that nobody
    takes the accelerator while it is still ending. Raises what its exit code means (``training_call.check``); passes
    ``TrainingStopped`` on, once it has saved.
    """
    rate = config.training.weekly_learning_rate if start else config.training.learning_rate
    call = TrainCall(
        pairs=(rows,),
        out=out,
        base=base,
        config=config.file,
        steps=tuple(steps),
        init_adapter=start,
        resume=resume,
        extra=(
            "--max-hours",
            f"{max(hours, 0.01):.3f}",
            "--own-share",
            f"{own_share:g}",
            "--learning-rate",
            f"{rate:g}",
        ),
    )
    process = subprocess.Popen(
        training_argv(call, _processes(config)),
        stdin=subprocess.DEVNULL,
        pass_fds=[lock.fileno() for lock in locks],
        preexec_fn=_die_with_parent if sys.platform.startswith("linux") else None,
    )
    try:
        code = process.wait()
    except BaseException:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would cut the saving off
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    if code != Ending.TIME_UP:  # what there is by then is judged
        check(code)


def _processes(config: Config) -> int:
    if not config.training.multi_gpu:
        return 1

    return max(len(probe()), 1)


def _die_with_parent() -> None:
    """In the new process: end by SIGTERM, which saves, when the weekly run dies."""
    die_with_parent()
    if os.getppid() == 1:
        os._exit(1)
