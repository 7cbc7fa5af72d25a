"""How more packages are added to this very installation: nippo is on no index, and lies in one of several ways."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

MARKS = {"starter": "xllamacpp", "dashboard": "streamlit", "train": "trl", "gpu": "unsloth", "docx": "docx"}
"""Extra of pyproject.toml → a package that only it brings: who sees the package has the extra."""


def lacking(extras: Iterable[str]) -> list[str]:
    """Which of these extras are not installed here. Looks for them without importing anything."""
    return [name for name in extras if find_spec(MARKS[name]) is None]


def adding(*extras: str) -> str:
    """The command that adds the packages of ``extras`` here, to be typed in any folder: ``uv tool install …`` or ``pipx
    install …`` where that made the environment (both make it anew, so what is there already is named again), else pip
    of this Python."""
    prefix = Path(sys.prefix)
    everything = [*sorted(set(MARKS) - set(lacking(MARKS)) - set(extras)), *extras]
    if (prefix / "uv-receipt.toml").is_file():
        # PyTorch for what the machine has: without an NVIDIA card the CPU build, a tenth of the size.
        torch = "--torch-backend auto " if {"train", "gpu"} & set(everything) else ""
        return f"uv tool install --force {torch}{quoted(everything)}"
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx install --force {quoted(everything)}"
    return f"{shlex.quote(sys.executable)} -m pip install {quoted(list(extras))}"


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
