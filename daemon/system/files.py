"""Files that appear whole or not at all: a temporary file beside the target, flushed, then put in its place.

Guarantees: a crash leaves the old or the new content, never a part; a failure leaves no temporary file. What a process
that was killed half-way has left goes at the next write into that folder, an hour later at the earliest: another one
may still be writing its own.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = ".nippo-*.tmp"
"""How temporary files are named: hidden, passed over by Obsidian and by every pattern of ours but this one."""
LEFT_BEHIND_SECONDS = 3600.0


def write_atomically(file: Path, data: bytes | str, durable: bool = True) -> None:
    """Given a file in a folder that is there, and its content (text becomes UTF-8), write it. Raises ``OSError``.

    ``durable`` False spares the flush to disk, for what may be lost in a power cut.
    """
    with _swapping(file, durable) as temporary:
        create(temporary, data.encode() if isinstance(data, str) else data, file, durable)


@contextlib.contextmanager
def replacing(file: Path, durable: bool = True) -> Iterator[Path]:
    """For a library that wants a path to write to: a path that takes the file's place when the block ends well."""
    with _swapping(file, durable) as temporary:
        yield temporary
        _take_rights(temporary, file)
        if durable:
            with temporary.open("r+b") as stream:
                os.fsync(stream.fileno())


@contextlib.contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A free name in the file's folder; whatever lies under it when the block ends is removed."""
    temporary = file.with_name(f".nippo-{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def create(temporary: Path, data: bytes, target: Path, durable: bool = True) -> None:
    """Write a new file, flushed, with the rights of the file that it will replace."""
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        _take_rights(temporary, target)
        if durable:
            os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Flush a folder's names to disk, where the system knows that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
            raise
    finally:
        os.close(descriptor)


def sweep(folder: Path, before: float) -> None:
    """Remove the temporary files in a folder that were last written before a time (as ``time.time`` counts)."""
    with contextlib.suppress(OSError):
        for file in folder.glob(TEMPORARY):
            with contextlib.suppress(OSError):
                if file.stat().st_mtime < before:
                    file.unlink()


@contextlib.contextmanager
def _swapping(file: Path, durable: bool) -> Iterator[Path]:
    sweep(file.parent, time.time() - LEFT_BEHIND_SECONDS)
    with beside(file) as temporary:
        yield temporary
        temporary.replace(file)
    if durable:
        flush_folder(file.parent)


def _take_rights(temporary: Path, target: Path) -> None:
    with contextlib.suppress(OSError):  # no such file yet, or a file system without rights
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))
