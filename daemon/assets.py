"""What ships with nippo: the starter corpus, adapter and sample vault."""

from __future__ import annotations

import os
from pathlib import Path


def starter_folder() -> Path:
    """``NIPPO_STARTER_FOLDER`` where it is set, else ``data/starter`` of a checkout, or the copy inside an installed
    wheel."""
    named = os.environ.get("NIPPO_STARTER_FOLDER")
    if named:
        return Path(named).expanduser()
    packaged = Path(__file__).with_name("starter")
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "data" / "starter"
