"""``nippo dashboard`` starts a server for this machine alone, tells its user alone the secret, ends it with itself."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import pytest
import scene

from daemon.commands.dashboard import _tell_when_ready, arguments, server_file
from daemon.config import Config
from daemon.system.processes import listens

SECRET = re.compile(r"http://127\.0\.0\.1:\d+/\?token=([\w-]{43})")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@contextmanager
def command(config: Config, port: int, *options: str, stdout: int, **more: str) -> Iterator[psutil.Popen]:
    words = ["dashboard", "--config", str(config.file), "--port", str(port), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT")} | more
    argv = [sys.executable, "-m", "daemon.cli", *words]
    with psutil.Popen(argv, env=environment, stdout=stdout, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return scene.settings_file(tmp_path, scene.make_vault(tmp_path))


def test_the_server_is_told_to_stay_at_home_and_to_send_nothing() -> None:
    options = arguments(server_file(), 8765)
    for wanted in (
        "--server.address=127.0.0.1",
        "--server.port=8765",
        "--browser.gatherUsageStats=false",
        "--server.allowedHosts=127.0.0.1",
        "--client.showErrorLinks=false",
    ):
        assert wanted in options
    assert not any("fonts.g" in option or "http" in option for option in options)


def test_the_secret_reaches_the_browser_and_nobody_else(config: Config, tmp_path: Path) -> None:
    """Output that is no terminal may be a log, and everybody reads command lines: both name only a private file."""
    opened, log = tmp_path / "opened", tmp_path / "output.log"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {opened}\n', encoding="utf-8")
    browser.chmod(0o755)
    port = free_port()
    with log.open("wb") as output, command(config, port, stdout=output.fileno(), BROWSER=str(browser)) as process:
        until(lambda: opened.exists() and opened.read_text(encoding="utf-8").strip())
        address = opened.read_text(encoding="utf-8").strip()
        file = Path(unquote(urlsplit(address).path))
        assert address.startswith("file://") and file == config.data_path / f"page-{port}.html"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        found = SECRET.search(file.read_text(encoding="utf-8"))
        assert found
        children = psutil.Process(process.pid).children(recursive=True)
        listening = [each for child in children for each in child.net_connections("inet")]
        assert {each.laddr.ip for each in listening if each.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
        assert not any(found[1] in word for each in [process, *children] for word in each.cmdline())
        said = log.read_text(encoding="utf-8")
        assert file.as_uri() in said and found[1] not in said
    assert not file.exists()
    assert not any(child.is_running() for child in children)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and found[1].encode() in path.read_bytes()]
    assert kept == []


def test_a_terminal_is_told_another_secret_at_each_start(config: Config) -> None:
    pty = pytest.importorskip("pty")
    told = []
    for _ in range(2):
        outer, inner = pty.openpty()
        with command(config, free_port(), "--no-open", stdout=inner):
            os.close(inner)
            said = ""
            while not SECRET.search(said):
                said += os.read(outer, 4096).decode()
        os.close(outer)
        told += SECRET.findall(said)
    assert len(set(told)) == 2


def test_a_command_that_is_killed_leaves_no_open_page(config: Config) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a child of its parent's death")
    port = free_port()
    words = ["dashboard", "--config", str(config.file), "--port", str(port), "--no-open"]
    with psutil.Popen([sys.executable, "-m", "daemon.cli", *words], stdout=subprocess.DEVNULL) as process:
        until(lambda: listens(process.pid, port))
        children = process.children(recursive=True)
        process.kill()
    assert psutil.wait_procs(children, timeout=20)[1] == []


def test_a_data_folder_that_cannot_be_used_is_told(config: Config) -> None:
    config.data_path.write_text("a file is in the way", encoding="utf-8")
    words = ["dashboard", "--config", str(config.file), "--no-open"]
    done = subprocess.run([sys.executable, "-m", "daemon.cli", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "the data folder cannot be used" in done.stderr and "Traceback" not in done.stderr


def test_a_port_that_somebody_has_is_told(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as thief:
        words = ["dashboard", "--config", str(config.file), "--port", str(thief.getsockname()[1]), "--no-open"]
        done = subprocess.run([sys.executable, "-m", "daemon.cli", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "--port" in done.stderr and "Traceback" not in done.stderr
    assert "The page is at" not in done.stdout


def test_whoever_takes_the_port_before_the_server_is_told_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    with socket.create_server(("127.0.0.1", 0)) as thief:
        server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"])
        _tell_when_ready(server, thief.getsockname()[1], "http://secret", tmp_path / "page.html", True)
        thief.setblocking(False)
        with pytest.raises(BlockingIOError):
            thief.accept()
    assert server.poll() == 0 and opened == [] and capsys.readouterr().out == ""
