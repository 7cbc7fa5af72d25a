"""After an upgrade, a setting that was renamed is reported with its new name. (Databases: test_store.py.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon import config
from daemon.errors import ConfigError


def test_a_renamed_key_is_reported_with_its_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "RENAMED_KEYS", {"watch.quiet_seconds": "watch.settle_seconds"})
    file = tmp_path / "config.toml"
    file.write_text("[watch]\nquiet_seconds = 2\nrescan_minute = 3\n")
    with pytest.raises(ConfigError) as problem:
        config.load(file)
    assert "`watch.quiet_seconds`: is now called `watch.settle_seconds`" in str(problem.value)
    assert "`watch.rescan_minute`: no such key" in str(problem.value)
    assert file.read_text().startswith("[watch]\nquiet_seconds"), "the settings file is the user's"


def test_every_new_name_is_a_key_of_today_and_no_old_name_is() -> None:
    today = {
        f"{section}.{key}"
        for section, field in config.Config.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    }
    assert "watch.settle_seconds" in today
    assert set(config.RENAMED_KEYS.values()) <= today and not set(config.RENAMED_KEYS) & today
