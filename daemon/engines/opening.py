"""Engines: the programs that turn a prompt into draft reports. See ``protocol`` for the contract.

``open_engine`` is the one way in. Everything heavy is imported when the engine that needs it is opened.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.config import Config
from daemon.engines.protocol import Engine, ModelIdentity
from daemon.errors import ModelMissing
from daemon.versions.artifact import habits_of, method_of, models_folder
from daemon.words import tr

if TYPE_CHECKING:
    from daemon.engines.llamacpp import LlamaCppSettings
    from daemon.models.download import FetchProgress


@dataclass(frozen=True)
class Adapter:
    """What is laid over the base model: a PEFT folder or a GGUF LoRA file, the name that reports carry, how it was
    trained to write ("sentences" or "whole"), and what it knows its person's days by ("": nothing)."""

    name: str
    path: Path
    method: str = "whole"
    habits: str = ""


def open_engine(config: Config, progress: FetchProgress | None = None) -> Engine:
    """Given the settings, load the engine they name (fetching its model if need be); raises ``EngineError``."""
    kind = engine_kind(config)
    if kind == "server":
        from daemon.engines.server import open_server
        from daemon.versions.served_adapter import served_adapter

        return open_server(config.engine, adapter=served_adapter(config))
    adapter = adapter_in_use(config)
    if kind == "transformers":
        return _open_transformers(config, adapter, progress)
    return _open_llamacpp(config, adapter, progress)


def _open_llamacpp(config: Config, adapter: Adapter | None, progress: FetchProgress | None) -> Engine:
    from daemon.engines import gguf_header
    from daemon.engines.llamacpp import LlamaCpp
    from daemon.models.reference import cache_folder, resolve_gguf
    from daemon.versions.gguf_twin import gguf_twin

    model = resolve_gguf(config.engine.model, progress)
    settings = _llamacpp_settings(config)
    architecture = gguf_header.read(model).architecture
    twin = gguf_twin(adapter.path, cache_folder(), architecture) if adapter else None
    return LlamaCpp(model, twin, _identity(config, adapter, "llamacpp"), settings)


def _open_transformers(config: Config, adapter: Adapter | None, progress: FetchProgress | None) -> Engine:
    from daemon.engines.transformers import TransformersEngine
    from daemon.models.reference import is_gguf, resolve_gguf

    base = config.engine.model
    file = resolve_gguf(base, progress) if is_gguf(base) else None
    folder = str(_dequantised(file)) if file else base
    one = _identity(config, adapter, "transformers")
    path, context = adapter.path if adapter else None, config.engine.context_tokens
    return TransformersEngine(folder, path, one.version, context, one.method, one.habits)


def _llamacpp_settings(config: Config) -> LlamaCppSettings:
    from daemon.engines.llamacpp import LlamaCppSettings
    from daemon.models.reference import cache_folder

    return LlamaCppSettings(
        context_tokens=config.engine.context_tokens,
        threads=config.engine.threads,
        gpu_layers=config.engine.gpu_layers,
        prefix_folder=cache_folder() / "rules",
    )


def _identity(config: Config, adapter: Adapter | None, engine: str) -> ModelIdentity:
    base = config.engine.model
    if adapter is None:
        return ModelIdentity(model_name(base), base, engine)
    return ModelIdentity(adapter.name, base, engine, adapter.method, adapter.habits)


def _dequantised(model: Path) -> Path:
    """The Hugging Face folder of a GGUF file. ``training`` makes it, in a process of its own, and keeps it."""
    from daemon.models.reference import cache_folder

    program = (
        "import sys; from pathlib import Path; from training.model.dequantise import dequantised; "
        "print(dequantised(Path(sys.argv[1]), Path(sys.argv[2])))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(model), str(cache_folder())], capture_output=True, text=True
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [tr("no reason given")])[-1]
        raise ModelMissing(
            tr("{model}: cannot be dequantised ({reason})", model=model, reason=reason),
            tr('Use engine.kind = "llamacpp" for it.'),
        )
    return Path(done.stdout.strip().splitlines()[-1])


def engine_kind(config: Config) -> str:
    """The engine that ``kind = "auto"`` stands for on this machine, or the configured one.

    "auto" is ``transformers`` where the model is not a GGUF file, a CUDA GPU with 6 GB or more is there and Unsloth is
    installed; else ``llamacpp``.
    """
    if config.engine.kind != "auto":
        return config.engine.kind
    if config.engine.model.lower().endswith(".gguf") or not find_spec("torch") or not find_spec("unsloth"):
        return "llamacpp"
    from daemon.system.hardware import choose, probe

    return "transformers" if choose(probe(), has_gpu_extra=True).kind == "transformers" else "llamacpp"


def adapter_in_use(config: Config) -> Adapter | None:
    """The adapter that ``engine.adapter`` names: the champion, none, or a folder or file; raises ``ModelMissing``."""
    wanted = config.engine.adapter
    registered = bool(config.engine.server_lora_folder) and wanted == "auto"
    if wanted == "none" or (config.engine.kind == "server" and not registered):
        return None
    if wanted == "auto":
        from daemon.versions.champion import active_adapter

        version = active_adapter(config)
        if version and registered and config.engine.kind == "server" and version.path.parent != models_folder(config):
            return None  # the one that ships is registered nowhere
        meta = version.meta if version else None
        return Adapter(version.name, Path(version.path), meta.method, meta.habits) if version and meta else None
    path = Path(wanted).expanduser()
    if not path.exists():
        raise ModelMissing(
            tr("engine.adapter: {path} does not exist", path=path),
            tr('Name a folder or a GGUF file, "auto" or "none".'),
        )
    return Adapter(path.stem, path) if path.is_file() else Adapter(path.name, path, method_of(path), habits_of(path))


def model_name(reference: str) -> str:
    """The short name of a model reference: "starter", a file's stem, the last part of a hub id."""
    last = reference.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return last.removesuffix(".gguf") or reference
