"""Whether the vault is there, as opposed to a bare mount point, a folder half synced, or one that was emptied."""

from __future__ import annotations

from pathlib import Path

from daemon.errors import VaultUnavailable
from daemon.vault.layout import require_vault
from daemon.vault.obsidian import configuration_folder


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
                f"The vault {vault} has lost its .obsidian folder.",
                "Is its drive connected and its sync finished? nippo goes on by itself once it is back.",
            )
        self._had_configuration = has_configuration
