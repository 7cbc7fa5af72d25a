"""``nippo dashboard``: starts the review page, a Streamlit server on this machine alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from daemon.config import load
from daemon.errors import UsageError
from daemon.options import ConfigFile
from daemon.system.extras import adding
from daemon.system.page_secret import VARIABLE, leading_page, new_secret, with_secret
from daemon.system.parent_death import die_with_parent
from daemon.system.processes import listens
from daemon.words import tr

ADDRESS = "127.0.0.1"
LOOK_SECONDS = 0.2
FIXED_OPTIONS: dict[str, str] = {
    "server.address": ADDRESS,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "browser.serverAddress": ADDRESS,
    "browser.gatherUsageStats": "false",
    "logger.hideWelcomeMessage": "true",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "type",
    "client.showErrorLinks": "false",
}
"""Streamlit's settings; on the command line they win over the user's own files."""


def register(app: typer.Typer) -> None:
    app.command("dashboard")(dashboard)


def dashboard(
    config: ConfigFile = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Another port than the settings'.")] = None,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open the review page in the browser. It listens on 127.0.0.1 only, behind a secret; Ctrl-C ends it."""
    settings = load(config)
    number = port or settings.dashboard.port
    environment = dict(os.environ)
    if settings.file:
        environment["NIPPO_CONFIG"] = str(settings.file)
    environment["NIPPO_LANG"] = "ja"  # errors that the page shows speak as the page does
    _require_free(number)
    environment[VARIABLE] = secret = new_secret()
    address = with_secret(f"http://{ADDRESS}:{number}", secret)
    with leading_page(settings.data_path, f"page-{number}.html", address) as leading:
        # A command that is killed must leave no open page behind.
        last_will = die_with_parent if sys.platform.startswith("linux") else None
        process = subprocess.Popen(arguments(server_file(), number), env=environment, preexec_fn=last_will)
        told = (address, leading, show)
        Thread(target=_tell_when_ready, args=(process, number, *told), name="nippo-page-ready", daemon=True).start()
        code = _wait(process)
    raise typer.Exit(code)


def server_file() -> Path:
    """The file that Streamlit runs. Raises ``UsageError`` where the extra is not installed."""
    found = find_spec("dashboard")
    if find_spec("streamlit") is None or found is None or not found.submodule_search_locations:
        raise UsageError(
            tr("The review page is not installed."), tr("Install it with `{adding}`.", adding=adding("dashboard"))
        )
    return Path(found.submodule_search_locations[0]) / "server.py"


def arguments(server: Path, port: int) -> list[str]:
    """The command line of the server. Pure."""
    theme = str(server.with_name("theme.toml"))
    options = {**FIXED_OPTIONS, "theme.base": theme, "server.port": str(port), "browser.serverPort": str(port)}
    flags = [f"--{name}={value}" for name, value in options.items()]
    # Another name in the Host header is another site's script reaching in (DNS rebinding).
    flags += [f"--server.allowedHosts={host}" for host in (ADDRESS, "localhost")]
    return [sys.executable, "-P", "-m", "streamlit", "run", str(server), *flags]


def _require_free(port: int) -> None:
    """Another user's page may be there on the same port."""
    with socket.socket() as trial:
        if os.name == "posix":  # a port that was in use a minute ago is free; on Windows the option takes used ones too
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((ADDRESS, port))
        except OSError as problem:
            raise UsageError(
                tr("port {port} of {address} cannot be used ({why})", port=port, address=ADDRESS, why=problem.strerror),
                tr("Another program or user has it: name another with --port, or port in [dashboard] of config.toml."),
            ) from None


def _tell_when_ready(process: subprocess.Popen[bytes], port: int, address: str, leading: Path, show: bool) -> None:
    """Print and open the address once the server itself listens there: never to somebody else who took its port. Only a
    terminal is told the secret, since other output ends in a log; and the browser gets a file's name, because its
    command line can be read by everybody."""
    while not listens(process.pid, port):
        if process.poll() is not None:
            return
        time.sleep(LOOK_SECONDS)
    typer.echo(tr("The page is at {what} (Ctrl-C ends it).", what=address if sys.stdout.isatty() else leading.as_uri()))
    if show:
        webbrowser.open(leading.as_uri())


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
