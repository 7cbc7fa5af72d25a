"""Trained versions: adapter folders under ``data/models/``, and ``data/champion``, which names the one in use.

Guarantees: a version counts only with a ``meta.json`` whose digest and file hashes are right; the pointer is replaced
in one step; a version made for another base model is refused. ``starter-1`` is the adapter that ships with nippo.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.errors import ModelMissing, UsageError
from daemon.models.known import KNOWN
from daemon.system.files import write_atomically
from daemon.system.hashes import file_hash, known_hash
from daemon.system.shipped import starter_folder

STARTER = "starter-1"
META, POINTER, HISTORY = "meta.json", "champion", "champion-history.jsonl"
ADAPTER, ADAPTER_CONFIG, TWIN = "adapter_model.safetensors", "adapter_config.json", "adapter.gguf"
NAME = re.compile(r"v(\d+)\.(\d+)")


@dataclass(frozen=True)
class Meta:
    """What a version is made of. ``base`` and ``base_sha256``: the model it belongs to (``training.model.base.Base``).

    ``pair_ids``: the accepted pairs and corpus rows it was trained on. ``settings``: everything that decided the run.
    ``scores``: figures by name. ``created``: ISO time with zone.
    """

    name: str
    created: str
    base: str
    base_sha256: str
    corpus_sha256: str
    pair_ids: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """A version on disk that has passed its checks; ``path`` is the PEFT adapter's folder."""

    name: str
    path: Path
    meta: Meta


def models_folder(config: Config) -> Path:
    return config.data_path / "models"


def version_folder(config: Config, name: str) -> Path:
    """Where a version lies, whether it is there or not. Raises ``UsageError`` for what cannot be a version's name."""
    if name == STARTER:
        return starter_folder() / "adapter"
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r}: no such version", "See `nippo versions`.")
    return models_folder(config) / name


def seal(folder: Path, meta: Meta) -> Version:
    """Declare a folder a complete version: hash its adapter files and write ``meta.json``, last and in one step."""
    names = [name for name in (ADAPTER, ADAPTER_CONFIG, TWIN) if (folder / name).is_file()]
    values: dict[str, Any] = {**_plain(meta), "files": {name: file_hash(folder / name) for name in names}}
    values["digest"] = digest(values)
    write_atomically(folder / META, json.dumps(values, ensure_ascii=False, indent=1) + "\n")
    return Version(meta.name, folder, meta)


def digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of the values as canonical JSON, without an entry ``digest``."""
    rest = {key: value for key, value in values.items() if key != "digest"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_version(folder: Path) -> Version:
    """Given a version's folder, return it; raises ``ModelMissing`` when it is absent, incomplete or damaged."""
    try:
        values = json.loads((folder / META).read_text(encoding="utf-8"))
        files = dict(values.pop("files"))
        sealed = values.pop("digest")
        meta = Meta(**{**values, "pair_ids": tuple(values["pair_ids"])})
    except FileNotFoundError:
        raise ModelMissing(
            f"{folder.name}: no such version, or a run that never finished", "See `nippo versions`."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(folder, META) from None
    if digest({**values, "files": files}) != sealed or ADAPTER not in files or ADAPTER_CONFIG not in files:
        raise _damaged(folder, META)
    for name, wanted in files.items():
        file = folder / name
        if Path(name).name != name or not file.is_file() or file_hash(file) != wanted:
            raise _damaged(folder, name)
    return Version(meta.name, folder, meta)


def _damaged(folder: Path, name: str) -> ModelMissing:
    return ModelMissing(
        f"{folder.name}: {name} is damaged, so this version is not loaded",
        "Run `nippo rollback` to use the version before it, or train again.",
    )


def list_versions(config: Config) -> tuple[list[Version], dict[str, str]]:
    """All good versions, oldest first, and what is wrong with each of the others, by name."""
    good: list[Version] = []
    bad: dict[str, str] = {}
    folders = [version_folder(config, STARTER)] if (version_folder(config, STARTER) / META).is_file() else []
    if models_folder(config).is_dir():
        found = [folder for folder in models_folder(config).iterdir() if NAME.fullmatch(folder.name)]
        folders += sorted(found, key=lambda folder: _number(folder.name))
    for folder in folders:
        try:
            good.append(read_version(folder))
        except ModelMissing as problem:
            bad[folder.name] = problem.what
    return good, bad


def find_version(config: Config, name: str) -> Version:
    """A version by name; raises ``UsageError`` for an impossible name, ``ModelMissing`` for a bad or absent one."""
    return read_version(version_folder(config, name))


def next_name(config: Config) -> str:
    """The name of the next version: v0.1, v0.2, …; numbers of removed or broken versions are not used again."""
    names = [folder.name for folder in models_folder(config).iterdir()] if models_folder(config).is_dir() else []
    names += [str(entry["name"]) for entry in history(config)]
    numbers = [_number(name) for name in names if NAME.fullmatch(name)]
    major, minor = max(numbers, default=(0, 0))
    return f"v{major}.{minor + 1}"


def _number(name: str) -> tuple[int, int]:
    match = NAME.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else (-1, -1)


def champion(config: Config) -> str | None:
    """The name that ``data/champion`` holds, or None without such a file: then ``starter-1`` is in use."""
    try:
        name = (config.data_path / POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    if name == STARTER or NAME.fullmatch(name):
        return name
    raise ModelMissing(
        f"{config.data_path / POINTER}: names no version", "Run `nippo promote VERSION` (see `nippo versions`)."
    )


def promote(config: Config, name: str, now: datetime) -> Version:
    """Make a version the one in use, after all its checks; raises as ``find_version`` and ``check_base`` do."""
    return _point(config, name, now, "promote")


def rollback(config: Config, now: datetime) -> Version:
    """Go back to the version in use before; raises ``UsageError`` when there is none."""
    name = previous(config)
    if name is None:
        raise UsageError(
            f"{champion(config) or STARTER} is in use, and there is none before it", "See `nippo versions`."
        )
    return _point(config, name, now, "rollback")


def _point(config: Config, name: str, now: datetime, action: str) -> Version:
    version = find_version(config, name)
    check_base(version, config.engine.model)
    config.data_path.mkdir(parents=True, exist_ok=True)
    with (config.data_path / HISTORY).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"name": name, "at": now.isoformat(timespec="seconds"), "action": action}) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    write_atomically(config.data_path / POINTER, f"{name}\n")
    return version


def history(config: Config) -> list[dict[str, str]]:
    """Every change of champion, oldest first, as ``{"name", "at", "action"}``, without lines that a crash cut off."""
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
    lies above the one it names. ``starter-1`` lies at the bottom. Pure."""
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


def check_base(version: Version, reference: str) -> None:
    """Raise ``ModelMissing`` unless a version belongs to the model that ``reference`` names."""
    if not base_matches(version.meta, reference):
        raise ModelMissing(
            f"{version.name} was trained on {version.meta.base}, not on {reference}",
            f'Set engine.model back to "{version.meta.base}", or train again on the new base with `nippo train`.',
        )


def base_matches(meta: Meta, reference: str) -> bool:
    """Whether a reference names the very bytes that a version was trained on.

    Known models and GGUF files are compared by hash; folders and hub ids by name, because hashing them takes minutes.
    """
    if reference in KNOWN:
        return meta.base_sha256 == KNOWN[reference].sha256
    path = Path(reference).expanduser()
    if path.is_file():
        return meta.base_sha256 == known_hash(path)
    return meta.base == reference or meta.base == path.name


def active_adapter(config: Config) -> Version | None:
    """The version that writes drafts: the champion, else ``starter-1`` if it ships and fits the model, else None.

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
    return version if base_matches(version.meta, config.engine.model) else None


def trained_on(versions: Sequence[Version], pair_id: str) -> list[str]:
    """The names of the versions that saw a pair."""
    return [version.name for version in versions if pair_id in version.meta.pair_ids]


def _plain(meta: Meta) -> dict[str, Any]:
    """The meta as JSON gives it back, so that its digest is the same before and after."""
    return dict(json.loads(json.dumps(asdict(meta), ensure_ascii=False)))
