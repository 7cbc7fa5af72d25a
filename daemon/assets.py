"""What ships with nippo: the starter corpus, adapter and sample vault."""

from __future__ import annotations

from pathlib import Path


def starter_folder() -> Path:
    """``data/starter`` of a checkout, or the copy inside an installed wheel."""
    packaged = Path(__file__).with_name("starter")
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "data" / "starter"
