"""The settings file read again while the daemon runs."""

from __future__ import annotations

import logging

from daemon.config import Config, load
from daemon.service.config_changes import config_changes
from daemon.vault.layout import read_layout

log = logging.getLogger(__name__)


def reread(config: Config, vault_is_there: bool) -> Config | None:
    """The settings as they stand in the file now, None where nothing has changed or what changed needs a restart.
    Raises ``NippoError`` for faulty ones."""
    fresh = load(config.file) if config.file else config
    changes = config_changes(config, fresh)
    if any(line.startswith(("vault.path", "data.folder")) for line in changes):
        log.error("reload: another vault.path or data.folder needs a restart; nothing was changed")
        return None
    if not changes:
        log.info("reload: nothing has changed")
        return None
    if vault_is_there:
        read_layout(fresh)
    log.info("reload: %s", "; ".join(changes))
    return fresh
