"""Which model writes, put into the settings file: a server's or one by its reference. Other keys and comments stay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from daemon.config import Config
from daemon.errors import ConfigError, UsageError
from daemon.system.files import write_atomically
from daemon.system.toml_values import Setting, Value, with_values
from daemon.words import tr


def values_of(model: str, url: str) -> dict[Setting, str]:
    """Given a model (of the server at ``url``, or a reference), return the keys of ``[engine]`` that put it to use."""
    if url:
        return {("engine", "kind"): "server", ("engine", "server_url"): url, ("engine", "server_model"): model}
    return {("engine", "kind"): "auto", ("engine", "model"): model}


def use_model(settings: Config, model: str, url: str) -> Path:
    """Put a model to use in the settings file, and return that. Raises ``UsageError`` without a file, ``ConfigError``
    when the file cannot be read, changed or written; then nothing is written."""
    if settings.file is None:
        raise UsageError(
            tr("There is no settings file to write into."), tr("Make one with `nippo setup`, or name it: --config.")
        )
    values: Mapping[Setting, Value] = values_of(model, url)
    try:
        before = settings.file.read_bytes()
        after = with_values(before.decode("utf-8"), values)
        Config(**tomllib.loads(after.removeprefix("\ufeff")))
        write_atomically(settings.file.resolve(), after)
    except OSError as problem:
        raise ConfigError(f"{settings.file}: {problem.strerror}", tr("Check its rights and the disk.")) from None
    except (ValidationError, ValueError) as problem:
        what = tr("{file}: cannot be changed ({problem})", file=settings.file, problem=type(problem).__name__)
        raise ConfigError(what, tr("Mend it first.")) from None
    return settings.file
