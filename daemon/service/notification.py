"""One desktop notification with its buttons: ``python -m daemon.service.notification``, an order as JSON on stdin.

A process of its own, so that the daemon stays small and an ill desktop cannot harm it; it ends when the notification
is clicked or closed, or after ``STAY_SECONDS``. It says nothing of what a diary or a report holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from daemon.errors import NippoError
from daemon.system.clipboard import put
from daemon.vault.obsidian import open_address
from daemon.vault.report_note import read

STAY_SECONDS = 600.0
NAME = "nippo"


@dataclass(frozen=True)
class Notification:
    """What is shown. ``file``: the note that the buttons open and copy, "" for none."""

    title: str
    message: str
    file: str = ""


def start(notification: Notification) -> subprocess.Popen[bytes]:
    """Show a notification by a process of its own, and return that process: exit code 0 when it was shown."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    with contextlib.suppress(OSError), process.stdin as stream:
        stream.write(json.dumps(asdict(notification)).encode())
    return process


async def show(notification: Notification, stay_seconds: float = STAY_SECONDS) -> None:
    """Show a notification until the person has answered it. Raises ``SystemExit`` where the desktop shows none."""
    from desktop_notifier import Button, DesktopNotifier

    answered = asyncio.Event()

    def then(act: Callable[[Path], None]) -> Callable[[], None]:
        def pressed() -> None:
            try:
                act(Path(notification.file))
            finally:
                answered.set()

        return pressed

    buttons = (
        [Button("Obsidianで開く", then(open_note)), Button("コピー", then(copy_body))] if notification.file else []
    )
    notifier = DesktopNotifier(app_name=NAME, app_icon=None)
    clicked = then(open_note) if notification.file else answered.set
    shown: list[bool] = []
    given: dict[str, Any] = {
        "buttons": buttons,
        "on_dispatched": lambda: shown.append(True),
        "on_clicked": clicked,
        "on_dismissed": answered.set,
    }
    await notifier.send(notification.title, notification.message, **given)
    if not shown:  # the library logs what went wrong, and goes on
        raise SystemExit(1)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(answered.wait(), stay_seconds)


def open_note(file: Path) -> None:
    webbrowser.open(open_address(file))


def copy_body(file: Path) -> None:
    with contextlib.suppress(OSError, NippoError):
        put(read(file.read_bytes()).body + "\n")


if __name__ == "__main__":
    asyncio.run(show(Notification(**json.loads(sys.stdin.buffer.read()))))
