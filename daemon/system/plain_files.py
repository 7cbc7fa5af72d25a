"""Files read, and looked at, without falling into what else may lie under their name: a pipe, a device, a circle of
links, a folder without the right to look into it, a name that none can have.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from daemon.words import tr


def read_plain(file: Path, most: int) -> bytes:
    """The bytes of a plain file, at most ``most`` + 1 of them, so that a longer one is told. Raises ``OSError``.

    Never waits for a pipe, touches a device or fills the memory: what is no plain file is refused with ``EINVAL``, and
    so is a name that no file can have.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError(errno.EINVAL, tr("it is no plain file"))
        descriptor = os.open(file, flags)
    except ValueError:  # a NUL, or a letter that this system's names cannot hold
        raise OSError(errno.EINVAL, tr("no file can have such a name")) from None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(most + 1)


def is_plain(file: Path) -> bool:
    """Whether a plain file is there, links followed; False where that cannot be told."""
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except (OSError, ValueError):
        return False


def is_gone(file: Path) -> bool:
    """Whether no plain file is there any more; False where that cannot be told, as in a folder that may not be read."""
    try:
        return not stat.S_ISREG(file.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as problem:
        return problem.errno == errno.ELOOP
    except ValueError:
        return True
