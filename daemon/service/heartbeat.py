"""``data/daemon.json``: what the running daemon does now, for ``nippo status``, the demonstration and the dashboard.

The file is a picture, never the truth about whether a daemon runs: that is the lock (``daemon.system.lock.holder_of``).
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from daemon.system.files import write_atomically
from daemon.words import marked, tr

FILE_NAME = "daemon.json"
EVERY_SECONDS = 20.0
NO_STAGE = ("", 0, 0)
STATES = (
    marked("starting"),
    marked("watching"),
    marked("paused"),
    marked("stopped"),
    marked("no room"),
)
"""What ``Heartbeat.state`` says, for programs; a person reads it through ``tr``."""


@dataclass(frozen=True)
class Heartbeat:
    """``state`` is "starting", "watching", "paused", "stopped" or "no room" (a full or read-only disk is waited out);
    ``message`` says why it is paused or what went wrong;
    ``working_on`` is the date of the note whose report is being written, "" when idle, ``stage`` how far that
    is: what is done, at which sentence of how many; ``worker_pid`` is the process
    that holds the model, None while none does. Times are ISO text."""

    pid: int
    version: str
    started: str
    state: str
    ready: bool = False
    working_on: str = ""
    stage: tuple[str, int, int] = NO_STAGE
    message: str = ""
    vault: str = ""
    observer: str = ""
    waiting: int = 0
    failed: int = 0
    worker_pid: int | None = None
    last_scan: str = ""


def in_words(beat: Heartbeat) -> str:
    """One line for a service manager's status."""
    if beat.state == "paused":
        return tr("paused: {message}", message=beat.message.splitlines()[0])
    if beat.state == "no room":
        return tr("waits for room: {message}", message=beat.message.splitlines()[0])
    work = tr("writing the report of {working_on}", working_on=beat.working_on) if beat.working_on else tr(beat.state)
    return tr("{work}, {waiting} waiting, {failed} failed", work=work, waiting=beat.waiting, failed=beat.failed)


class HeartbeatFile:
    """Writes the picture when it changes, and now and then in any case."""

    def __init__(self, data_folder: Path) -> None:
        self._file = data_folder / FILE_NAME
        self._last: Heartbeat | None = None
        self._last_time = -float("inf")

    def show(self, beat: Heartbeat, now: datetime, monotonic: float) -> None:
        """Write the picture; a data folder that cannot be written must not stop the daemon, so that is passed over. On
        a full disk it is written over the last one, whose place is taken already."""
        if beat == self._last and monotonic - self._last_time < EVERY_SECONDS:
            return
        self._last, self._last_time = beat, monotonic
        text = json.dumps({**asdict(beat), "at": now.isoformat(timespec="seconds")}, ensure_ascii=False, indent=1)
        data = text.encode("utf-8", "backslashreplace")  # a folder's name may hold bytes that are no text
        try:
            write_atomically(self._file, data, durable=False)  # every 20 seconds; it would keep a disk from sleeping
        except OSError:
            with contextlib.suppress(OSError), self._file.open("r+b") as stream:
                stream.write(data)
                stream.truncate()


def read_heartbeat(data_folder: Path) -> dict[str, Any]:
    """The last picture, {} without one."""
    try:
        values = json.loads((data_folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
