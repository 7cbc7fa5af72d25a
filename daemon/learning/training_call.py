"""Training work as child processes: how they are called, how they end, and the last lines they said.

``daemon`` never imports ``training``; it starts ``python -m training.…`` with an argv from a pure function here.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from daemon.errors import NippoError, TrainingError, TrainingOutOfMemory, TrainingStopped, UsageError
from daemon.learning.run_folder import Ending
from daemon.system.extras import adding
from daemon.words import marked, tr

LAST_LINES = 25
MEANING: dict[int, tuple[type[NippoError], str, str]] = {
    Ending.USAGE: (UsageError, marked("the child process was called with settings that it does not allow"), ""),
    Ending.OUT_OF_MEMORY: (
        TrainingOutOfMemory,
        marked("out of memory"),
        marked("Choose a smaller base model or a shorter `training.max_seq_length`."),
    ),
    Ending.STOPPED: (
        TrainingStopped,
        marked("stopped; its last step is saved"),
        marked("Go on with `nippo train --resume`."),
    ),
    Ending.TIME_UP: (
        TrainingError,
        marked("stopped after `training.max_hours`; its last step is saved"),
        marked("Go on with `nippo train --resume`."),
    ),
}


@dataclass(frozen=True)
class TrainCall:
    """What ``nippo train`` asks for. ``extra``: options of ``training.train`` that are handed through as they are."""

    pairs: tuple[Path, ...]
    out: Path
    base: str = ""
    config: Path | None = None
    steps: tuple[int, ...] = ()
    init_adapter: Path | None = None
    resume: bool = False
    extra: tuple[str, ...] = ()


def training_argv(call: TrainCall, processes: int = 1, python: str = sys.executable) -> list[str]:
    """The command line of a training run. With several processes (GPUs) ``accelerate launch`` starts it. Pure."""
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", str(processes), "--module"]
    argv = [python, *(launch if processes > 1 else ["-m"]), "training.train"]
    argv += ["--pairs", *map(str, call.pairs), "--out", str(call.out)]
    for option, value in (("--base", call.base), ("--config", call.config), ("--init-adapter", call.init_adapter)):
        if value:
            argv += [option, str(value)]
    if call.steps:
        argv += ["--steps", *map(str, call.steps)]
    return [*argv, *(["--resume"] if call.resume else []), *call.extra]


def export_argv(run: Path, folder: Path, name: str, python: str = sys.executable) -> list[str]:
    """The command line that makes a version of a finished run. Pure."""
    return [python, "-m", "training.export", str(run), "--out", str(folder), "--name", name]


def evaluate_argv(arguments: Sequence[str], python: str = sys.executable) -> list[str]:
    """The command line of an evaluation; its options are those of ``nippo evaluate``. Pure."""
    return [python, "-m", "training.scoring.evaluate", *arguments]


PACKAGES = ("torch", "transformers", "trl", "peft")
"""What a training cannot do without."""


def missing_packages() -> list[str]:
    """The training packages that are not installed. Looks for them without importing them."""
    return [name for name in PACKAGES if find_spec(name) is None]


def need_training() -> None:
    """Raise ``UsageError`` when the training packages are not installed."""
    if missing := missing_packages():
        raise UsageError(
            tr("not installed: {missing}", missing=", ".join(missing)),
            tr("Install them with `{adding}`.", adding=adding("train")),
        )


def why_not(need: Callable[[], None] = need_training) -> str:
    """Why this machine cannot train and what to do about it, in one line; "" where it can."""
    try:
        need()
    except NippoError as problem:
        return f"{problem.what}. {problem.next_step}".strip()
    return ""


def call(argv: Sequence[str], show: Callable[[str], None] | None = None) -> tuple[int, list[str]]:
    """Run a child to its end; return its exit code and its last 25 lines.

    Without ``show`` the child keeps the terminal: its progress bar is drawn there, no lines are kept, and Ctrl-C
    reaches it directly, so that it can save; with ``show`` every line of both streams is handed over.
    """
    if show is None:
        with subprocess.Popen(argv) as owner:
            while owner.poll() is None:
                with contextlib.suppress(KeyboardInterrupt):
                    owner.wait()
        return owner.returncode, []
    lines: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            show(lines[-1])
    return process.returncode, list(lines)


def check(code: int, lines: Sequence[str] = ()) -> None:
    """Raise what an exit code means: nothing for 0, ``UsageError``, or a ``TrainingError``; lines are shown."""
    if code == Ending.OK:
        return
    otherwise = (
        TrainingError,
        tr("the child process ended with {described}", described=described(code)),
        tr("Mend what the lines above say."),
    )
    kind, what, next_step = MEANING.get(code, otherwise)
    raise kind("\n".join([tr(what), *lines]), tr(next_step))


def described(code: int) -> str:
    """A return code as ``subprocess`` tells it, in words. Pure."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return tr("signal {name}", name=signal.Signals(-code).name)
    return tr("exit code {code}", code=code)
