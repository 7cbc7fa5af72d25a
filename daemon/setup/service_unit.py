"""A systemd unit as text: pure rendering of a template of ``systemd/``.

Given a ``ServicePlan``, ``render`` returns the whole unit file. Nothing here touches the disk except ``template``.
The quoting rules are those of systemd 252's parser (config_parse_exec, config_parse_bind_paths and their sisters):

- a percent sign always begins a specifier, so it is doubled everywhere;
- command lines and ``Environment=`` understand quotes and C escapes, and ``$`` in an argument names a variable;
- path lists understand quotes but take a backslash as it stands, so a double quote cannot be written in them;
- bind paths are split a second time at colons, where a backslash does escape.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from daemon.errors import UsageError
from daemon.system.shipped import PACKAGE
from daemon.words import tr

CACHE = "/var/cache/nippo"
"""``CacheDirectory=nippo`` of a system unit (systemd.exec(5))."""

SINCE = {"RestartSteps": 254, "RestartMaxDelaySec": 254}
"""Directives that an older systemd would report as unknown: name → the first version that knows it."""

HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")
"""Folders that ``ProtectHome=tmpfs`` and ``PrivateTmp=yes`` replace by empty ones; what lies there is bound in."""


@dataclass(frozen=True)
class ServicePlan:
    """All that a unit says. Paths are absolute; ``user`` "" with ``system`` means ``DynamicUser``.

    ``readable`` is what the interpreter, the package and a local model lie in. ``server_url`` is the address of the
    engine ``server`` and "" otherwise: only with it has the service a network. ``key_file`` holds that server's key
    as a line ``NAME=value``. ``language``: what the service's log speaks, "ja" or "en"; "" leaves it to its locale.
    """

    command: tuple[str, ...]
    config: PurePosixPath
    vault: PurePosixPath
    data: PurePosixPath
    name: str = "nippo"
    system: bool = False
    gpu: bool = False
    user: str = ""
    groups: tuple[str, ...] = ()
    device_groups: tuple[str, ...] = ()
    readable: tuple[PurePosixPath, ...] = ()
    cache: PurePosixPath | None = None
    server_url: str = ""
    key_file: PurePosixPath | None = None
    watchdog_seconds: int = 60
    language: str = ""
    systemd_version: int = 252


def template(name: str) -> str:
    """Given "nippo-user", "nippo-system" or "nippo-system-gpu", return the template's text."""
    packaged = PACKAGE / "systemd"
    folder = packaged if packaged.is_dir() else PACKAGE.parent / "systemd"
    return (folder / f"{name}.service").read_text(encoding="utf-8")


def template_name(plan: ServicePlan) -> str:
    """The template that a plan is rendered from."""
    return "nippo-user" if not plan.system else "nippo-system-gpu" if plan.gpu else "nippo-system"


def render(text: str, plan: ServicePlan) -> str:
    """Given a template's text and a plan, return the unit. Raises ``UsageError`` for a path that no unit can hold.

    A placeholder that stands alone on its line is replaced by any number of lines; directives that the installed
    systemd does not know are left out.
    """
    blocks = {
        "@ENVIRONMENT@": _environment(plan),
        "@NETWORK_ORDER@": _network_order(plan),
        "@IDENTITY@": _identity(plan),
        "@STATE@": _state(plan),
        "@PATHS@": _paths(plan),
        "@DEVICE_GROUPS@": [f"SupplementaryGroups={group}" for group in plan.device_groups],
        "@NETWORK@": _network(plan),
    }
    words = {
        "@EXEC_START@": command_line(plan.command),
        "@VAULT_TEXT@": f"({_percent(_plain(plan.vault))})",
        "@VAULT_MOUNT@": path_word(plan.vault),
        "@WATCHDOG@": str(plan.watchdog_seconds),
        "@NAME@": plan.name,
        "@LOG_FIELD@": quoted(f"NIPPO_CONFIG={_plain(plan.config)}"),
        "@UMASK@": "0077" if plan.user or not plan.system else "0007",
    }
    lines: list[str] = []
    for line in text.splitlines():
        if line in blocks:
            lines += blocks[line]
        elif SINCE.get(line.partition("=")[0], 0) <= plan.systemd_version:
            lines.append(line if line.startswith("#") else _fill(line, words))
    return "\n".join(lines) + "\n"


def command_line(command: Iterable[str]) -> str:
    """Given argv, return it for ``ExecStart=``. The program's own path knows no variables, its arguments do."""
    program, *arguments = command
    return " ".join([quoted(program), *(quoted(argument).replace("$", "$$") for argument in arguments)])


def quoted(text: str) -> str:
    """One word for ``ExecStart=``, ``Environment=`` and ``LogExtraFields=``."""
    escaped = _plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_percent(escaped)}"'


def path_word(path: PurePosixPath) -> str:
    """One path for ``ReadWritePaths=``, ``ReadOnlyPaths=`` and ``RequiresMountsFor=``."""
    return f'"{_percent(_without_double_quote(path))}"'


