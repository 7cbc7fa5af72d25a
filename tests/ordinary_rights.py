"""Rights as a person has them, in a test that root runs: without them a file of mode 000 is read all the same."""

from __future__ import annotations

import ctypes
import os
import sys

DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2
VERSION_3 = 0x20080522


def give_up_override() -> None:
    """Have the calling thread, and those that it starts, obey the modes of files. Nothing where nobody is root."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(head, sets) == 0:
        sets[0] &= ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH)
        if libc.capset(head, sets) == 0:
            return
    raise OSError(ctypes.get_errno(), "the rights cannot be given up")
