"""A child process that ends when the one that started it does. psutil has nothing for it.

ctypes is imported with the module and not in the function, which runs between fork and exec.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def die_with_parent() -> None:
    """Linux: have the kernel send SIGTERM to this process when the thread that started it ends; elsewhere nothing."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
