"""The champion: ``data/champion`` names the version in use, ``champion-history.jsonl`` every one before it.

Guarantees: the pointer is replaced in one step, and only by a good version that belongs to the model of the settings.
The history is written first, as a whole; a last line that the pointer does not bear out was cut off and counts for
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from daemon.config import Config
from daemon.errors import ModelMissing, UsageError
from daemon.system.files import private_folder, write_atomically
from daemon.versions.artifact import (
    META,
    NAME,
    STARTER,
    Version,
    base_matches,
    check_base,
    check_prompt,
    find_version,
    models_folder,
    read_version,
    version_folder,
    version_number,
)
from daemon.words import tr

POINTER, HISTORY = "champion", "champion-history.jsonl"


def champion(config: Config) -> str | None:
    """The name that ``data/champion`` holds, or None without such a file: then the adapter that ships is in use. An
    earlier one that shipped stands for the present one."""
    try:
        name = (config.data_path / POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    if _present_name(name) == STARTER or NAME.fullmatch(name):
        return _present_name(name)
    raise ModelMissing(
        tr("{data_path}: names no version", data_path=config.data_path / POINTER),
        tr("Run `nippo promote VERSION` (see `nippo versions`)."),
    )


def _present_name(name: str) -> str:
    return STARTER if name.startswith("starter-") else name


def active_adapter(config: Config) -> Version | None:
    """The version that writes drafts: the champion, else the one that ships if it fits the model, else None.

    Raises ``ModelMissing`` when the champion is damaged or belongs to another base: a person chose it, so it is not
    replaced in silence.
    """
    name = champion(config)
    if name is not None:
        version = find_version(config, name)
        check_base(version, config.engine.model)
        return version
    folder = version_folder(config, STARTER)
    if not (folder / META).is_file():
        return None
    version = read_version(folder)
    if not base_matches(version.meta, config.engine.model):
        return None
    check_prompt(version)
    return version


def promote(config: Config, name: str, now: datetime) -> Version:
    """Make a version the one in use, after all its checks; raises as ``find_version`` and ``check_base`` do."""
    return _point(config, name, now, "promote")


def rollback(config: Config, now: datetime) -> Version:
    """Go back to the version in use before; raises ``UsageError`` when there is none."""
    name = previous(config)
    if name is None:
        raise UsageError(
            tr("{champion} is in use, and there is none before it", champion=champion(config) or STARTER),
            tr("See `nippo versions`."),
        )
    return _point(config, name, now, "rollback")


def _point(config: Config, name: str, now: datetime, action: str) -> Version:
    version = find_version(config, name)
    check_base(version, config.engine.model)
    private_folder(config.data_path)
    entries = [*history(config), {"name": name, "at": now.isoformat(timespec="seconds"), "action": action}]
    write_atomically(config.data_path / HISTORY, "".join(f"{json.dumps(entry)}\n" for entry in entries))
    write_atomically(config.data_path / POINTER, f"{name}\n")
    return version


def history(config: Config) -> list[dict[str, str]]:
    """Every change of champion that took place, oldest first, as ``{"name", "at", "action"}``."""
    entries = _written(config)
    try:
        now = champion(config)
    except ModelMissing:
        return entries
    before = _present_name(entries[-2]["name"]) if len(entries) > 1 else None
    cut_off = bool(entries) and _present_name(entries[-1]["name"]) != now and now in (before, before or STARTER)
    return entries[:-1] if cut_off else entries


def was_promoted(config: Config, name: str) -> bool:
    """Whether a version has come into use at some time, whatever is in use now."""
    return any((entry["name"], entry["action"]) == (name, "promote") for entry in history(config))


def _written(config: Config) -> list[dict[str, str]]:
    """The lines of the history, without those that an older nippo left half-written."""
    try:
        lines = (config.data_path / HISTORY).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    entries: list[dict[str, str]] = []
    for line in lines:
        try:
            entry = json.loads(line)
            entries.append({key: str(entry[key]) for key in ("name", "at", "action")})
        except (ValueError, KeyError, TypeError):
            continue
    return entries


def stack(entries: Sequence[Mapping[str, str]]) -> list[str]:
    """The versions one below the other, the present one last: a promotion lays one on top, a rollback takes off what
    lies above the one it names. The one that ships lies at the bottom. Pure."""
    names = [STARTER]
    for entry in entries:
        if entry["action"] == "promote":
            names.append(entry["name"])
        while entry["action"] == "rollback" and len(names) > 1 and names[-1] != entry["name"]:
            names.pop()
    return names


def previous(config: Config) -> str | None:
    """The good version that was in use before the present one, or None."""
    names = stack(history(config))
    for name in reversed(names[:-1]):
        try:
            check_base(find_version(config, name), config.engine.model)
        except (ModelMissing, UsageError):
            continue
        if name != names[-1]:
            return name
    return None


def next_name(config: Config) -> str:
    """The name of the next version: v0.1, v0.2, …; numbers of removed or broken versions are not used again."""
    names = [folder.name for folder in models_folder(config).iterdir()] if models_folder(config).is_dir() else []
    names += [str(entry["name"]) for entry in _written(config)]
    numbers = [version_number(name) for name in names if NAME.fullmatch(name)]
    major, minor = max(numbers, default=(0, 0))
    return f"v{major}.{minor + 1}"
