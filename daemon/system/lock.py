"""Locks that end with their process: of a file that names its holder, and of a folder.

``VaultLock``: one daemon for one vault, and one for one data folder. On POSIX the vault's folder itself is locked
(``flock`` on its descriptor), so that two data folders cannot hide two daemons from each other and nothing is left in
the vault; a lock file in the data folder guards the database. Where a folder cannot be locked (Windows, some network
shares) the lock file alone stands.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

from daemon.errors import AlreadyRunning, NippoError, NoRoom
from daemon.system.files import private, private_folder
from daemon.words import tr

FILE_NAME = "daemon.system.lock"
PROBES, PROBE_SECONDS = 3, 0.005
RETRY_SECONDS = 0.1


class FileLock:
    """The lock of a file, made where it is missing, in which its holder's process id stands; without a name that of the
    folder itself, in which nothing is written (POSIX only). ``acquire`` and ``release`` may be called twice; a lock
    that nothing refers to any more is released."""

    def __init__(self, folder: Path, name: str = "") -> None:
        self.file = folder / name
        self._of_folder = not name
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> bool:
        """Take the lock without waiting; False when another process holds it. Raises ``OSError`` where the file cannot
        be made or the folder is not there."""
        if self._descriptor is not None:
            return True
        descriptor = self._open()
        if not _try_lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        if not self._of_folder:
            self._sign(descriptor)
        return True

    def wait(self, seconds: float, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Take the lock, waiting for at most so long and while ``go_on`` says so."""
        deadline = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() >= deadline or not go_on():
                return False
            time.sleep(RETRY_SECONDS)
        return True

    def fileno(self) -> int:
        """The descriptor, so that a child process may hold the lock too."""
        if self._descriptor is None:
            raise ValueError("the lock is not held")
        return self._descriptor

    def release(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self.release()

    def holder(self) -> int | None:
        """The process that holds the lock, 0 when it is unknown, None when the lock is free."""
        try:
            descriptor = self._open_to_look()
        except FileNotFoundError:
            return None
        except OSError:
            return 0
        try:
            for _ in range(PROBES):
                if _try_lock(descriptor):
                    return None
                time.sleep(PROBE_SECONDS)  # it may be another look like this one
            if self._of_folder:
                return _flock_holder(os.fstat(descriptor))
            text = os.read(descriptor, 32).split(b"\n")[0].strip()
            return int(text) if text.isdigit() else _flock_holder(os.fstat(descriptor))
        except OSError:
            return 0
        finally:
            os.close(descriptor)

    def _open_to_look(self) -> int:
        if self._of_folder:
            return os.open(self.file, os.O_RDONLY)
        try:
            return os.open(self.file, os.O_RDWR)
        except OSError as problem:
            if problem.errno != errno.EROFS:
                raise
            return os.open(self.file, os.O_RDONLY)

    def _sign(self, descriptor: int) -> None:
        """Write our process id in place of the last holder's. A full disk leaves the lock without a name, never with
        another's: who holds it is then asked of the system."""
        name = f"{os.getpid()}\n".encode()
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, name)
            os.ftruncate(descriptor, len(name))
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)

    def _open(self) -> int:
        if self._of_folder:
            return os.open(self.file, os.O_RDONLY)
        private_folder(self.file.parent)
        return private(str(self.file), os.O_RDWR | os.O_CREAT)


class VaultLock:
    """The lock of a data folder and, once the vault is there, of the vault. Use as a context manager."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder
        self._data = FileLock(data_folder, FILE_NAME)
        self._vault: FileLock | None = None

    def acquire(self) -> VaultLock:
        """Lock the data folder. Raises ``AlreadyRunning`` with the holder's process id, ``NoRoom`` where its disk takes
        no new lock file."""
        try:
            free = self._data.acquire()
        except OSError as problem:
            if full := NoRoom.of(problem, self._folder):
                raise full from None
            raise NippoError(
                tr("{folder}: the data folder cannot be used ({why}).", folder=self._folder, why=problem.strerror),
                tr("Check its permissions, or set folder in [data] of config.toml."),
            ) from None
        if not free:
            pid = self._data.holder()
            raise AlreadyRunning(tr("{who} works with {folder}.", who=_who(pid), folder=self._folder), _remedy(pid))
        return self

    def acquire_vault(self, vault: Path) -> None:
        """Lock the vault's folder, anew when another folder stands there by now. Raises ``AlreadyRunning``."""
        self.release_vault()
        if os.name != "posix":
            return
        lock = FileLock(vault)
        if not lock.acquire():
            holder = lock.holder()
            raise AlreadyRunning(tr("{who} watches the vault {vault}.", who=_who(holder), vault=vault), _remedy(holder))
        self._vault = lock

    def release_vault(self) -> None:
        if self._vault is not None:
            self._vault.release()
            self._vault = None

    def release(self) -> None:
        self.release_vault()
        self._data.release()

    def __enter__(self) -> VaultLock:
        return self.acquire()

    def __exit__(self, *problem: object) -> None:
        self.release()


def holder_of(data_folder: Path) -> int | None:
    """The process id of who holds the data folder, 0 when it is held by somebody unknown, None when it is free."""
    return holder(data_folder, FILE_NAME)


def holder(folder: Path, name: str) -> int | None:
    """The process that holds a lock file, 0 when it is unknown, None when the lock is free."""
    return FileLock(folder, name).holder()


def _try_lock(descriptor: int) -> bool:
    """Lock a descriptor without waiting; False when somebody else holds it. What cannot be locked counts as locked by
    us: the other lock stands."""
    if os.name != "posix":
        return _try_lock_windows(descriptor)
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _try_lock_windows(descriptor: int) -> bool:
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


def _flock_holder(status: os.stat_result) -> int:
    """Who holds a flock on a file, from Linux's list of locks, which psutil does not read; 0 where there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5] == place:
                return int(words[4])
    return 0


def _who(holder: int | None) -> str:
    return tr("Another nippo (process {holder})", holder=holder) if holder else tr("Another nippo")


def _remedy(holder: int | None) -> str:
    stop = tr(", or stop it with `kill {holder}`", holder=holder) if holder and os.name == "posix" else ""
    return tr("`nippo status` shows what it does; let it work{stop}.", stop=stop)
