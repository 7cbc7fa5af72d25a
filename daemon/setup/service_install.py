"""Putting the unit on this machine and taking it away again; the vault and the data are never touched.

``plan`` gathers what ``service_unit.render`` needs from the settings and the machine; ``install`` and ``uninstall`` are
idempotent.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from daemon.config import Config
from daemon.errors import NippoError, UsageError
from daemon.setup import systemctl
from daemon.setup.service_unit import ServicePlan, render, template, template_name
from daemon.system.files import write_atomically
from daemon.system.shipped import PACKAGE
from daemon.words import language, marked, tr


@dataclass(frozen=True)
class Installed:
    """What ``install`` did: the unit's file and whether it was "written", "changed" or already "unchanged"."""

    file: Path
    change: str


def plan(
    config: Config,
    *,
    system: bool = False,
    gpu: bool = False,
    user: str = "",
    dynamic: bool = False,
    name: str = "nippo",
) -> ServicePlan:
    """Given the settings and the options, return the plan. Raises ``UsageError`` for what cannot run as a service.

    A system service runs as ``user``, else as the vault's owner; ``dynamic``, or a vault that belongs to root, asks
    systemd to make up a user, who then needs the rights of the vault's group.
    """
    if config.file is None:
        raise UsageError(tr("there is no config.toml yet"), tr("Make one with `nippo setup`."))
    vault = config.vault_path.absolute()
    if not vault.is_dir():
        raise UsageError(
            tr("{vault}: no such vault folder", vault=vault),
            tr("Correct `vault.path` in config.toml, or run `nippo setup`."),
        )
    owner, group = (vault.owner(), vault.group()) if system else ("", "")
    user = "" if dynamic or not system else user or ("" if owner == "root" else owner)
    if system and not user:
        _require_readable(config.file)
    url = config.engine.server_url if config.engine.kind == "server" else ""
    cache = os.environ.get("NIPPO_CACHE", "")
    return ServicePlan(
        command=(*program(), "run", "--config", str(config.file)),
        config=PurePosixPath(config.file),
        vault=PurePosixPath(vault),
        data=PurePosixPath(config.data_path.absolute()),
        name=name,
        system=system,
        gpu=gpu,
        user=user,
        groups=(group,) if system and not user and group != "root" else (),
        device_groups=device_groups() if gpu else (),
        readable=(*program_folders(), *model_files(config)),
        cache=PurePosixPath(Path(cache).absolute()) if cache and not system else None,
        server_url=url,
        key_file=PurePosixPath(config.file.parent / "nippo.env") if url and config.engine.server_api_key_env else None,
        systemd_version=systemctl.version(),
        language=language(),
    )


def _require_readable(file: Path) -> None:
    """Settings are made for their owner alone, and a user that systemd makes up is another one."""
    if not file.stat().st_mode & stat.S_IROTH:
        raise UsageError(
            tr("{file}: the made-up user of the service may not read it", file=file),
            tr("Let every user read it (chmod o+r '{file}'), or leave --dynamic-user out.", file=file),
        )


def program() -> tuple[str, ...]:
    """The argv that starts nippo: the console script beside the interpreter in use."""
    script = Path(sysconfig.get_path("scripts")) / "nippo"
    if not script.is_file():
        raise UsageError(
            tr("{script}: no such program", script=script),
            tr("Install nippo with pip or uv into the environment in use."),
        )
    return (str(script),)


def program_folders() -> tuple[PurePosixPath, ...]:
    """The folders that the interpreter and the package are loaded from."""
    interpreter = Path(sys.executable).resolve().parents[1]
    package = PACKAGE.resolve().parent
    found = [Path(sys.prefix), Path(sys.base_prefix), interpreter, package]
    return tuple(dict.fromkeys(PurePosixPath(folder) for folder in found))


def model_files(config: Config) -> tuple[PurePosixPath, ...]:
    """The model references that are files or folders of this machine."""
    named = (config.engine.model, config.engine.adapter, config.training.base)
    found = (Path(name).expanduser() for name in named if name)
    return tuple(PurePosixPath(path) for path in found if path.is_absolute() and path.exists())


def device_groups(folder: Path = Path("/dev")) -> tuple[str, ...]:
    """The groups that NVIDIA's device nodes belong to, where not everybody may use them."""
    closed = [node for node in folder.glob("nvidia*") if node.is_char_device() and not node.stat().st_mode & 0o006]
    return tuple(sorted({node.group() for node in closed} - {"root"}))


def unit_text(service: ServicePlan) -> str:
    """The whole unit file."""
    return render(template(template_name(service)), service)


def install(service: ServicePlan) -> Installed:
    """Write, enable and start the unit; a running one is started again only if its text changed."""
    text = unit_text(service)
    file = systemctl.unit_file(service.name, service.system)
    known = file.read_text(encoding="utf-8") if file.is_file() else ""
    unit = f"{service.name}.service"
    if service.system and service.user:
        _make_data_folder(service)
    if known != text:
        _write(file, text)
        systemctl.control("daemon-reload", system=service.system)
    systemctl.control("enable", "--quiet", unit, system=service.system)
    systemctl.control("start" if known == text else "restart", unit, system=service.system)
    return Installed(file, marked("unchanged") if known == text else marked("changed") if known else marked("written"))


def uninstall(name: str, system: bool) -> bool:
    """Stop, disable and remove the unit; return whether there was one. Vault, settings and data stay."""
    file = systemctl.unit_file(name, system)
    if not file.is_file():
        return False
    systemctl.control("disable", "--now", "--quiet", f"{name}.service", system=system)
    file.unlink()
    systemctl.control("daemon-reload", system=system)
    return True


def fetch_from_hub(model: str, folder: Path) -> None:
    """Given a hub id of a model that is no GGUF, fetch it with the hub's own client, which shows its progress."""
    program = "import sys; from huggingface_hub import snapshot_download; snapshot_download(sys.argv[1])"
    environment = {**os.environ, "HF_HOME": str(folder), "HF_HUB_DISABLE_TELEMETRY": "1"}
    if subprocess.run([sys.executable, "-c", program, model], env=environment).returncode:
        raise NippoError(
            tr("{model} could not be fetched", model=model), tr("See above; `--no-download` installs without it.")
        )


def hand_over(folder: Path) -> None:
    """Give what root has put into a folder to the folder's owner, as systemd does when it first makes the folder."""
    owner = folder.stat()
    for path in folder.rglob("*"):
        if path.lstat().st_uid != owner.st_uid:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _make_data_folder(service: ServicePlan) -> None:
    """The data folder must be there before systemd can open it to the service, and belong to its user."""
    folder = Path(service.data)
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
        shutil.chown(folder, user=service.user)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, text, shared=True)
    except PermissionError:
        raise NippoError(tr("{file} cannot be written", file=file), tr("Use sudo for a system service.")) from None
