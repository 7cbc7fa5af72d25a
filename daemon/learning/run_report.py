"""Watching a training from another process, line by line, until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from daemon.config import Config
from daemon.errors import TrainingError
from daemon.learning.training_job import REQUEST
from daemon.learning.weekly import training_status
from daemon.store.store import Store

POLL_SECONDS = 1.0
ACTIVE = ("running", "settling")


def follow(
    config: Config,
    say: Callable[[str], None],
    wait: Callable[[], None] = lambda: time.sleep(POLL_SECONDS),
    asked: bool = False,
) -> dict[str, Any]:
    """Tell the progress of the training that runs, until it has ended; return its last state. ``asked``: one has just
    been asked for, so wait until it begins. Raises ``TrainingError`` when it failed."""
    last = ""
    with Store.open(config.data_path) as store:
        while True:
            state = training_status(config, store)
            waiting = asked and store.get_meta(REQUEST) is not None
            if state.get("state") not in ACTIVE and not waiting:
                break
            line = "waiting for the daemon" if waiting else line_of(state)
            if line != last:
                say(line)
                last = line
            wait()
    if state.get("state") == "failed":
        text = "\n".join([str(state["message"]), *state.get("last_lines", [])])
        raise TrainingError(text, "The version in use stays. `nippo retrain` tries again.")
    return state


def line_of(state: dict[str, Any]) -> str:
    """A running training in one line. Pure."""
    progress = state.get("progress") or {}
    words = [f"{state.get('run', '')}: {progress.get('phase') or 'starting'}"]
    if progress.get("steps"):
        words.append(f"step {progress['step']} of {progress['steps']}")
    if progress.get("left"):
        words.append(f"{progress['left'] / 60:.0f} min left")
    return ", ".join(words)


def summary(state: dict[str, Any]) -> list[str]:
    """The training in a few lines for ``nippo status``. Pure."""
    lines = []
    if state.get("state") in ACTIVE:
        lines.append(line_of(state))
    elif state.get("state") == "done":
        note = f", see {state['note']}" if state.get("note") else ""
        lines.append(f"{state['run']}: {state['version']} {state['outcome']}{note}")
    elif state.get("state") == "failed":
        lines.append(f"{state['run']}: {state['message']}")
    if state.get("cannot"):
        return [*lines, f"none on this machine: {state['cannot']}"]
    upcoming = f"next {str(state['next_run'])[:16]}" if state.get("next_run") else "no schedule"
    lines.append(f"{upcoming}, {state['new_pairs']} new of {state['needed_pairs']} needed")
    if state.get("schedule_note"):
        lines.append(str(state["schedule_note"]))
    return lines
