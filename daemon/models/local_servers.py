"""Programs on this machine that already serve a model: Ollama, LM Studio and llama-server at their usual ports.

Guarantees: nothing is asked but addresses of this machine, no redirect is followed, no proxy is used, no text is sent;
whatever listens there instead, however long or odd its answer, is passed over within seconds. What runs elsewhere
through a program here (Ollama's cloud models) is marked and never taken for local; a port that another person of this
machine holds is not asked, where Linux tells.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.system.peers import listener
from daemon.words import marked

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS, READ_SECONDS, MOST_SECONDS = 0.5, 3.0, 6.0
MOST_BYTES = 4 * 2**20
MOST_MODELS = 100
ELSEWHERE = re.compile(r"[:-]cloud$")
"""Names that Ollama gives to models which it passes on to its maker's machines."""
FIRST_PERSON = 1000
"""The lowest user id that Linux gives to people; below are services, such as Ollama's own user."""
NO_WRITERS = re.compile(r"embed|rerank|whisper|\bbge\b|clip\b|(?:^|[-_/])tts", re.I)
PLAIN = {"Accept-Encoding": "identity"}
"""What is small on the way may be huge once it is unpacked."""
NO_TYPES = ("embeddings", "embedding", "stt", "tts")

Ask = Callable[[str], dict[str, Any]]
"""Given a path, return the JSON object there; an empty one where there is none."""


@dataclass(frozen=True)
class LocalModel:
    """A model that a program here serves: its name there, parameters in billions and bytes of its weights (0: unknown),
    its quantisation as the program calls it, and whether another machine runs it."""

    name: str
    parameters: float = 0.0
    size: int = 0
    quantisation: str = ""
    elsewhere: bool = False


@dataclass(frozen=True)
class LocalServer:
    """A program that answered: what it is, its address for ``engine.server_url``, its models as it lists them.
    ``trouble`` says why there are none to see."""

    kind: str
    url: str
    models: tuple[LocalModel, ...] = ()
    trouble: str = ""


def look(ports: Sequence[tuple[str, int]] | None = None) -> list[LocalServer]:
    """Ask the three ports of this machine (or the given ones) and return who answered, in that order."""
    wanted = [(kind, port) for kind, (port, _) in PLACES.items()] if ports is None else list(ports)
    with ThreadPoolExecutor(max(len(wanted), 1)) as pool:
        found = pool.map(lambda one: _at_port(*one), wanted)
        return [server for server in found if server is not None]


def _at_port(kind: str, port: int) -> LocalServer | None:
    import httpx

    root = f"http://127.0.0.1:{port}"
    owner = listener(port)
    if hasattr(os, "getuid") and owner is not None and owner >= FIRST_PERSON and owner != os.getuid():
        return LocalServer(kind, f"{root}/v1", trouble=marked("belongs to another user of this machine"))
    until = time.monotonic() + MOST_SECONDS
    refused: list[int] = []
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False, headers=PLAIN) as client:

            def ask(path: str) -> dict[str, Any]:
                status, value = _answer(client, f"{root}/{path}", until)
                refused.extend([status] if status in (401, 403) else [])
                return value

            models = PLACES[kind][1](ask)
    except httpx.HTTPError:
        return None
    url = f"{root}/v1"
    if models is None:
        return LocalServer(kind, url, trouble=marked("asks for a key")) if refused else None
    return LocalServer(kind, url, tuple(models[:MOST_MODELS]))


def _answer(client: httpx.Client, address: str, until: float) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer; an empty object for anything else, for too long an answer and a slow one."""
    import httpx

    body = bytearray()
    with client.stream("GET", address) as answer:
        if answer.status_code != httpx.codes.OK:
            return answer.status_code, {}
        for block in answer.iter_raw(65536):
            body += block
            if len(body) > MOST_BYTES or time.monotonic() > until:
                return answer.status_code, {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return answer.status_code, {}
    return answer.status_code, value if isinstance(value, dict) else {}


def _ollama(ask: Ask) -> list[LocalModel] | None:
    if not isinstance(ask("api/version").get("version"), str):
        return None
    found = []
    for entry in _entries(ask("api/tags").get("models")):
        name, details = _text(entry.get("name")), entry.get("details")
        details = details if isinstance(details, dict) else {}
        if not name or _text(details.get("family")) in ("bert", "nomic-bert") or NO_WRITERS.search(name):
            continue
        elsewhere = bool(entry.get("remote_host") or entry.get("remote_model") or ELSEWHERE.search(name))
        parameters = billions(_text(details.get("parameter_size"))) or billions(name)
        size = 0 if elsewhere else _number(entry.get("size"))
        found.append(LocalModel(name, parameters, size, _text(details.get("quantization_level")), elsewhere))
    return found


def _lm_studio(ask: Ask) -> list[LocalModel] | None:
    own = ask("api/v0/models").get("data")
    if not isinstance(own, list):  # before 0.3.6
        listed = _entries(ask("v1/models").get("data"))
        if not any(str(entry.get("owned_by")).startswith("organization") for entry in listed):
            return None
        own = listed
    return [
        LocalModel(name, billions(name), 0, _text(entry.get("quantization")))
        for entry in _entries(own)
        if (name := _text(entry.get("id"))) and entry.get("type") not in NO_TYPES and not NO_WRITERS.search(name)
    ]


def _llama_server(ask: Ask) -> list[LocalModel] | None:
    listed = [entry for entry in _entries(ask("v1/models").get("data")) if entry.get("owned_by") == "llamacpp"]
    if not listed:
        return None
    file = _text(ask("props").get("model_path")).replace("\\", "/").rpartition("/")[2]
    found = []
    for entry in listed:
        meta = entry.get("meta") if isinstance(entry.get("meta"), dict) else {}
        name, told = _text(entry.get("id")), _number((meta or {}).get("n_params")) / 1e9
        quantisation = re.search(r"(?i)\b(i?q\d\w*|f16|bf16|f32|mxfp4)\b", f"{name} {file}".replace("-", " "))
        parameters = round(told, 1) or billions(name) or billions(file)
        found.append(
            LocalModel(name, parameters, _number((meta or {}).get("size")), quantisation[1] if quantisation else "")
        )
    return found


PLACES: dict[str, tuple[int, Callable[[Ask], list[LocalModel] | None]]] = {
    "Ollama": (11434, _ollama),
    "LM Studio": (1234, _lm_studio),
    "llama-server": (8080, _llama_server),
}
"""Program → its usual port, and what reads its lists: None where another program answers."""


def billions(text: str) -> float:
    """The parameters that a model's name or a program's word tells, in billions: 8.2 for "8.2B", 0.27 for "270M", 30
    for "Qwen3-30B-A3B"; 0 for none."""
    found = re.search(r"(?i)(?<![a-z\d.])(?:e)?(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", text)
    if not found:
        return 0.0
    return float(found[1]) if found[2] in "bB" else float(found[1]) / 1000


def _entries(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    """A short printable text of a program's answer, "" for anything else: it is shown on a terminal."""
    return value if isinstance(value, str) and len(value) <= 300 and value.isprintable() else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 50 else 0
