"""One daemon for one vault, and one for one data folder.

On POSIX the vault's folder itself is locked (``flock`` on its descriptor), so that two data folders cannot hide two
daemons from each other and nothing is left in the vault; a lock file in the data folder guards the database. Where a
folder cannot be locked (Windows, some network shares) the lock file alone stands. A lock ends with its process.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import IO

from daemon.errors import AlreadyRunning, NippoError

FILE_NAME = "daemon.system.lock"
PROBES, PROBE_SECONDS = 3, 0.005


class VaultLock:
    """The lock of a data folder and, once the vault is there, of the vault. Use as a context manager."""

    def __init__(self, data_folder: Path) -> None:
        self._file = data_folder / FILE_NAME
        self._stream: IO[str] | None = None
        self._vault: int | None = None

    def acquire(self) -> VaultLock:
        """Lock the data folder. Raises ``AlreadyRunning`` with the holder's process id."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            stream = self._file.open("a+", encoding="utf-8")
        except OSError as problem:
            raise NippoError(
                f"{self._file.parent}: the data folder cannot be used ({problem.strerror}).",
                "Check its permissions, or set folder in [data] of config.toml.",
            ) from None
        if not try_lock(stream.fileno()):
            pid = holder_of(self._file.parent)
            stream.close()
            raise AlreadyRunning(f"{_who(pid)} works with {self._file.parent}.", _remedy(pid))
        stream.truncate(0)
        stream.write(f"{os.getpid()}\n")
        stream.flush()
        self._stream = stream
        return self

    def acquire_vault(self, vault: Path) -> None:
        """Lock the vault's folder, anew when another folder stands there by now. Raises ``AlreadyRunning``."""
        self.release_vault()
        if os.name != "posix":
            return
        descriptor = os.open(vault, os.O_RDONLY)
        if try_lock(descriptor):
            self._vault = descriptor
            return
        inode = os.fstat(descriptor).st_ino
        os.close(descriptor)
        holder = _flock_holder(inode)
        raise AlreadyRunning(f"{_who(holder)} watches the vault {vault}.", _remedy(holder))

    def release_vault(self) -> None:
        if self._vault is not None:
            os.close(self._vault)
            self._vault = None

    def release(self) -> None:
        self.release_vault()
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> VaultLock:
        return self.acquire()

    def __exit__(self, *problem: object) -> None:
        self.release()


def holder_of(data_folder: Path) -> int | None:
    """The process id of who holds the data folder, 0 when it is held by somebody unknown, None when it is free."""
    return holder(data_folder, FILE_NAME)


def holder(folder: Path, name: str) -> int | None:
    """The process that holds a lock file, 0 when it is unknown, None when the lock is free."""
    try:
        with (folder / name).open("r+", encoding="utf-8") as stream:
            for _ in range(PROBES):
                if try_lock(stream.fileno()):
                    return None
                time.sleep(PROBE_SECONDS)  # it may be another look like this one
            text = stream.readline().strip()
    except FileNotFoundError:
        return None
    except OSError:
        return 0
    return int(text) if text.isdecimal() else 0


def try_lock(descriptor: int) -> bool:
    """Lock a descriptor without waiting; False when somebody else holds it. What cannot be locked counts as locked by
    us: the other lock stands."""
    if os.name == "posix":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
    return _lock_windows(descriptor)


def _lock_windows(descriptor: int) -> bool:
    """Lock one byte far behind the text, so that the process id stays readable."""
    import msvcrt

    try:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True


def _flock_holder(inode: int) -> int:
    """Who holds a flock on an inode, from Linux's list of locks; 0 where there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
                return int(words[4])
    return 0


def _who(holder: int | None) -> str:
    return f"Another nippo (process {holder})" if holder else "Another nippo"


def _remedy(holder: int | None) -> str:
    stop = f", or stop it with `kill {holder}`" if holder and os.name == "posix" else ""
    return f"`nippo status` shows what it does; let it work{stop}."
