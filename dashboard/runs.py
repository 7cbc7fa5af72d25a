"""Training runs for the page: progress, checkpoints and losses, as ``daemon.learning.run_folder`` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.learning.run_folder import (
    PROGRESS,
    TRAINED,
    Checkpoint,
    Ending,
    EventKind,
    Phase,
    ProgressEvent,
    RunProgress,
    TrainingResult,
    losses_of,
    read_events,
)

ENDINGS = {
    Ending.OK: "完了",
    Ending.FAILED: "失敗",
    Ending.USAGE: "設定の誤り",
    Ending.OUT_OF_MEMORY: "メモリ不足",
    Ending.STOPPED: "中断(再開できます)",
    Ending.TIME_UP: "時間切れ(再開できます)",
}
PHASES = {
    Phase.STARTING: "準備しています…",
    Phase.JUDGING: "今の版と比べています…",
    Phase.CROSS_VALIDATING: "交差検証をしています…",
    Phase.EXPORTING: "新しい版を書き出しています…",
}
"""What a run does while it counts no steps."""


@dataclass(frozen=True)
class Run:
    """A run on disk. ``result``: of its training, None while there is none."""

    name: str
    folder: Path
    events: tuple[ProgressEvent, ...]
    result: TrainingResult | None

    @property
    def ending(self) -> str:
        """How it ended, in Japanese; "" while no result is there."""
        return ENDINGS.get(self.result.exit, "") if self.result else ""

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Those of its result; of a run without one, those that its progress tells."""
        if self.result is not None and self.result.checkpoints:
            return self.result.checkpoints
        told = (event for event in self.events if event.event is EventKind.CHECKPOINT and event.step is not None)
        return tuple(Checkpoint(event.step or 0, loss=event.loss, dev_loss=event.dev_loss) for event in told)


def read_run(folder: Path) -> Run:
    return Run(folder.name, folder, read_events(folder), TrainingResult.read(folder / TRAINED))


def find_runs(parent: Path) -> list[Run]:
    """All runs below a folder, the newest first by the time of their progress."""
    try:
        files = [file for file in parent.glob(f"*/{PROGRESS}") if file.is_file()]
        files.sort(key=lambda file: file.stat().st_mtime_ns, reverse=True)
    except OSError:
        return []
    return [read_run(file.parent) for file in files]


def loss_points(events: Iterable[ProgressEvent]) -> list[dict[str, object]]:
    """The points of the loss curve: ``kind`` 学習 for each step, 検証 for each checkpoint that was measured. Pure."""
    kinds = zip(("学習", "検証"), losses_of(events), strict=True)
    return [{"step": step, "loss": loss, "kind": kind} for kind, curve in kinds for step, loss in sorted(curve.items())]


def thinned(points: Sequence[dict[str, object]], most: int = 400) -> list[dict[str, object]]:
    """At most so many training points, evenly spread; all measured ones. Pure."""
    training = [point for point in points if point["kind"] == "学習"]
    every = -(-len(training) // most) if training else 1
    return training[::every] + [point for point in points if point["kind"] != "学習"]


def checkpoint_table(found: Iterable[Checkpoint], best: int | None) -> list[dict[str, object]]:
    """A row for each checkpoint; the best is marked. Pure."""
    return [
        {
            "ステップ": each.step,
            "学習の損失": _rounded(each.loss),
            "検証の損失": _rounded(each.dev_loss),
            "採用": "★" if each.step == best else "",
        }
        for each in found
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def share(now: RunProgress) -> float:
    """How much of a training is done, 0 to 1. Pure."""
    return min(now.step / now.steps, 1.0) if now.steps else 0.0


def standing(now: RunProgress) -> str:
    """What a run is at, in Japanese. Pure."""
    if not now.steps:
        return PHASES.get(now.phase, PHASES[Phase.STARTING])
    left = f"、残り約{duration(now.left)}" if now.left is not None else ""
    return f"{now.step} / {now.steps} ステップ{left}"


def duration(seconds: float) -> str:
    """Seconds as a person says them. Pure."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)}秒"
    return f"{minutes}分" if minutes < 60 else f"{minutes // 60}時間{minutes % 60}分"
