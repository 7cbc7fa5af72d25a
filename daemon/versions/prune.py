"""Which versions may go, and their removal."""

from __future__ import annotations

import shutil

from daemon.config import Config
from daemon.errors import ModelMissing
from daemon.versions.artifact import NAME, STARTER, models_folder, version_folder
from daemon.versions.champion import champion, previous


def prunable(config: Config, keep: int) -> list[str]:
    """The names of versions beyond the newest ``keep``, oldest first, without the one in use and the one before it."""
    folder = models_folder(config)
    names = [one.name for one in folder.iterdir() if NAME.fullmatch(one.name)] if folder.is_dir() else []
    ranked = sorted(names, key=lambda name: tuple(int(part) for part in name[1:].split(".")))
    try:
        current = champion(config)
    except ModelMissing:
        current = None
    held = {current, previous(config), STARTER}
    return [name for name in ranked[: max(len(ranked) - keep, 0)] if name not in held]


def remove(config: Config, name: str) -> None:
    """Remove a version's folder: renamed first, so that a crash leaves no half of it under its name."""
    folder = version_folder(config, name)
    gone = folder.with_name(f".{name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone)
