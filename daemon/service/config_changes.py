"""What a reload of the settings changes, in words. Pure."""

from __future__ import annotations

from daemon.config import Config
from daemon.words import tr


def config_changes(before: Config, after: Config) -> list[str]:
    """What differs, one "section.key: old → new" each; deny lists and other private words are named without values."""
    lines: list[str] = []
    olds = before.model_dump()
    for section, values in after.model_dump().items():
        old = olds[section]
        for key, value in values.items():
            if value != old[key]:
                private = section == "privacy" or (section, key) == ("report", "instructions")
                lines.append(
                    tr("{key} changed", key=f"{section}.{key}")
                    if private
                    else f"{section}.{key}: {old[key]!r} → {value!r}"
                )
    return lines
