"""Moving a file to a name that must be free, in one step: the old name is gone exactly when the new one is there.

Python's own calls give only half of it: ``rename`` takes a name that is in use as well, and a hard link leaves the old
name behind for a moment.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

AT_FDCWD, RENAME_NOREPLACE = -100, 1
"""Of renameat2(2): paths as they stand, and fail when the new one is in use."""
RENAME_EXCL = 4
"""The same of renamex_np(2)."""


def move_to_free_name(file: Path, name: Path) -> None:
    """Given a file, move it to ``name`` in the same folder. Raises ``FileExistsError`` when that is in use, and
    ``OSError`` with ENOSYS or EINVAL where system or file system do not know such a step; nothing has changed then."""
    if sys.platform == "win32":
        file.rename(name)
        return
    old, new = os.fsencode(file), os.fsencode(name)
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(old, new, RENAME_EXCL)
        else:
            failed = library.renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_NOREPLACE)
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if failed:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(file), None, str(name))
