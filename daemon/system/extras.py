"""How more packages are added to this very installation: nippo is on no index, and lies in one of several ways."""

from __future__ import annotations

import json
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

MARKS = {"starter": "xllamacpp", "dashboard": "streamlit", "train": "trl", "gpu": "unsloth"}
"""Extra of pyproject.toml → a package that only it brings: who sees the package has the extra."""


def adding(extra: str) -> str:
    """The command that adds the packages of ``extra`` here, to be typed in any folder: ``uv tool install …`` or ``pipx
    install …`` where that made the environment (both make it anew, so what is there already is named again), else pip
    of this Python."""
    prefix = Path(sys.prefix)
    present = [name for name, package in MARKS.items() if name != extra and find_spec(package) is not None]
    for receipt, words in (
        ("uv-receipt.toml", "uv tool install --force"),
        ("pipx_metadata.json", "pipx install --force"),
    ):
        if (prefix / receipt).is_file():
            return f"{words} {quoted([*present, extra])}"
    return f"{shlex.quote(sys.executable)} -m pip install {quoted([extra])}"


def quoted(extras: list[str]) -> str:
    """``"SOURCE[extras]"`` for a shell: the folder or address that nippo was installed from (PEP 610)."""
    named = f"nippo[{','.join(extras)}]"
    source = installed_from()
    if source.startswith("git+"):
        return f'"{named} @ {source}"'
    return f'"{source}[{",".join(extras)}]"' if source else f'"{named}"'


def installed_from() -> str:
    """The folder, the wheel or the ``git+…`` address of this installation; "" where an index gave it."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        record = json.loads(distribution("nippo").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError, OSError):
        record = {}
    url = str(record.get("url", ""))
    if url.startswith("file:"):
        return url2pathname(unquote(urlsplit(url).path))
    vcs = record.get("vcs_info")
    return f"{vcs.get('vcs', 'git')}+{url}" if url and isinstance(vcs, dict) else url
