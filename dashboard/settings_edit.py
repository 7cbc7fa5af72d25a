"""The settings file as the page changes it: only the keys that were changed, everything else byte for byte, nothing
before it was validated, and never over what another hand has written meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from daemon.config import PREFIX, Config, load
from daemon.errors import ConfigError
from daemon.system.files import beside, create, write_atomically
from daemon.system.toml_values import Setting, TableChange, Value
from daemon.system.toml_values import with_values as put_in
from daemon.vault.writer import digest
from dashboard.sections_edit import SectionValues, put_sections

SECTIONS: Setting = ("report", "sections")
Wanted = Value | tuple[SectionValues, ...]
"""What a key may be set to; sections are tables."""


@dataclass(frozen=True)
class SettingsText:
    """The settings file as it was read; ``sha`` is the hash of its bytes."""

    file: Path
    text: str
    sha: str


def read_settings(file: Path) -> SettingsText:
    """Raises ``ConfigError`` when the file cannot be read."""
    try:
        data = file.read_bytes()
        return SettingsText(file, data.decode("utf-8"), digest(data))
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"{file.name}: 読めません({type(problem).__name__})。", "権限と文字コードを確かめてください。"
        ) from None


def changed(config: Config, wanted: Mapping[Setting, Wanted]) -> dict[Setting, Wanted]:
    """What of the wanted values differs from the settings as they are. Pure."""
    now = config.model_dump()
    return {(section, key): value for (section, key), value in wanted.items() if now[section][key] != value}


def with_values(text: str, values: Mapping[Setting, Wanted]) -> str:
    """``daemon.system.toml_values.with_values``, with its error as a ``ConfigError`` for the page. Pure."""
    try:
        return put_in(text, {setting: _change(setting, value) for setting, value in values.items()})
    except ValueError as problem:
        raise ConfigError(f"config.toml: 正しいTOMLではありません({problem})。", "その行を直してください。") from None


def _change(setting: Setting, value: Wanted) -> Value | TableChange:
    """A value as it is put in; sections one by one, so that comments between them stay."""
    if setting != SECTIONS:
        return cast("Value", value)
    return lambda table: put_sections(table, cast("tuple[SectionValues, ...]", value))


def validate(settings: SettingsText, text: str) -> None:
    """Let ``daemon.config.load`` read the text as it would be on disk. Raises ``ConfigError`` as it would be told."""
    try:
        with beside(settings.file.resolve()) as trial:
            create(trial, text.encode(), None, durable=False)
            try:
                load(trial)
            except ConfigError as problem:
                what = str(problem.args[0]).replace(str(trial), settings.file.name)
                raise ConfigError(what, problem.next_step) from None
    except OSError as problem:
        raise _blocked(settings.file, problem) from None


def write_settings(settings: SettingsText, text: str) -> None:
    """Put a text in the place of the one that was read, for this user alone: it holds names of people. Raises
    ``ConfigError`` when it is no valid settings file, cannot be written, or was changed by somebody else meanwhile;
    nothing is written then."""
    validate(settings, text)
    if read_settings(settings.file).sha != settings.sha:
        raise ConfigError(
            f"{settings.file.name}: ほかで変更されていたため、何も書きませんでした。",
            "新しい内容を確かめて、もう一度保存してください。",
        )
    try:
        write_atomically(settings.file.resolve(), text.encode())
    except OSError as problem:
        raise _blocked(settings.file, problem) from None


def _blocked(file: Path, problem: OSError) -> ConfigError:
    return ConfigError(f"{file.name}: 書けません({problem.strerror})。", "フォルダーの権限と空きを確かめてください。")


def from_environment(setting: Setting) -> str:
    """The variable that wins over the file for a key, "" without one."""
    name = f"{PREFIX}{'__'.join(setting)}".upper()
    return next((one for one in os.environ if one.upper() == name), "")
