"""Whose process is at the other end of a connection within this machine, where Linux tells."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""One line a socket: number, own address, other address, …, and as the eighth word its owner's user id."""
LISTENING = "0A"
"""How these tables call a socket that waits for connections."""


def is_another_users(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Given both ends (IPv4 address, port) of a connection over loopback, whether a user other than this one and root
    opened it. False where nobody can tell: other systems, a connection that is gone, a closed ``/proc``."""
    if not hasattr(os, "getuid"):
        return False
    own, other = _word(client), _word(server)
    for words in _sockets():
        # An IPv6 socket reaches an IPv4 address too; the last four bytes of its own are the same.
        if words[1].endswith(own) and words[2].endswith(other):
            return int(words[7]) not in (0, os.getuid())
    return False


def listener(port: int) -> int | None:
    """The user id of whoever listens at a port of this machine; None where nobody does or nobody can tell."""
    for words in _sockets():
        if words[3] == LISTENING and int(words[1].rpartition(":")[2], 16) == port:
            return int(words[7])
    return None


def _sockets() -> Iterator[list[str]]:
    """The words of every row of the tables that can be read, one socket a row."""
    for table in TABLES:
        with contextlib.suppress(OSError):
            yield from map(str.split, table.read_text(encoding="ascii").splitlines()[1:])


def _word(end: tuple[str, int]) -> str:
    """An address as these tables write it: the four bytes as one number of this machine, in hex."""
    try:
        packed = socket.inet_aton(end[0])
    except OSError:
        return "?"
    return f"{int.from_bytes(packed, sys.byteorder):08X}:{end[1]:04X}"
