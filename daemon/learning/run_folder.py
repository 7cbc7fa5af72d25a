"""The contract of a training run: its files, events, exit codes, results and state.

``daemon/`` starts runs, ``training/`` does them, ``dashboard/`` shows them; all use these values and no keys of their
own. How they are written and read: ``daemon.learning.kept``.

Under ``data/runs/<name>/``: ``progress.jsonl`` grows by an event a line; ``run.json`` says what a training was asked to
do, ``result.json`` what came of it; a weekly run also has ``plan.json``, ``training.log`` and, written last,
``weekly.json``, without which it did not finish, whatever its exit code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

from daemon.errors import NippoError, OutOfMemory, TrainingOutOfMemory, TrainingStopped, UsageError
from daemon.learning.kept import Kept
from daemon.words import marked

RUNS, PROGRESS, LOG, ROWS = "runs", "progress.jsonl", "training.log", "rows.jsonl"
RECORD, TRAINED, PLANNED, WEEKLY = "run.json", "result.json", "plan.json", "weekly.json"


class Ending(IntEnum):
    """How a training process ended: its exit code, or that it was killed. In JSON by its name in small letters.

    After STOPPED (SIGTERM, SIGINT) and TIME_UP (``training.max_hours``) a checkpoint is saved, and the next try goes on
    from it. BUSY: another training holds the lock. KILLED: by a signal, or by the machine.
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    OUT_OF_MEMORY = 3
    STOPPED = 4
    TIME_UP = 5
    BUSY = 6
    KILLED = 7

    @classmethod
    def of_code(cls, code: int) -> Ending:
        """Given a child's return code, what it means. Pure."""
        return cls(code) if 0 <= code <= cls.BUSY else cls.KILLED

    @classmethod
    def of_error(cls, problem: NippoError) -> Ending:
        """Given what ended a training process, the exit code that tells its parent. Pure."""
        if isinstance(problem, TrainingStopped):
            return cls.STOPPED
        if isinstance(problem, OutOfMemory | TrainingOutOfMemory):
            return cls.OUT_OF_MEMORY
        return cls.USAGE if isinstance(problem, UsageError) else cls.FAILED

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def _missing_(cls, value: object) -> Ending | None:
        return cls.__members__.get(value.upper()) if isinstance(value, str) else None


class EventKind(StrEnum):
    """What a line of the progress file tells."""

    PHASE = "phase"
    START = "start"
    STEP = "step"
    CHECKPOINT = "checkpoint"
    MESSAGE = "message"


class Phase(StrEnum):
    """What a weekly run is at."""

    STARTING = marked("starting")
    TRAINING = marked("training")
    JUDGING = marked("judging")
    CROSS_VALIDATING = marked("cross-validating")
    EXPORTING = marked("exporting")


class Outcome(StrEnum):
    """What the gate decided about the new version."""

    PROMOTED = marked("promoted")
    KEPT = marked("kept")
    ABSTAINED = marked("abstained")


class RunStage(StrEnum):
    """Where the daemon stands with a run: it runs, its result is being taken in, it is over."""

    RUNNING = "running"
    SETTLING = "settling"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class ProgressEvent(Kept):
    """A line of the progress file: a phase has a ``name``, a start and a step are at ``step`` of ``steps`` with seconds
    ``left`` and ``loss``, a checkpoint has ``dev_loss`` and ``judge_auc``, a message a ``text`` for a person.
    ``elapsed``: seconds since the run began."""

    event: EventKind
    elapsed: float = 0.0
    step: int | None = None
    steps: int | None = None
    loss: float | None = None
    dev_loss: float | None = None
    judge_auc: float | None = None
    learning_rate: float | None = None
    left: float | None = None
    text: str | None = None
    name: Phase | None = None

    def to_json(self) -> dict[str, Any]:
        return {key: value for key, value in super().to_json().items() if value is not None}


@dataclass(frozen=True)
class RunProgress(Kept):
    """Where a run is: step of steps, seconds left (None: unknown), the last loss, the last words for a person."""

    phase: Phase = Phase.STARTING
    step: int = 0
    steps: int = 0
    left: float | None = None
    loss: float | None = None
    message: str = ""


@dataclass(frozen=True)
class Base(Kept):
    """A base model that can be loaded: what it is called elsewhere, and its Hugging Face folder.

    ``sha256`` is that of the GGUF file, or of a folder's weight files together.
    """

    reference: str = ""
    folder: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class MachinePlan(Kept):
    """How a run uses this machine: "cuda" or "cpu"; "unsloth", "plain" or "lean"; 4 or 16 bits; the weights' dtype."""

    device: str = ""
    loader: str = ""
    bits: int = 16
    dtype: str = ""


