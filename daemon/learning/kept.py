"""Frozen values that are kept as JSON, in a file or in the database, and read back by another process or a later nippo.

Reading is tolerant: a key that is missing has its default, one that is not known is passed over, what is no such value
at all (cut short by a crash, damaged) is None.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Self, cast

from daemon.errors import TrainingError
from daemon.words import tr


class Kept:
    """The parent of such dataclasses."""

    def to_json(self) -> dict[str, Any]:
        """As JSON values; times in whole seconds."""
        return cast(dict[str, Any], _plain(asdict(cast(Any, self))))

    @classmethod
    def from_json(cls, values: object) -> Self | None:
        """The value that ``to_json`` described, also one of an older nippo; None for what is none."""
        from pydantic import ValidationError

        try:
            return cast(Self, _reader(cast(Hashable, cls)).validate_python(values))
        except ValidationError:
            return None

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """The value that a file holds, None where there is none."""
        try:
            return cls.from_text(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    @classmethod
    def need(cls, file: Path) -> Self:
        """As ``read``; raises ``TrainingError`` where there is none."""
        found = cls.read(file)
        if found is None:
            raise TrainingError(tr("{file}: is missing or damaged", file=file), tr("Train again."))
        return found

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """The value that a piece of JSON holds, None where it is none."""
        try:
            return cls.from_json(json.loads(text))
        except ValueError:
            return None


@cache
def _reader(kind: Hashable) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(cast(Any, kind))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
