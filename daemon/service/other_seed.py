"""Another draft of the same diary: the seed that it is drawn with."""

from __future__ import annotations

import zlib


def other_seed(usual: int, attempts: int, sha: str) -> int:
    """A seed that is not the usual one, and another one for each attempt and after each report: who asks again for the
    report of a day does not wait for the same draft. Pure."""
    return usual + 1 + attempts + zlib.crc32(sha.encode()) % 2**20