@dataclass(frozen=True)
class Checkpoint(Kept):
    """One complete checkpoint.

    ``loss``: mean of the steps since the last one; ``dev_loss``: nats per token of the dev rows' answers. ``interim``:
    kept only because the run was stopped there. ``judge_auc``: how well it tells true dev lines from others, 0.5 to 1.
    ``habits``: what it knows its person's days by.
    """

    step: int
    folder: str = ""
    loss: float | None = None
    dev_loss: float | None = None
    interim: bool = False
    judge_auc: float | None = None
    habits: str = ""


@dataclass(frozen=True)
class RunRecord(Kept):
    """``run.json``: what a training was asked to do. ``digest``: of all that decides the result; only a run with the
    same one is resumed. ``spec``: the settings by name, for people and for a version's ``meta.json``."""

    digest: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class TrainingResult(Kept):
    """``result.json``: what a training gave. ``best``: step of the checkpoint with the lowest dev loss, the last one
    without dev rows. ``left_out``: ids of rows longer than the sequence length. ``peak_memory_bytes``: reserved on the
    GPU, 0 on a CPU. ``method``: what the adapter writes, "sentences" or "whole"; ``prompt``: the digest of the
    questions that it learned; ``habits``: the line that stood behind the rules of a person's days, "" where there were
    none."""

    exit: Ending = Ending.FAILED
    checkpoints: tuple[Checkpoint, ...] = ()
    best: int | None = None
    base: Base = Base()
    corpus_sha256: str = ""
    pair_ids: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    max_seq_length: int = 0
    seconds: float = 0.0
    plan: MachinePlan = MachinePlan()
    peak_memory_bytes: int = 0
    message: str = ""
    method: str = "whole"
    prompt: str = ""
    habits: str = ""


@dataclass(frozen=True)
class RunResult(Kept):
    """``weekly.json``: what a weekly run decided. ``pairs``: ids of all it has seen. ``verdict``: the gate's figures.
    ``note``: the page for the vault, ``pictures``: file names beside it."""

    outcome: Outcome
    version: str
    against: str = ""
    pairs: tuple[str, ...] = ()
    verdict: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    pictures: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class RunScores(Kept):
    """What a version's ``meta.json`` keeps of its run: the step it was taken from, the gate's word and figures, whom it
    was held against, the losses of the checkpoints, figures of ``nippo evaluate``."""

    step: int | None = None
    outcome: Outcome | None = None
    against: str = ""
    gate: Mapping[str, Any] = field(default_factory=dict)
    checkpoints: tuple[Checkpoint, ...] = ()
    evaluation: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class RunState(Kept):
    """The running or last weekly run, as the database remembers it. ``attempts``: how often it was started.
    ``promoted``: the champion was moved. ``note``: the verdict's path in the vault. ``last_lines``: what a failed run
    said last."""

    run: str
    state: RunStage
    reason: str = ""
    started: datetime | None = None
    attempts: int = 1
    promoted: bool = False
    ended: datetime | None = None
    version: str = ""
    outcome: Outcome | None = None
    note: str = ""
    message: str = ""
    last_lines: tuple[str, ...] = ()


def read_events(folder: Path) -> tuple[ProgressEvent, ...]:
    """The events of a run, oldest first; lines that are none are left out."""
    try:
        lines = (folder / PROGRESS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(event for line in lines if (event := ProgressEvent.from_text(line)) is not None)


def progress_of(events: Iterable[ProgressEvent]) -> RunProgress:
    """Where a run is after these events. Pure."""
    now = RunProgress()
    for event in events:
        if event.event is EventKind.PHASE:
            now = RunProgress(event.name or Phase.STARTING, message=now.message)
        elif event.event in (EventKind.START, EventKind.STEP):
            loss = now.loss if event.loss is None else event.loss
            now = RunProgress(Phase.TRAINING, event.step or 0, event.steps or 0, event.left, loss, now.message)
        elif event.event is EventKind.MESSAGE:
            now = replace(now, message=event.text or "")
    return now


def losses_of(events: Iterable[ProgressEvent]) -> tuple[dict[int, float], dict[int, float]]:
    """Step → loss of the rows trained on, and of the dev rows where a checkpoint was measured. A resumed run may tell a
    step twice; the later one counts. Pure."""
    train: dict[int, float] = {}
    dev: dict[int, float] = {}
    for event in events:
        if event.event is EventKind.STEP and event.step is not None and event.loss is not None:
            train[event.step] = event.loss
        elif event.event is EventKind.CHECKPOINT and event.step is not None and event.dev_loss is not None:
            dev[event.step] = event.dev_loss
    return train, dev
