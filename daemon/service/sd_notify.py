"""Words to systemd (sd_notify): a datagram a message to the socket that ``NOTIFY_SOCKET`` names, or silence."""

from __future__ import annotations

import contextlib
import os
import socket
import time


class Notifier:
    """Given the socket's address ("" = nobody listens) and the watchdog's period in seconds (0 = none)."""

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._pause = watchdog_seconds / 2
        self._last_ping = -float("inf")
        self._status = ""

    @classmethod
    def from_environment(cls) -> Notifier:
        """The service manager that started this very process, and nobody for its children."""
        address = os.environ.pop("NOTIFY_SOCKET", "")
        period = os.environ.pop("WATCHDOG_USEC", "")
        process = os.environ.pop("WATCHDOG_PID", "")
        mine = process in ("", str(os.getpid()))
        return cls(address, int(period) / 1e6 if mine and period.isdecimal() else 0.0)

    def ready(self, status: str) -> None:
        self._status = status
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, text: str) -> None:
        """Say what is done now; the same text is sent once."""
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def watchdog(self, now: float) -> None:
        """Given ``time.monotonic()``, ping twice in a period."""
        if self._pause and now - self._last_ping >= self._pause:
            self._last_ping = now
            self._send("WATCHDOG=1")

    @property
    def ping_seconds(self) -> float | None:
        """How often ``watchdog`` wants to be called; None without a watchdog."""
        return self._pause or None

    def reloading(self) -> None:
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1\nSTATUS=stopping")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as talk:
            talk.sendto(message.encode("utf-8", "backslashreplace"), self._address)