def bind_word(path: PurePosixPath) -> str:
    """One path for ``BindPaths=`` and ``BindReadOnlyPaths=``, bound to the same place."""
    text = _without_double_quote(path).replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\:")
    return f'"{_percent(text)}"'


def is_hidden(path: PurePosixPath) -> bool:
    """Whether the system unit's empty home and temporary folders would hide this path."""
    return any(path.is_relative_to(folder) for folder in HIDDEN)


def _environment(plan: ServicePlan) -> list[str]:
    lines = _variables(plan)
    if plan.key_file:
        # The whole line is the path: no quotes. The dash lets the service start, and say what is missing.
        lines.append(f"EnvironmentFile=-{_percent(_plain(plan.key_file))}")
    return lines


def _variables(plan: ServicePlan) -> list[str]:
    values = {"PYTHONUTF8": "1"}
    if plan.language:  # a service manager often has no locale, or another one
        values["NIPPO_LANG"] = plan.language
    if plan.system:
        cache = "%C/nippo"
        values |= {"NIPPO_CACHE": cache, "XDG_CACHE_HOME": cache, "HF_HOME": f"{cache}/huggingface"}
        if plan.gpu:
            values |= {"TRITON_CACHE_DIR": f"{cache}/triton", "UNSLOTH_COMPILE_LOCATION": f"{cache}/unsloth"}
        if not plan.server_url:
            values["HF_HUB_OFFLINE"] = "1"
        if not plan.user:
            values["NIPPO_DATA__FOLDER"] = "%S/nippo"
        return [f'Environment="{key}={value}"' for key, value in values.items()]
    if plan.cache:
        values["NIPPO_CACHE"] = _plain(plan.cache)
    return [f"Environment={quoted(f'{key}={value}')}" for key, value in values.items()]


def _identity(plan: ServicePlan) -> list[str]:
    """Who runs it: the vault's owner, or a user made up by systemd who is in the vault's group."""
    who = [f"User={plan.user}"] if plan.user else ["DynamicUser=yes"]
    return who + [f"SupplementaryGroups={group}" for group in plan.groups]


def _state(plan: ServicePlan) -> list[str]:
    return [] if plan.user else ["# Database and trained versions.", "StateDirectory=nippo", "StateDirectoryMode=0700"]


def _paths(plan: ServicePlan) -> list[str]:
    """The vault and the data folder to write, the settings and the program to read."""
    writable = [plan.vault] if not plan.user else _outermost([plan.vault, plan.data])
    readable = [path for path in _outermost([_settings(plan.config), *plan.readable]) if is_hidden(path)]
    readable = [path for path in readable if not any(path.is_relative_to(folder) for folder in writable)]
    lines = ["# The vault, where only report notes are written, and the database."]
    lines += [f"BindPaths={bind_word(path)}" for path in writable if is_hidden(path)]
    lines += [f"ReadWritePaths={path_word(path)}" for path in writable]
    if readable:
        lines += ["# The settings, the program and a local model, which lie in hidden folders."]
        lines += [f"BindReadOnlyPaths={bind_word(path)}" for path in readable]
    return lines


def _settings(config: PurePosixPath) -> PurePosixPath:
    """What is bound for the settings: their folder, because an editor that renames over the file would leave a bound
    file as it was for ever. Only a file that lies directly in a home folder is bound alone."""
    homes = (PurePosixPath("/home"), PurePosixPath("/"))
    return config if config.parent.parent in homes else config.parent


def _network_order(plan: ServicePlan) -> list[str]:
    return ["Wants=network-online.target", "After=network-online.target"] if plan.server_url else []


def _network(plan: ServicePlan) -> list[str]:
    if not plan.server_url:
        return [
            "# None: the model runs here. Costs: models are fetched by `nippo fetch`, never from inside the service.",
            "PrivateNetwork=yes",
            "RestrictAddressFamilies=AF_UNIX",
            "IPAddressDeny=any",
        ]
    lines = ['# engine.kind is "server": that address and no listening. Costs: other protocols are closed.']
    lines += ["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "SocketBindDeny=any"]
    host = urlsplit(plan.server_url).hostname or ""
    if host == "localhost" or host.replace(".", "").isdecimal() or ":" in host:
        lines += ["IPAddressDeny=any", f"IPAddressAllow={host}"]
    return lines


def _outermost(paths: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """The paths that lie in no other of them, in order, each once."""
    known = list(dict.fromkeys(paths))
    return [path for path in known if not any(path != other and path.is_relative_to(other) for other in known)]


def _fill(line: str, words: dict[str, str]) -> str:
    for placeholder, word in words.items():
        head, found, tail = line.partition(placeholder)
        if found:
            return head + word + tail
    return line


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _plain(value: object) -> str:
    """The text, unless it has a control character: a unit file is made of lines."""
    text = str(value)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise UsageError(tr("{text!r} has a line break or control character", text=text), tr("Rename that folder."))
    return text


def _without_double_quote(path: PurePosixPath) -> str:
    text = _plain(path)
    if '"' in text:
        raise UsageError(
            tr("{text}: a systemd path list cannot hold a double quote", text=text), tr("Rename that folder.")
        )
    return text
