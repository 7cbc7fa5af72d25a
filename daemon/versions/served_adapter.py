"""The champion on a server that takes LoRA adapters while it runs, as vLLM does (docs/serving.md).

The server must see the versions folder: ``engine.server_lora_folder`` names it as the server does. Nothing is sent but
a name and a path, only to ``engine.server_url``, and never in the clear to a public address.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from daemon.config import Config
from daemon.errors import ConfigError, EngineError, NippoError, ServerAway
from daemon.system.addresses import is_loopback, is_private
from daemon.versions.artifact import META, Version, list_versions, models_folder
from daemon.versions.champion import active_adapter
from daemon.words import tr

if TYPE_CHECKING:
    import httpx

LOAD_SECONDS, CONNECT_SECONDS = 60.0, 5.0


@dataclass(frozen=True)
class ServedAdapter:
    """``version``: the name that reports carry; ``name``: the server's, with the version's digest in it, so that two
    versions of one name are two models there; ``path``: the folder as the server sees it; ``others``: own names that
    make room; ``method``: how it was trained to write; ``habits``: what it knows its person's days by."""

    version: str
    name: str
    path: str
    others: frozenset[str] = frozenset()
    method: str = "whole"
    habits: str = ""


def served_adapter(config: Config) -> ServedAdapter | None:
    """The champion for the server; None where that is off, or where no version of this data folder is in use.

    Raises ``ConfigError`` for an address that must not be used, ``ModelMissing`` for a champion that is damaged.
    """
    folder = config.engine.server_lora_folder.rstrip("/")
    if config.engine.kind != "server" or not folder or config.engine.adapter != "auto":
        return None
    refuse_public(config.engine.server_url)
    version = active_adapter(config)
    if version is None or version.path.parent != models_folder(config):
        return None
    own = {served_name(each) for each in list_versions(config)[0]}
    name = served_name(version)
    meta, others = version.meta, frozenset(own - {name})
    return ServedAdapter(version.name, name, f"{folder}/{version.name}", others, meta.method, meta.habits)


def served_name(version: Version) -> str:
    """ "nippo-v0.1-1a2b3c4d": the version and the first 8 digits of its digest."""
    sealed = json.loads((version.path / META).read_text(encoding="utf-8"))["digest"]
    return f"nippo-{version.name}-{sealed[:8]}"


def register(client: httpx.Client, url: str, adapter: ServedAdapter) -> None:
    """Load the adapter unless it is there, then unload this daemon's others; raises ``EngineError``."""
    import httpx

    wait = httpx.Timeout(LOAD_SECONDS, connect=CONNECT_SECONDS)
    try:
        there = _models(client, url, wait)
        if adapter.name not in there:
            body = {"lora_name": adapter.name, "lora_path": adapter.path}
            answer = client.post(f"{url}/load_lora_adapter", json=body, timeout=wait)
            # Somebody else may have loaded it in between, which vLLM answers with 400.
            if answer.status_code != httpx.codes.OK and adapter.name not in _models(client, url, wait):
                raise _refused(url, adapter, answer.status_code)
        for name in sorted(there & adapter.others):
            client.post(f"{url}/unload_lora_adapter", json={"lora_name": name}, timeout=wait)
    except httpx.HTTPError as problem:
        raise ServerAway(
            tr(
                "{version} could not be registered: no answer from {url} ({kind})",
                version=adapter.version,
                url=url,
                kind=type(problem).__name__,
            ),
            tr("Start the server; the next report registers it."),
        ) from None


def announce(config: Config) -> str:
    """Register the champion now; return what went wrong, "" for nothing. A promotion never fails by this."""
    import httpx

    try:
        adapter = served_adapter(config)
        if adapter is None:
            return ""
        key = os.environ.get(config.engine.server_api_key_env, "") if config.engine.server_api_key_env else ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = config.engine.server_url.rstrip("/")
        with httpx.Client(headers=headers, trust_env=not is_loopback(url), follow_redirects=False) as client:
            register(client, url, adapter)
    except NippoError as problem:
        return str(problem)
    except OSError as problem:
        return tr("the champion is not registered with the server yet ({why})", why=problem.strerror)
    return ""


def refuse_public(url: str) -> None:
    """Raise ``ConfigError`` for plain http to an address that is neither this machine's nor a private network's."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_private(parts.hostname or ""):
        raise ConfigError(
            tr("`engine.server_lora_folder`: {url!r} is a public address without encryption", url=url),
            tr("Use https, or an address of this machine or of your own network."),
        )


def _models(client: httpx.Client, url: str, wait: httpx.Timeout) -> frozenset[str]:
    answer = client.get(f"{url}/models", timeout=wait)
    try:
        if answer.status_code == 200:
            return frozenset(str(entry["id"]) for entry in answer.json()["data"])
    except (ValueError, KeyError, TypeError):
        pass
    raise EngineError(
        tr("{url}/models answered {status_code}, without models", url=url, status_code=answer.status_code),
        tr("Check the address and the key."),
    )


def _refused(url: str, adapter: ServedAdapter, status: int) -> EngineError:
    steps = {
        404: tr("Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True."),
        400: tr(
            "Look whether the server sees {path}, and whether --max-lora-rank is as large as training.rank.",
            path=adapter.path,
        ),
    }
    return EngineError(
        tr("the server at {url} did not take {version} ({status})", url=url, version=adapter.version, status=status),
        steps.get(status, "Look at the server's log."),
    )
