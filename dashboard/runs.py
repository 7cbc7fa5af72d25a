"""Training runs as their folders tell them: progress, checkpoints, losses. Reads JSON only; nothing of ``training``.

A run's folder holds ``progress.jsonl`` (a line for each event), and ``result.json`` once it has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXITS = {
    "ok": "完了",
    "failed": "失敗",
    "usage": "設定の誤り",
    "out_of_memory": "メモリ不足",
    "stopped": "中断(再開できます)",
    "time_up": "時間切れ(再開できます)",
}


@dataclass(frozen=True)
class Run:
    """A run on disk. ``events`` are the lines of its progress file, ``result`` its result or {}."""

    name: str
    folder: Path
    events: tuple[Mapping[str, Any], ...]
    result: Mapping[str, Any]

    @property
    def ending(self) -> str:
        """How it ended, in Japanese; "" while no result is there."""
        exit_name = str(self.result.get("exit", ""))
        return EXITS.get(exit_name, exit_name)


def read_lines(file: Path) -> tuple[Mapping[str, Any], ...]:
    """The JSON objects of a file, a line each; lines that are none (cut short by a crash) are left out."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return tuple(found)


def read_object(file: Path) -> Mapping[str, Any]:
    """The JSON object of a file, {} where there is none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def read_run(folder: Path) -> Run:
    return Run(folder.name, folder, read_lines(folder / "progress.jsonl"), read_object(folder / "result.json"))


def find_runs(parent: Path) -> list[Run]:
    """All runs below a folder, the newest first by the time of their progress."""
    try:
        files = [file for file in parent.glob("*/progress.jsonl") if file.is_file()]
        files.sort(key=lambda file: file.stat().st_mtime_ns, reverse=True)
    except OSError:
        return []
    return [read_run(file.parent) for file in files]


def loss_points(events: Iterable[Mapping[str, Any]]) -> list[dict[str, object]]:
    """The points of the loss curve: ``kind`` 学習 for each step, 検証 for each checkpoint that was measured. A resumed
    run may tell a step twice; the later one counts. Pure."""
    points: dict[tuple[str, int], dict[str, object]] = {}
    for event in events:
        step = event.get("step")
        if not isinstance(step, int):
            continue
        if event.get("event") == "step" and isinstance(event.get("loss"), int | float):
            points["学習", step] = {"step": step, "loss": event["loss"], "kind": "学習"}
        if event.get("event") == "checkpoint" and isinstance(event.get("dev_loss"), int | float):
            points["検証", step] = {"step": step, "loss": event["dev_loss"], "kind": "検証"}
    return [points[key] for key in sorted(points)]


def thinned(points: Sequence[dict[str, object]], most: int = 400) -> list[dict[str, object]]:
    """At most so many training points, evenly spread; all measured ones. Pure."""
    training = [point for point in points if point["kind"] == "学習"]
    every = -(-len(training) // most) if training else 1
    return training[::every] + [point for point in points if point["kind"] != "学習"]


def checkpoint_table(result: Mapping[str, Any], events: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, object]]:
    """A row for each checkpoint; the best is marked. Of a run without result, those that its progress tells. Pure."""
    found = result.get("checkpoints") or [event for event in events if event.get("event") == "checkpoint"]
    best = result.get("best", result.get("step"))
    rows = []
    for each in found:
        if isinstance(each, Mapping):
            rows.append(
                {
                    "ステップ": each.get("step"),
                    "学習の損失": _rounded(each.get("loss")),
                    "検証の損失": _rounded(each.get("dev_loss")),
                    "採用": "★" if best is not None and each.get("step") == best else "",
                }
            )
    return rows


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


@dataclass(frozen=True)
class Pace:
    """Where a run stands: steps done and in all, seconds left (None: unknown), the last loss, the last words."""

    step: int
    steps: int
    left: float | None
    loss: float | None
    message: str

    @property
    def share(self) -> float:
        return min(self.step / self.steps, 1.0) if self.steps else 0.0


def pace(events: Iterable[Mapping[str, Any]]) -> Pace:
    """Given a run's events, return where it stands. Pure."""
    step, steps, left, loss, message = 0, 0, None, None, ""
    for event in events:
        if event.get("event") in ("start", "step"):
            step, steps = int(event.get("step") or 0), int(event.get("steps") or 0)
            left = event.get("left", left)
            loss = event.get("loss", loss)
        elif event.get("event") == "message":
            message = str(event.get("text", ""))
    return Pace(step, steps, left, loss, message)


def duration(seconds: float) -> str:
    """Seconds as a person says them. Pure."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)}秒"
    return f"{minutes}分" if minutes < 60 else f"{minutes // 60}時間{minutes % 60}分"
