"""What Obsidian's own files say: where the daily notes of a vault are, and which vaults there are.

Reads only. Broken JSON counts as absent: Obsidian rewrites these files and may be at it.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from daemon.system.plain_files import is_plain, read_plain

DEFAULT_FORMAT = "YYYY-MM-DD"
DEFAULTS = "Obsidian's defaults"
"""What gives the settings where no file does."""
LARGEST = 16 * 2**20
"""Bytes of a settings file; a plugin that keeps more there keeps no daily-note format."""


@dataclass(frozen=True)
class DailyNotes:
    """``folder`` inside the vault ("" = its root), ``format`` in moment tokens, ``source`` the file that said so,
    ``template`` the note that daily notes are made from ("" without one)."""

    folder: str
    format: str
    source: str
    template: str = ""


def configuration_folder(vault: Path) -> Path | None:
    """The vault's ``.obsidian``, or another hidden folder with an ``app.json`` where the user moved it."""
    usual = vault / ".obsidian"
    if usual.is_dir():
        return usual
    try:
        hidden = sorted(path for path in vault.iterdir() if path.name.startswith("."))
    except OSError:
        return None
    return next((path for path in hidden if is_plain(path / "app.json")), None)


def daily_notes(vault: Path) -> DailyNotes:
    """The vault's daily-note settings: Periodic Notes where that plugin is on, else the core plugin, else defaults."""
    folder = configuration_folder(vault)
    if folder is None:
        return DailyNotes("", DEFAULT_FORMAT, DEFAULTS)
    periodic = folder / "plugins" / "periodic-notes" / "data.json"
    core = folder / "daily-notes.json"
    plugins = _json(folder / "community-plugins.json")
    if not isinstance(plugins, list) or "periodic-notes" in plugins:
        day = _periodic_day(_json(periodic))
        if day is not None:
            return _settings(day, periodic, vault)
    values = _json(core)
    if isinstance(values, dict):
        return _settings(values, core, vault)
    return DailyNotes("", DEFAULT_FORMAT, DEFAULTS)


def templates(vault: Path, diary_folder: str) -> list[Path]:
    """The files that daily notes may be made from: that of the daily-note settings, and Templater's for the folder that
    they lie in."""
    folder = configuration_folder(vault)
    if folder is None:
        return []
    named = [daily_notes(vault).template]
    values = _json(folder / "plugins" / "templater-obsidian" / "data.json")
    pairs = values.get("folder_templates") if isinstance(values, dict) else None
    for pair in pairs if isinstance(pairs, list) else ():
        of, template = (pair.get("folder"), pair.get("template")) if isinstance(pair, dict) else (None, None)
        if isinstance(of, str) and isinstance(template, str) and f"/{diary_folder}/".startswith(f"/{of.strip('/')}"):
            named.append(template)
    found = [vault / (name if name.lower().endswith(".md") else f"{name}.md") for name in named if name]
    return list(dict.fromkeys(found))


def open_address(file: Path) -> str:
    """The address under which Obsidian opens a note (its URI scheme, action ``open`` by absolute path). Pure."""
    return f"obsidian://open?path={quote(str(file), safe='')}"


def known_vaults() -> list[Path]:
    """The existing vaults that Obsidian has opened on this machine, last opened first."""
    found: dict[Path, int] = {}
    for file in _registries():
        values = _json(file)
        vaults = values.get("vaults") if isinstance(values, dict) else None
        for entry in vaults.values() if isinstance(vaults, dict) else ():
            if isinstance(entry, dict) and isinstance(entry.get("path"), str):
                opened = entry.get("ts")
                found[Path(entry["path"])] = opened if isinstance(opened, int) else 0
    return [path for path in sorted(found, key=lambda path: -found[path]) if path.is_dir()]


def _registries() -> list[Path]:
    """Where Obsidian keeps ``obsidian.json``: its user folder on each system, Flatpak and Snap included."""
    home = Path.home()
    if sys.platform == "darwin":
        return [home / "Library" / "Application Support" / "obsidian" / "obsidian.json"]
    if sys.platform == "win32":
        return [Path(os.environ.get("APPDATA", home / "AppData" / "Roaming")) / "obsidian" / "obsidian.json"]
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [
        config / "obsidian" / "obsidian.json",
        home / ".var" / "app" / "md.obsidian.Obsidian" / "config" / "obsidian" / "obsidian.json",
        home / "snap" / "obsidian" / "current" / ".config" / "obsidian" / "obsidian.json",
    ]


def _periodic_day(values: Any) -> dict[str, Any] | None:
    """The daily part of Periodic Notes' data.json: ``daily`` up to 0.x, the active set's ``day`` in 1.0 betas."""
    if not isinstance(values, dict):
        return None
    sets = values.get("calendarSets")
    if isinstance(sets, list) and sets:
        known = [entry for entry in sets if isinstance(entry, dict)]
        active = [entry for entry in known if entry.get("id") == values.get("activeCalendarSet")] or known
        day = active[0].get("day") if active else None
    else:
        day = values.get("daily")
    return day if isinstance(day, dict) and day.get("enabled") is True else None


def _settings(values: dict[str, Any], file: Path, vault: Path) -> DailyNotes:
    folder = values.get("folder")
    text = values.get("format")
    template = values.get("template") or values.get("templatePath")  # the latter in Periodic Notes 1.0
    return DailyNotes(
        folder.strip().strip("/") if isinstance(folder, str) else "",
        text.strip() if isinstance(text, str) and text.strip() else DEFAULT_FORMAT,
        file.relative_to(vault).as_posix(),
        template.strip().strip("/") if isinstance(template, str) else "",
    )


def _json(file: Path) -> Any:
    try:
        return json.loads(read_plain(file, LARGEST).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
