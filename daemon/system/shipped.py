"""What ships with nippo: the starter corpus, adapter and sample vault."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
"""The folder of the package ``daemon``; beside it lies a checkout, within it what an installed wheel brings."""


def starter_folder() -> Path:
    """``NIPPO_STARTER_FOLDER`` where it is set, else ``data/starter`` of a checkout, or the copy inside an installed
    wheel."""
    named = os.environ.get("NIPPO_STARTER_FOLDER")
    if named:
        return Path(named).expanduser()
    packaged = PACKAGE / "starter"
    return packaged if packaged.is_dir() else PACKAGE.parent / "data" / "starter"
