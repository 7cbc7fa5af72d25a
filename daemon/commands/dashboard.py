"""``nippo dashboard``: starts the review page, a Streamlit server on this machine alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Annotated

import typer

from daemon.config import load
from daemon.errors import UsageError
from daemon.options import ConfigFile
from daemon.system.extras import adding

ADDRESS = "127.0.0.1"
FIXED_OPTIONS: dict[str, str] = {
    "server.address": ADDRESS,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "browser.serverAddress": ADDRESS,
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "type",
    "client.showErrorLinks": "false",
    "theme.base": "light",
    "theme.primaryColor": "#2f6690",
    "theme.font": "system-ui, 'Hiragino Sans', 'Noto Sans CJK JP', 'Yu Gothic UI', Meiryo, sans-serif",
    "theme.codeFont": "ui-monospace, 'Noto Sans Mono CJK JP', Menlo, Consolas, monospace",
}
"""Streamlit's settings; on the command line they win over the user's own files. Fonts are those of the machine."""


def register(app: typer.Typer) -> None:
    app.command("dashboard")(dashboard)


def dashboard(
    config: ConfigFile = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Another port than the settings'.")] = None,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open the review page in the browser. It listens on 127.0.0.1 only; Ctrl-C ends it."""
    settings = load(config)
    number = port or settings.dashboard.port
    environment = dict(os.environ)
    if settings.file:
        environment["NIPPO_CONFIG"] = str(settings.file)
    address = f"http://{ADDRESS}:{number}"
    typer.echo(f"The page is at {address} (Ctrl-C ends it).")
    process = subprocess.Popen(arguments(app_file(), number), env=environment)
    if show:
        opener = Timer(2.0, webbrowser.open, [address])
        opener.daemon = True
        opener.start()
    raise typer.Exit(_wait(process))


def app_file() -> Path:
    """The file that Streamlit runs. Raises ``UsageError`` where the extra is not installed."""
    found = find_spec("dashboard")
    if find_spec("streamlit") is None or found is None or not found.submodule_search_locations:
        raise UsageError("The review page is not installed.", f"Install it with `{adding('dashboard')}`.")
    return Path(found.submodule_search_locations[0]) / "app.py"


def arguments(app: Path, port: int) -> list[str]:
    """The command line of the server. Pure."""
    options = {**FIXED_OPTIONS, "server.port": str(port), "browser.serverPort": str(port)}
    flags = [f"--{name}={value}" for name, value in options.items()]
    # Another name in the Host header is another site's script reaching in (DNS rebinding).
    flags += [f"--server.allowedHosts={host}" for host in (ADDRESS, "localhost")]
    return [sys.executable, "-P", "-m", "streamlit", "run", str(app), *flags]


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for the server; end it when this process is told to end. 0 after an end that was asked for."""
    asked = False

    def end(_number: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        process.terminate()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, end)
    code = process.wait()
    return 0 if asked else code
