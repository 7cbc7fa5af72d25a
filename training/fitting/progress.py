"""Progress of a run: JSON lines in a file for other processes, a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from daemon.learning.run_folder import EventKind, ProgressEvent
from daemon.system.files import private
from daemon.words import tr


class Progress:
    """Given the file (or None), the stream for people and the number of steps, report what happens."""

    def __init__(self, file: Path | None, steps: int, stream: TextIO | None = None, every: int = 10) -> None:
        self.steps = steps
        self._stream = sys.stderr if stream is None else stream
        self._every = every
        self._file = file
        self._started = time.monotonic()
        self._first = 0
        self._bar, self._task = _bar(self._stream, steps)

    def tell(self, event: ProgressEvent) -> None:
        """Append an event to the progress file, whose time is set here.

        The file is opened anew for every line: a weekly run and its training both write to it, and a training that
        starts from nothing removes the old one.
        """
        if self._file:
            timed = replace(event, elapsed=round(time.monotonic() - self._started, 2))
            with open(self._file, "a", encoding="utf-8", opener=private) as stream:
                stream.write(json.dumps(timed.to_json(), ensure_ascii=False) + "\n")

    def say(self, text: str) -> None:
        """A line for a person, above the bar; kept in the file too."""
        self.tell(ProgressEvent(EventKind.MESSAGE, text=text))
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
        self.tell(ProgressEvent(EventKind.START, step=step, steps=self.steps))
        if self._bar:
            self._bar.start()
            self._bar.update(self._task, completed=step)

    def step(self, step: int, loss: float, rate: float) -> None:
        """One optimizer step is done; ``left`` seconds are extrapolated from the steps of this process."""
        done = max(step - self._first, 1)
        left = (time.monotonic() - self._started) / done * (self.steps - step)
        self.tell(
            ProgressEvent(
                EventKind.STEP,
                step=step,
                steps=self.steps,
                loss=round(loss, 5),
                learning_rate=rate,
                left=round(left, 1),
            )
        )
        if self._bar:
            self._bar.update(self._task, completed=step, loss=f"{loss:.3f}")
        elif step % self._every == 0 or step == self.steps:
            print(
                tr(
                    "step {step}/{steps}  loss {loss:.3f}  {left:.1f} min left",
                    step=step,
                    steps=self.steps,
                    loss=loss,
                    left=left / 60,
                ),
                file=self._stream,
                flush=True,
            )

    def close(self) -> None:
        if self._bar:
            self._bar.stop()


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
