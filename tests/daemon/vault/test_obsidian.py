"""What Obsidian itself knows about its vaults."""

from __future__ import annotations

import json
from pathlib import Path

from daemon.vault.obsidian import known_vaults


def test_obsidians_own_list_of_vaults_is_read(isolated_world: Path, make_vault) -> None:
    first, second = make_vault(name="一つ目"), make_vault(name="二つ目")
    registry = isolated_world / ".config/obsidian/obsidian.json"
    registry.parent.mkdir(parents=True)
    entries = {"a": {"path": str(first), "ts": 1}, "b": {"path": str(second), "ts": 2}, "c": {"path": "/gone", "ts": 3}}
    registry.write_text(json.dumps({"vaults": entries}))
    assert known_vaults() == [second, first]
