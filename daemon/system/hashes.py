"""SHA-256 of large files, computed once and remembered beside the file by its size and time."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from daemon.system.files import write_atomically

BLOCK = 4 * 2**20


def file_hash(file: Path) -> str:
    """The SHA-256 of a file's bytes, read now, in hex."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def known_hash(file: Path) -> str:
    """The SHA-256 of a file: remembered if size and modification time are those of then, else computed and kept."""
    state = file.stat()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads(_sidecar(file).read_text(encoding="utf-8"))
        if (record["size"], record["mtime_ns"]) == (state.st_size, state.st_mtime_ns):
            return str(record["sha256"])
    digest = file_hash(file)
    remember(file, digest)
    return digest


def remember(file: Path, digest: str) -> None:
    """Keep a hash beside the file; a folder that cannot be written costs only time at the next start."""
    state = file.stat()
    with contextlib.suppress(OSError):
        record = {"size": state.st_size, "mtime_ns": state.st_mtime_ns, "sha256": digest}
        write_atomically(_sidecar(file), json.dumps(record), shared=True)


def _sidecar(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256.json")
