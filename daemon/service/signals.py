"""The signals of a daemon: SIGTERM and SIGINT end it, SIGHUP has it read its settings again."""

from __future__ import annotations

import signal
from collections.abc import Callable


def handle_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    """Call these when the signals come. Only from the main thread."""
    signal.signal(signal.SIGTERM, lambda number, frame: stop())
    signal.signal(signal.SIGINT, lambda number, frame: stop())
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda number, frame: reload())
