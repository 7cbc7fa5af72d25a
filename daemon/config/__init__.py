"""The settings file as a typed, frozen value.

Given ``config.toml``, the environment and nothing else, ``load`` returns a ``Config`` or raises one ``ConfigError``
that lists every problem with its dotted name and the value received. Nothing here writes a file.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, Field, PrivateAttr, ValidationError, create_model, field_validator

from daemon.config.report_form import ReportSettings
from daemon.config.section import Count, NotNegative, Positive, Section
from daemon.config.weekly_time import weekly_time
from daemon.errors import ConfigError
from daemon.words import tr
from daemon.words.forms import OF_PYDANTIC, said

PREFIX = "NIPPO_"
RENAMED_KEYS: dict[str, str] = {}
"""Old dotted name → new dotted name, for keys that an earlier release knew."""


class VaultSettings(Section):
    path: str = "~/Documents/Obsidian"
    diary_folder: str = ""
    diary_format: str = ""
    report_folder: str = ""


class DataSettings(Section):
    folder: str = "data"


class WatchSettings(Section):
    observer: Literal["native", "polling"] = "native"
    settle_seconds: NotNegative = 3.0
    rescan_minutes: Positive = 10.0
    polling_seconds: Positive = 2.0
    max_note_kilobytes: Count = 4096


class EngineSettings(Section):
    kind: Literal["auto", "llamacpp", "transformers", "server"] = "auto"
    model: str = "starter"
    adapter: str = "auto"
    context_tokens: Annotated[int, Field(ge=1024)] = 8192
    method: Literal["auto", "sentences", "whole"] = "auto"
    max_report_tokens: Annotated[int, Field(ge=32)] = 700
    drafts: Annotated[int, Field(ge=1, le=32)] = 4
    temperature: NotNegative = 0.7
    seed: int = 3407
    threads: Annotated[int, Field(ge=0)] = 0
    gpu_layers: Annotated[int, Field(ge=-1)] = -1
    idle_seconds: NotNegative = 300.0
    timeout_seconds: Positive = 900.0
    server_url: str = ""
    server_model: str = ""
    server_api_key_env: str = ""
    server_lora_folder: str = ""


class PrivacySettings(Section):
    deny: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    private_headings: tuple[str, ...] = ()
    private_tags: tuple[str, ...] = ()


SummaryKind = Literal["week", "month"]


class ScheduleSettings(Section):
    retrain: str = "sun 03:00"
    min_new_pairs: Count = 5
    jitter_minutes: NotNegative = 10.0
    draft_while_training: Literal["wait", "cpu"] = "wait"
    summaries: tuple[SummaryKind, ...] = ()

    @field_validator("retrain")
    @classmethod
    def _weekday_and_time(cls, value: str) -> str:
        if value:
            weekly_time(value)
        return value


class TrainingSettings(Section):
    """LoRA fine-tuning; the defaults are the seed project's (r 16, alpha 16, lr 2e-4, steps 60/120/180/240). A weekly
    run goes on from what nippo has learned, by ``weekly_learning_rate``."""

    base: str = ""
    max_seq_length: Annotated[int, Field(ge=128)] = 4096
    rank: Count = 16
    alpha: Count = 16
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    batch_size: Count = 1
    accumulation: Count = 4
    learning_rate: Positive = 2e-4
    weekly_learning_rate: Positive = 5e-5
    scheduler: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: Annotated[int, Field(ge=0)] = 5
    weight_decay: NotNegative = 0.01
    optimizer: str = "adamw_8bit"
    checkpoints: Annotated[tuple[Count, ...], Field(min_length=1)] = (60, 120, 180, 240)
    max_epochs: NotNegative = 4.0
    min_steps: Annotated[int, Field(ge=0)] = 16
    starter_share: Annotated[float, Field(ge=0, lt=1)] = 0.75
    neftune_alpha: NotNegative = 0.0
    random_state: int = 3407
    multi_gpu: bool = False
    max_hours: Positive = 12.0
    max_memory_gigabytes: NotNegative = 0.0


class NotifySettings(Section):
    desktop: bool = False


class DashboardSettings(Section):
    port: Annotated[int, Field(ge=1, le=65535)] = 8765


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(Section):
    """All settings. Environment variables ``NIPPO_<SECTION>__<KEY>`` win over what is given."""

    vault: VaultSettings = VaultSettings()
    data: DataSettings = DataSettings()
    watch: WatchSettings = WatchSettings()
    engine: EngineSettings = EngineSettings()
    privacy: PrivacySettings = PrivacySettings()
    report: ReportSettings = ReportSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    training: TrainingSettings = TrainingSettings()
    notify: NotifySettings = NotifySettings()
    dashboard: DashboardSettings = DashboardSettings()
    log: LogSettings = LogSettings()

    _file: Path | None = PrivateAttr(default=None)

    def __init__(self, **given: Any) -> None:
        for section, values in _environment().items():
            before = given.get(section, {})
            both = isinstance(values, dict) and isinstance(before, dict | BaseModel)
            given[section] = {**dict(before), **values} if both else values
        super().__init__(**given)

    @property
    def file(self) -> Path | None:
        """The file that was read, or None for the built-in defaults."""
        return self._file

    @property
    def vault_path(self) -> Path:
        return Path(self.vault.path).expanduser()

    @property
    def data_path(self) -> Path:
        """The state folder; a relative one lies beside the settings file (or in the current folder without one)."""
        folder = Path(self.data.folder).expanduser()
        return folder if folder.is_absolute() else (self._file.parent if self._file else Path.cwd()) / folder


def _environment() -> dict[str, Any]:
    """What the variables ``NIPPO_<SECTION>__<KEY>`` say, by section and key, as pydantic-settings reads them. Its
    import takes as long as all the rest of a quick command, so that it is spared where no variable is set."""
    names = {f"{PREFIX}{section}".upper() for section in Config.model_fields}
    if not any(name.upper().split("__")[0] in names for name in os.environ):
        return {}
    from pydantic_settings import BaseSettings, EnvSettingsSource

    sections: dict[str, Any] = {name: (field.annotation, field) for name, field in Config.model_fields.items()}
    wanted = create_model("Environment", __base__=BaseSettings, **sections)
    return EnvSettingsSource(wanted, env_prefix=PREFIX, env_nested_delimiter="__")()


def config_file(explicit: Path | None = None) -> Path | None:
    """The settings file in use: the given one, ``NIPPO_CONFIG``, the user's own, or ``./config.toml``."""
    return named_config_file(explicit) or next(filter(Path.is_file, (user_config_file(), Path("config.toml"))), None)


