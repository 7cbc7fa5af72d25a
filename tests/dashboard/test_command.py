"""``nippo dashboard`` starts a server for this machine alone and ends it with itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import scene

from daemon.commands.dashboard import app_file, arguments


def test_the_server_is_told_to_stay_at_home_and_to_send_nothing() -> None:
    options = arguments(app_file(), 8765)
    for wanted in (
        "--server.address=127.0.0.1",
        "--server.port=8765",
        "--browser.gatherUsageStats=false",
        "--server.allowedHosts=127.0.0.1",
        "--client.showErrorLinks=false",
    ):
        assert wanted in options
    assert not any("fonts.g" in option or "http" in option for option in options)


def test_the_command_listens_on_loopback_only_and_ends_its_server(tmp_path: Path) -> None:
    config = scene.settings_file(tmp_path, scene.make_vault(tmp_path))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["dashboard", "--config", str(config.file), "--port", str(port), "--no-open"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT")}
    with subprocess.Popen([sys.executable, "-m", "daemon.cli", *words], env=environment) as process:
        try:
            end = time.monotonic() + 60
            children: list[psutil.Process] = []
            listening: list[str] = []
            while not listening and time.monotonic() < end:
                time.sleep(0.2)
                children = psutil.Process(process.pid).children(recursive=True)
                found = [each for child in children for each in child.net_connections("inet")]
                listening = [each.laddr.ip for each in found if each.status == psutil.CONN_LISTEN]
            assert listening == ["127.0.0.1"]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert not any(child.is_running() for child in children)
