"""Files of a model hub over HTTP, in ranges, so that a broken download goes on where it stopped.

The address is ``HF_ENDPOINT`` or the public hub; a token is taken from ``HF_TOKEN``. Used only for models that the user
named, or for ``starter`` when no package index has it.

``huggingface_hub`` was tried in its place and left (1.33.0, ``hf_hub_download`` with ``local_dir``, against a server of
ranges on the same machine). It honours ``HF_ENDPOINT`` and ``HF_TOKEN``, keeps no second copy of a finished file, and
with ``HF_HUB_DISABLE_TELEMETRY`` its user agent names only itself and Python. But a download goes on only within one
call: after its attempts without progress it removes what it has, and after a kill at 69 MB of 400 the next call asked
for byte 0 again, under another random name, and left the 69 MB lying for good. A file of the right size with one wrong
byte was given its name: no hash is checked. It cannot fill the gaps that a package index left in ``starter``, so this
module would have to stay beside it. It adds 23 MB of packages and 0.15 s of processor time to the import of httpx.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.errors import ModelMissing, SourceFailed
from daemon.models.download import FetchProgress, Whole, fetch_whole
from daemon.models.gguf_choice import pick
from daemon.system.files import write_atomically
from daemon.system.hashes import known_hash
from daemon.words import tr

if TYPE_CHECKING:
    import httpx

PUBLIC_HUB = "https://huggingface.co"
PIECE_BYTES = 32 * 2**20
ATTEMPTS = 4
SECONDS = 30.0


def hub_address(repository: str, file: str, revision: str = "main") -> str:
    """The address of one file of a repository, on its main branch or as a revision has it."""
    return f"{_endpoint()}/{repository}/resolve/{revision}/{file}"


class HubFile:
    """One file at an address that answers ``Range`` requests."""

    parallel = 2

    def __init__(self, address: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.name = f"hub ({address.partition('://')[2].partition('/')[0]})"
        self._address, self._pause = address, pause

    def fetch(self, index: int, whole: Whole, received: Callable[[int], None]) -> bytes:
        """A break goes on from the last byte, up to ``ATTEMPTS`` breaks without any progress."""
        import httpx

        start, length = whole.span(index)
        data = bytearray()
        fruitless = 0
        while len(data) < length:
            before = len(data)
            try:
                self._read_on(data, start, length, received)
                problem = tr("the answer ended early")
            except httpx.HTTPError as error:
                problem = _in_words(error)
            fruitless = 0 if len(data) > before else fruitless + 1
            if len(data) < length:
                if fruitless >= ATTEMPTS:
                    raise SourceFailed(problem)
                self._pause(2.0**fruitless / 4)
        return bytes(data)

    def _read_on(self, data: bytearray, start: int, length: int, received: Callable[[int], None]) -> None:
        import httpx

        headers = {**_token(), "Range": f"bytes={start + len(data)}-{start + length - 1}"}
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=True) as client,
            client.stream("GET", self._address, headers=headers) as answer,
        ):
            if answer.status_code >= 500:
                answer.raise_for_status()
            if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                raise SourceFailed(tr("answered {status_code} to a range request", status_code=answer.status_code))
            for block in answer.iter_bytes():
                data += block[: length - len(data)]
                received(len(data))


def fetch_from_hub(reference: str, cache: Path, progress: FetchProgress | None = None) -> Path:
    """Given ``owner/name`` or ``owner/name:file``, return its GGUF file in the cache, fetched if need be.

    Which file, its size and its hash are asked once and kept beside it, so that later starts need no network. Raises
    ``ModelMissing``.
    """
    choice = cached_choice(reference, cache) or _ask(reference, cache)
    file = Path(choice["path"])
    whole = Whole(int(choice["size"]), str(choice["sha256"]), PIECE_BYTES)
    if not file.is_file():
        fetch_whole(file, whole, [HubFile(choice["address"])], progress)
    elif file.stat().st_size != whole.size or known_hash(file) != whole.sha256:
        raise ModelMissing(
            tr("{file}: its hash is not the hub's, so it is not loaded", file=file),
            tr("Delete that file and try again."),
        )
    return file


def cached_choice(reference: str, cache: Path) -> dict[str, Any] | None:
    """What the hub said about this reference, if it was asked before."""
    with suppress(OSError, ValueError):
        kept = json.loads(_record(reference, cache).read_text(encoding="utf-8"))
        return kept if isinstance(kept, dict) else None
    return None


def _ask(reference: str, cache: Path) -> dict[str, Any]:

    repository, _, wanted = reference.partition(":")
    files = {entry["path"]: entry for entry in _listing(repository) if str(entry.get("path", "")).endswith(".gguf")}
    if wanted and wanted not in files:
        raise ModelMissing(
            tr("{repository}: has no file {wanted}", repository=repository, wanted=wanted),
            tr("Look at the repository's list of files."),
        )
    name = wanted or pick([Path(path) for path in files], reference).as_posix()
    entry = files[name]
    if "lfs" not in entry:
        raise ModelMissing(
            tr("{reference}: the hub gives no hash for {name}", reference=reference, name=name),
            tr("Download it yourself and name the file."),
        )
    folder = _record(reference, cache).parent
    choice = {
        "path": str(folder / Path(name).name),
        "address": hub_address(repository, name),
        "size": entry["size"],
        "sha256": entry["lfs"]["oid"],
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(_record(reference, cache), json.dumps(choice), shared=True)
    return choice


def _listing(repository: str) -> list[dict[str, Any]]:
    import httpx

    address = f"{_endpoint()}/api/models/{repository}/tree/main?recursive=true"
    try:
        answer = httpx.get(address, headers=_token(), timeout=SECONDS, follow_redirects=True)
    except httpx.HTTPError as error:
        raise ModelMissing(
            tr(
                "{repository}: the hub cannot be reached ({in_words})",
                repository=repository,
                in_words=_in_words(error),
            ),
            tr('Name a GGUF file, or "starter".'),
        ) from None
    if answer.status_code != httpx.codes.OK:
        raise ModelMissing(
            tr("{repository}: the hub answered {status_code}", repository=repository, status_code=answer.status_code),
            tr("Check the name; for a gated model set HF_TOKEN."),
        )
    entries: list[dict[str, Any]] = answer.json()
    return entries


def _record(reference: str, cache: Path) -> Path:
    repository, _, wanted = reference.partition(":")
    return cache / "hub" / repository.replace("/", "--") / f"{(wanted or 'default').replace('/', '--')}.json"


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", PUBLIC_HUB).rstrip("/")


def _token() -> dict[str, str]:
    token = os.environ.get("HF_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _in_words(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