def named_config_file(explicit: Path | None = None) -> Path | None:
    """The settings file that somebody names, on the command line or by ``NIPPO_CONFIG``; None where nobody does."""
    named = explicit or os.environ.get("NIPPO_CONFIG")
    return Path(named).expanduser() if named else None


def user_config_file() -> Path:
    """Where the user's own settings lie on this platform, whether they are there or not."""
    return platformdirs.user_config_path("nippo") / "config.toml"


def load(path: Path | None = None) -> Config:
    """Read the settings. Given a path or None (see ``config_file``), return a ``Config``; raise ``ConfigError``."""
    file = config_file(path)
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise ConfigError(
                tr("{file}: no such file", file=file), tr("Make one with `nippo setup`, or name another with --config.")
            ) from None
        except (OSError, UnicodeDecodeError) as problem:
            raise ConfigError(
                tr("{file}: cannot be read ({problem})", file=file, problem=problem),
                tr("Save it as UTF-8 text that you may read."),
            ) from None
        except tomllib.TOMLDecodeError as problem:
            raise ConfigError(
                tr("{file}: not valid TOML: {problem}", file=file, problem=problem),
                tr("Mend that line; strings need quotes."),
            ) from None
    try:
        config = Config(**values)
    except ValidationError as problem:
        lines = [_explain(error) for error in problem.errors()]
        where = file or tr("environment")
        raise ConfigError(
            "\n".join([tr("{where}: {count} problem(s)", where=where, count=len(lines)), *lines]),
            tr("Mend these keys."),
        ) from None
    config._file = file.resolve() if file else None
    return config


def _explain(error: Any) -> str:
    """One pydantic error as "`section.key`: expected …, got 'value'"."""
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        renamed = RENAMED_KEYS.get(name)
        return f"  `{name}`: {tr('is now called `{renamed}`', renamed=renamed) if renamed else tr('no such key')}"
    message = said(str(error["msg"]).removeprefix("Value error, "), OF_PYDANTIC)
    return "  " + tr(
        "`{name}`: {what}, got {value!r}", name=name, what=message[:1].lower() + message[1:], value=error["input"]
    )
