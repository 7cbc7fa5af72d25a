"""Files that appear whole or not at all: a temporary file beside the target, flushed, then put in its place.

Guarantees: a crash leaves the old or the new content, never a part; a failure leaves no temporary file. What a process
that was killed half-way has left goes at the next write into that folder, an hour later at the earliest: another one
may still be writing its own. What is made here is for this user alone from its first byte on, whatever the umask says,
unless the caller wants it shared.
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

from daemon.system.steps import step

TEMPORARY = ".nippo-*.tmp"
"""How temporary files are named: hidden, passed over by Obsidian and by every pattern of ours but this one."""
LEFT_BEHIND_SECONDS = 3600.0
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Rights of what nippo keeps. Windows has none of these: there the user's own folders are closed to other users."""
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
SHARED_FILE = 0o666
"""Less the umask: what a person's own programs give a file."""


def private_folder(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, for this user alone; one that is there stays as it is. Return
    it. Raises ``OSError``."""
    try:
        folder.mkdir(PRIVATE_FOLDER)
    except FileNotFoundError:
        private_folder(folder.parent)
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
    except OSError:
        if not folder.is_dir():
            raise
    return folder


def private(file: str, flags: int) -> int:
    """The ``opener`` of ``open`` for a file of this user alone."""
    return os.open(file, flags, PRIVATE_FILE)


def only_for_this_user() -> None:
    """Let all that this process and its children make from now on be for this user alone, also what libraries make."""
    os.umask(0o777 & ~PRIVATE_FOLDER)


def write_atomically(file: Path, data: bytes | str, durable: bool = True, shared: bool = False) -> None:
    """Given a file in a folder that is there, and its content (text becomes UTF-8), write it. Raises ``OSError``.

    ``durable`` False spares the flush to disk, for what may be lost in a power cut. ``shared``: with the rights of the
    file that it replaces, or those that the umask leaves.
    """
    with _swapping(file, durable) as temporary:
        create(temporary, data.encode() if isinstance(data, str) else data, file if shared else None, durable)


@contextlib.contextmanager
def replacing(file: Path, durable: bool = True) -> Iterator[Path]:
    """For a library that wants a path to write to: a file of this user alone that takes the other's place when the
    block ends well."""
    with _swapping(file, durable) as temporary:
        os.close(private(str(temporary), NEW))
        yield temporary
        if not temporary.stat().st_size:
            raise FileNotFoundError(errno.ENOENT, "nothing was written", str(file))
        with contextlib.suppress(OSError):  # some libraries put a file of their own in its place
            temporary.chmod(PRIVATE_FILE)
        if durable:
            with temporary.open("r+b") as stream:
                os.fsync(stream.fileno())


@contextlib.contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A free name in the file's folder; whatever lies under it when the block ends is removed."""
    temporary = free_name(file)
    try:
        yield temporary
    finally:
        remove(temporary)


def free_name(file: Path) -> Path:
    """A name in the file's folder for a temporary file that its maker removes or puts in place."""
    return file.with_name(f".nippo-{os.getpid()}-{secrets.token_hex(4)}.tmp")


def remove(temporary: Path) -> None:
    """Remove a temporary file if it is there; one that cannot be removed stays for ``sweep``."""
    with contextlib.suppress(OSError):
        temporary.unlink()


def create(temporary: Path, data: bytes, target: Path | None, durable: bool = True) -> None:
    """Write a new file, flushed: for this user alone, or with the rights of ``target``, a file that it will replace or,
    where that is not there, one that a person could have made."""
    step("file: write")
    rights = _rights(target)
    descriptor = os.open(temporary, NEW, SHARED_FILE if target and rights is None else PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        if rights is not None:
            with contextlib.suppress(OSError):  # a file system without rights
                temporary.chmod(rights)
        if durable:
            step("file: flush")
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
        step("file: place")
        temporary.replace(file)
    if durable:
        step("file: flush the folder")
        flush_folder(file.parent)


def _rights(target: Path | None) -> int | None:
    """The rights of a file, None where there is none."""
    with contextlib.suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode) if target else None
    return None
