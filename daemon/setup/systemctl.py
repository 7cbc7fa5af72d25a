"""systemd's own tools as a thin shell: one function per question or order.

Every function takes ``system``: True speaks to the machine's service manager, False to the user's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from daemon.errors import NippoError, UsageError
from daemon.words import tr

STATUS_KEYS = (
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "StatusText",
    "MainPID",
    "NRestarts",
    "ActiveEnterTimestamp",
    "MemoryCurrent",
    "Result",
    "FragmentPath",
)


def available() -> bool:
    """Whether systemd runs this machine (sd_booted(3): the folder exists exactly then)."""
    return sys.platform == "linux" and Path("/run/systemd/system").is_dir() and shutil.which("systemctl") is not None


def require() -> None:
    """Raise ``UsageError`` where there is no systemd."""
    if not available():
        raise UsageError(
            tr("systemd does not run this machine"),
            tr("See docs/install.md: launchd on macOS, Task Scheduler on Windows, Docker elsewhere."),
        )


def version() -> int:
    """The major version of systemd, such as 252."""
    words = _run(["systemctl", "--version"]).split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0


def unit_file(name: str, system: bool) -> Path:
    """Where the unit is written."""
    if system:
        return Path("/etc/systemd/system") / f"{name}.service"
    config_home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config_home) / "systemd" / "user" / f"{name}.service"


def control(*arguments: str, system: bool) -> str:
    """Run ``systemctl`` and return its output. Raises ``NippoError`` with what it said."""
    return _run(_base("systemctl", system) + list(arguments))


def show(name: str, system: bool) -> dict[str, str]:
    """The unit's properties of ``STATUS_KEYS``; "LoadState" is "not-found" for an unknown unit."""
    output = control("show", f"{name}.service", "--property", ",".join(STATUS_KEYS), system=system)
    pairs = (line.partition("=") for line in output.splitlines())
    return {key: value for key, _, value in pairs}


def logs_command(name: str, system: bool, lines: int, follow: bool) -> list[str]:
    """The argv of ``journalctl`` for a unit."""
    command = ["journalctl", *([] if system else ["--user"]), "--unit", f"{name}.service", "--lines", str(lines)]
    return command + (["--follow"] if follow else ["--no-pager"])


def lingers(user: str) -> bool | None:
    """Whether the user's services run without a session; None where logind does not say."""
    try:
        return _run(["loginctl", "show-user", user, "--property=Linger", "--value"]).strip() == "yes"
    except NippoError:
        # logind only knows users who are logged in; the mark it leaves on the disk says the same.
        state = Path("/var/lib/systemd")
        return (state / "linger" / user).exists() if state.is_dir() else None


def _base(tool: str, system: bool) -> list[str]:
    return [tool] if system else [tool, "--user"]


def _run(command: list[str]) -> str:
    # LC_ALL: the answers are read by us, not shown.
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=400,
            env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""},
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NippoError(
            tr("{command} could not be run ({problem})", command=command[0], problem=problem),
            tr("Is systemd installed and running?"),
        ) from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise NippoError(tr("`{command}` failed: {said}", command=" ".join(command), said=said), _next_step(said))
    return done.stdout


def _next_step(said: str) -> str:
    if "connect to bus" in said or "No medium found" in said:
        return tr("Log in as that user (not by su or sudo), or run `loginctl enable-linger` first.")
    if "Access denied" in said or "authentication" in said.lower():
        return tr("Use sudo for a system service.")
    return tr("Ask `nippo service logs` for more.")
