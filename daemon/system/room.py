"""Whether a disk or a folder takes nippo's data, as the file system itself tells; a quota is told only by a write that
fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from daemon.errors import NippoError
from daemon.words import tr

LEAST_BYTES = 65_536
"""With less than this SQLite cannot open its journal, and nothing of nippo's goes on."""


def lack_of(folder: Path) -> Literal["", "full", "read-only"]:
    """What the disk of a folder lacks, or of the nearest folder above that is there; "" where it takes writes or does
    not tell."""
    if not hasattr(os, "statvfs"):
        return ""
    for place in (folder, *folder.parents):
        try:
            found = os.statvfs(place)
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            return ""
        if found.f_flag & os.ST_RDONLY:
            return "read-only"
        return "full" if found.f_blocks and found.f_bavail * found.f_frsize < LEAST_BYTES else ""
    return ""


def unusable(folder: Path, problem: OSError, kind: type[NippoError] = NippoError) -> NippoError:
    """What is said of a data folder that the system does not let nippo use, as an error of this kind."""
    return kind(
        tr("{folder}: the data folder cannot be used ({why}).", folder=folder, why=problem.strerror),
        tr("Check its permissions, or set folder in [data] of config.toml."),
    )
