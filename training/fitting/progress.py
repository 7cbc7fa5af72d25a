"""Progress of a run: JSON lines in a file for other processes, a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, TextIO


class Progress:
    """Given the file (or None), the stream for people and the number of steps, report what happens."""

    def __init__(self, file: Path | None, steps: int, stream: TextIO | None = None, every: int = 10) -> None:
        self.steps = steps
        self._stream = sys.stderr if stream is None else stream
        self._every = every
        self._file = file.open("a", encoding="utf-8") if file else None
        self._started = time.monotonic()
        self._first = 0
        self._bar, self._task = _bar(self._stream, steps)

    def event(self, kind: str, **values: Any) -> None:
        """Append one line ``{"event": kind, "elapsed": seconds, …}`` to the progress file."""
        if self._file:
            line = {"event": kind, "elapsed": round(time.monotonic() - self._started, 2), **values}
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()

    def say(self, text: str) -> None:
        """A line for a person, above the bar; kept in the file too."""
        self.event("message", text=text)
        if self._bar:
            self._bar.console.print(text, highlight=False, markup=False)
        else:
            print(text, file=self._stream, flush=True)

    def set_steps(self, steps: int) -> None:
        """The number of steps, once it is known."""
        self.steps = steps
        if self._bar:
            self._bar.update(self._task, total=steps)

    def begin(self, step: int) -> None:
        """The run begins at this step (above 0 when resumed); the clock starts."""
        self._started, self._first = time.monotonic(), step
        self.event("start", step=step, steps=self.steps)
        if self._bar:
            self._bar.start()
            self._bar.update(self._task, completed=step)

    def step(self, step: int, loss: float, rate: float) -> None:
        """One optimizer step is done; ``left`` seconds are extrapolated from the steps of this process."""
        done = max(step - self._first, 1)
        left = (time.monotonic() - self._started) / done * (self.steps - step)
        self.event("step", step=step, steps=self.steps, loss=round(loss, 5), learning_rate=rate, left=round(left, 1))
        if self._bar:
            self._bar.update(self._task, completed=step, loss=f"{loss:.3f}")
        elif step % self._every == 0 or step == self.steps:
            print(f"step {step}/{self.steps}  loss {loss:.3f}  {left / 60:.1f} min left", file=self._stream, flush=True)

    def close(self) -> None:
        if self._bar:
            self._bar.stop()
        if self._file:
            self._file.close()
            self._file = None


def _bar(stream: TextIO, steps: int) -> tuple[Any, Any]:
    """A rich bar on a terminal where rich is installed, else nothing."""
    if not stream.isatty():
        return None, None
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress
    except ImportError:
        return None, None
    bar = RichProgress(
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
        console=Console(file=stream),
    )
    return bar, bar.add_task("training", total=steps, loss="-")


def read_progress(file: Path) -> list[dict[str, Any]]:
    """The events of a progress file; a last line cut short by a crash is left out."""
    events = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            events.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return events
