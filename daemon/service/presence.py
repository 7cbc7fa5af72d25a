"""Whether the vault is there, as opposed to a bare mount point, a folder half synced, or one that was emptied; and
whether its settings are, as opposed to a file that is just being written or may not be read.
"""

from __future__ import annotations

from pathlib import Path

from daemon.errors import VaultUnavailable
from daemon.vault.layout import Layout, require_vault
from daemon.vault.obsidian import DEFAULTS, configuration_folder
from daemon.words import tr


class VaultPresence:
    """Looks at one vault again and again: one that had Obsidian's settings and has lost them is not there."""

    def __init__(self) -> None:
        self._had_configuration = False

    def require(self, vault: Path) -> None:
        """Raises ``VaultUnavailable``."""
        require_vault(vault)
        has_configuration = configuration_folder(vault) is not None
        if self._had_configuration and not has_configuration:
            raise VaultUnavailable(
                tr("The vault {vault} has lost its .obsidian folder.", vault=vault),
                tr("Is its drive connected and its sync finished? nippo goes on by itself once it is back."),
            )
        self._had_configuration = has_configuration


def unreadable_settings(before: Layout, now: Layout) -> str:
    """Given the layout that the settings gave and the one that they give now, name the settings file that is still
    there and gives nothing any more; "" where there is none. Reads the disk."""
    if now.source != DEFAULTS or before.source == DEFAULTS:
        return ""
    try:
        (before.root / before.source).lstat()
    except FileNotFoundError:
        return ""
    except OSError:
        pass
    return tr("{source}: cannot be read now; the diary is looked for where it was.", source=before.source)
