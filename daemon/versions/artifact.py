"""Trained versions as they lie on disk: adapter folders under ``data/models/``, each with its ``meta.json``.

Guarantees: a version counts only with a ``meta.json`` whose digest and file hashes are right; one made for another base
model is refused. ``starter-2`` is the adapter that ships with nippo. Which one is in use: ``daemon.versions.champion``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.errors import ModelMissing, UsageError
from daemon.models.known import KNOWN
from daemon.system.files import write_atomically
from daemon.system.hashes import file_hash, known_hash
from daemon.system.shipped import starter_folder
from daemon.words import tr

STARTER = "starter-2"
META = "meta.json"
CHECKPOINT = "nippo.json"
"""Marks a folder as a complete checkpoint of a training."""
ADAPTER, ADAPTER_CONFIG, TWIN = "adapter_model.safetensors", "adapter_config.json", "adapter.gguf"
NAME = re.compile(r"v(\d+)\.(\d+)")


SENTENCE_PROMPT = "c9514341d00d"
"""``daemon.drafting.prompt.digest()``, which this room cannot import: the questions that this program asks about
sentences. A test holds the two together."""


@dataclass(frozen=True)
class Meta:
    """What a version is made of. ``base`` and ``base_sha256``: the model it belongs to (``training.model.base.Base``).

    ``pair_ids``: the accepted pairs and corpus rows it was trained on. ``settings``: everything that decided the run.
    ``scores``: figures by name. ``created``: ISO time with zone. ``method``: what it writes, "sentences" or "whole"
    diaries. ``prompt``: ``daemon.drafting.prompt.digest()`` of the questions that it learned ("" for whole diaries).
    ``habits``: the line that stood behind the rules of a person's days, "" where it learned none.
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
    method: str = "whole"
    prompt: str = ""
    habits: str = ""


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
        raise UsageError(tr("{name!r}: no such version", name=name), tr("See `nippo versions`."))
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
            tr("{name}: no such version, or a run that never finished", name=folder.name), tr("See `nippo versions`.")
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


def method_of(adapter: Path) -> str:
    """How the adapter at a path was trained to write: as its ``meta.json`` says, "whole" where it has none. Raises
    ``ModelMissing`` for a damaged version, which would write something it has not learned, and as ``check_prompt``."""
    if not (adapter / META).exists():
        return "whole"
    version = read_version(adapter)
    check_prompt(version)
    return version.meta.method


def habits_of(adapter: Path | None) -> str:
    """The line that a version or a checkpoint knows its person's days by, "" for one that has learned none."""
    if adapter is None:
        return ""
    for name in (META, CHECKPOINT):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            return str(json.loads((adapter / name).read_text(encoding="utf-8")).get("habits", ""))
    return ""


def _damaged(folder: Path, name: str) -> ModelMissing:
    return ModelMissing(
        tr("{name}: {name2} is damaged, so this version is not loaded", name=folder.name, name2=name),
        tr("Run `nippo rollback` to use the version before it, or name another one if engine.adapter names this."),
    )


def list_versions(config: Config) -> tuple[list[Version], dict[str, str]]:
    """All good versions, oldest first, and what is wrong with each of the others, by name."""
    good: list[Version] = []
    bad: dict[str, str] = {}
    folders = [version_folder(config, STARTER)] if (version_folder(config, STARTER) / META).is_file() else []
    if models_folder(config).is_dir():
        found = [folder for folder in models_folder(config).iterdir() if NAME.fullmatch(folder.name)]
        folders += sorted(found, key=lambda folder: version_number(folder.name))
    for folder in folders:
        try:
            good.append(read_version(folder))
        except ModelMissing as problem:
            bad[folder.name] = problem.what
    return good, bad


def find_version(config: Config, name: str) -> Version:
    """A version by name; raises ``UsageError`` for an impossible name, ``ModelMissing`` for a bad or absent one."""
    return read_version(version_folder(config, name))


def version_number(name: str) -> tuple[int, int]:
    match = NAME.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else (-1, -1)


def check_base(version: Version, reference: str) -> None:
    """Raise ``ModelMissing`` unless a version belongs to the model that ``reference`` names, and to this program's
    questions."""
    check_prompt(version)
    if not base_matches(version.meta, reference):
        raise ModelMissing(
            tr(
                "{name} was trained on {base}, not on {reference}",
                name=version.name,
                base=version.meta.base,
                reference=reference,
            ),
            tr(
                'Set engine.model back to "{base}", or train again on the new base with `nippo train`.',
                base=version.meta.base,
            ),
        )


def check_prompt(version: Version) -> None:
    """Raise ``ModelMissing`` for a version that learned other questions than this program asks."""
    if not prompt_matches(version.meta):
        raise ModelMissing(
            tr("{name} learned other questions about a sentence than this nippo asks", name=version.name),
            tr("Train again with `nippo train`, or go back to the nippo that made it."),
        )


def prompt_matches(meta: Meta) -> bool:
    """Whether a version learned the questions that this program asks; one that writes whole diaries learned none."""
    return meta.method != "sentences" or meta.prompt == SENTENCE_PROMPT


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


def trained_on(versions: Sequence[Version], pair_id: str) -> list[str]:
    """The names of the versions that saw a pair."""
    return [version.name for version in versions if pair_id in version.meta.pair_ids]


def _plain(meta: Meta) -> dict[str, Any]:
    """The meta as JSON gives it back, so that its digest is the same before and after."""
    return dict(json.loads(json.dumps(asdict(meta), ensure_ascii=False)))
