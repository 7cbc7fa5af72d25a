"""The few facts of a GGUF file that decide whether it can be loaded: read from its header alone.

The layout is that of the GGUF specification, versions 2 and 3: magic, version, tensor count, key count, then the keys.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from daemon.errors import ModelMissing
from daemon.words import tr

MAGIC = b"GGUF"
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True)
class Header:
    """All scalar and string keys of a GGUF file; arrays are left out."""

    values: dict[str, Any] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        return str(self.values.get("general.architecture", ""))

    @property
    def kind(self) -> str:
        """ "model" or "adapter"."""
        return str(self.values.get("general.type", "model"))

    @property
    def context_length(self) -> int:
        """The tokens that the model was made for; 0 when the file does not say."""
        return int(self.values.get(f"{self.architecture}.context_length", 0))


def read(file: Path) -> Header:
    """Given a file, return its header; raises ``ModelMissing`` when there is none or it is not GGUF."""
    try:
        with file.open("rb") as stream:
            if stream.read(4) != MAGIC:
                raise ModelMissing(tr("{file}: not a GGUF file", file=file), tr("Name another file in engine.model."))
            return Header(_keys(stream))
    except FileNotFoundError:
        raise ModelMissing(
            tr("{file}: no such file", file=file), tr("Run `nippo fetch`, or name another file in engine.model.")
        ) from None
    except (OSError, struct.error, UnicodeDecodeError, ValueError, MemoryError) as problem:
        raise ModelMissing(
            tr("{file}: cannot be read as GGUF ({kind})", file=file, kind=type(problem).__name__),
            tr("Fetch the file again; it may be incomplete."),
        ) from None


def check_adapter(adapter: Header, model: Header, adapter_file: Path, model_file: Path) -> None:
    """Raise ``ModelMissing`` when the adapter is not one, or was made for another architecture."""
    if adapter.kind != "adapter":
        raise ModelMissing(
            tr("{adapter_file}: not a GGUF adapter", adapter_file=adapter_file),
            tr("Name an adapter in engine.adapter."),
        )
    if adapter.architecture != model.architecture:
        raise ModelMissing(
            tr(
                "{adapter_file}: made for {architecture}, but {name} is {architecture2}",
                adapter_file=adapter_file,
                architecture=adapter.architecture,
                name=model_file.name,
                architecture2=model.architecture,
            ),
            tr('Name its own base in engine.model, or set engine.adapter = "none".'),
        )


def _keys(stream: BinaryIO) -> dict[str, Any]:
    version, _, count = struct.unpack("<IQQ", stream.read(20))
    if version not in (2, 3) or count > 100_000:
        raise ValueError("unknown version")
    values: dict[str, Any] = {}
    for _ in range(count):
        key = _string(stream)
        (kind,) = struct.unpack("<I", stream.read(4))
        if kind == _ARRAY:
            _skip_array(stream)
        else:
            values[key] = _scalar(stream, kind)
    return values


def _scalar(stream: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(stream)
    if kind not in _SCALARS:
        raise ValueError("unknown type")
    letter = _SCALARS[kind]
    return struct.unpack(f"<{letter}", stream.read(struct.calcsize(letter)))[0]


def _string(stream: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > 2**24:
        raise ValueError("string too long")
    return stream.read(length).decode()


def _skip_array(stream: BinaryIO) -> None:
    kind, count = struct.unpack("<IQ", stream.read(12))
    if kind in _SCALARS:
        stream.seek(struct.calcsize(_SCALARS[kind]) * count, 1)
        return
    if kind != _STRING:
        raise ValueError("unknown type")
    for _ in range(count):
        (length,) = struct.unpack("<Q", stream.read(8))
        stream.seek(length, 1)
