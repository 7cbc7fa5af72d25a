"""A vLLM of one's own for a measurement: started on 127.0.0.1, killed with all its processes, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

VLLM = ("-m", "vllm.entrypoints.cli.main", "serve")
LOOK_SECONDS = 0.5
QUIET = {
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_HOST_IP": "127.0.0.1",
}
"""Adapters may be loaded while it runs; nothing is asked of, or told to, the network."""


class ServerFailed(RuntimeError):
    """It does not start; the message has the end of its log."""


@dataclass
class VllmServer:
    """``words``: the program and its first arguments. ``packages``: PYTHONPATH of the server alone ("" none), since its
    packages need not be those of nippo. ``extra``: further arguments. The log of each start lies in ``folder``."""

    words: Sequence[str]
    model: Path
    port: int
    folder: Path
    key: str
    packages: str = ""
    max_loras: int = 4
    extra: Sequence[str] = ()
    starts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def argv(self) -> list[str]:
        """What is started. ``--generation-config vllm``: the model's own defaults, such as a penalty for repetition,
        would change what nippo asks for."""
        return [
            *self.words,
            str(self.model),
            *("--served-model-name", "base", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--max-model-len", "8192", "--generation-config", "vllm", "--enable-prefix-caching"),
            *("--enable-lora", "--max-lora-rank", "16", "--max-loras", str(self.max_loras)),
            *("--max-cpu-loras", str(2 * self.max_loras)),
            *self.extra,
        ]

    def start(self, limit: float) -> float:
        """Start it and wait until it answers; return the seconds. Raises ``ServerFailed``."""
        self.starts += 1
        log = self.folder / f"server-{self.starts}.log"
        environment = {**os.environ, **QUIET, "VLLM_API_KEY": self.key}
        if self.packages:
            environment["PYTHONPATH"] = self.packages
        began = time.monotonic()
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                self.argv(),
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.folder,  # not the source tree, whose folders are importable there
                start_new_session=True,
            )
        while time.monotonic() - began < limit:
            if self.process.poll() is not None:
                raise ServerFailed(f"the server ended ({self.process.returncode}):\n{_end(log)}")
            if self.answers():
                return round(time.monotonic() - began, 1)
            time.sleep(LOOK_SECONDS)
        self.kill()
        raise ServerFailed(f"the server does not answer after {limit:g} s:\n{_end(log)}")

    def answers(self) -> bool:
        """Whether it lists its models."""
        request = urllib.request.Request(f"{self.url}/models", headers={"Authorization": f"Bearer {self.key}"})
        try:
            with urllib.request.urlopen(request, timeout=2.0) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """SIGKILL to it and to all that it started; returns when it is gone."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def _end(log: Path, lines: int = 40) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
