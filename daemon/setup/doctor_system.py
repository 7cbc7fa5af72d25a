"""What `nippo doctor` says about the machine: service, linger, GPU, container and the vault's file system.

Every function returns lines; a line that is not "ok" carries one remedy. Nothing is changed, and torch is only ever
imported in a child process.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from daemon.config import Config
from daemon.errors import NippoError
from daemon.setup import systemctl
from daemon.system.clock import local_zone
from daemon.system.extras import adding
from daemon.system.hardware import Gpu, choose, gpu_extra_installed, probe
from daemon.words import marked, tr

State = Literal["ok", "warn", "fail"]

EVENTLESS = {
    "9p": marked("a Docker Desktop, WSL or virtual machine share"),
    "virtiofs": marked("a Docker Desktop or virtual machine share"),
    "fuse.grpcfuse": marked("a Docker Desktop share"),
    "fuse.osxfs": marked("a Docker Desktop share"),
    "fakeowner": marked("a Docker Desktop share"),
    "fuse.sshfs": marked("a folder mounted over ssh"),
    "nfs": marked("a network folder"),
    "nfs4": marked("a network folder"),
    "cifs": marked("a network folder"),
    "smb3": marked("a network folder"),
    "vboxsf": marked("a VirtualBox share"),
    "prl_fs": marked("a Parallels share"),
}
"""File systems on which changes made elsewhere raise no event: type → what it is."""

LAYERED = ("overlay", "fuse.fuse-overlayfs", "aufs")
"""File systems of a container's own root, which goes away with it."""

GPU_PROBE = """
import torch
assert torch.cuda.is_available(), "torch sees no CUDA device"
import bitsandbytes.functional as bnb
x = torch.ones(64, 64, device="cuda", dtype=torch.float16)
bnb.dequantize_4bit(*bnb.quantize_4bit(x, quant_type="nf4"))
import triton
print(torch.__version__, torch.version.cuda, triton.__version__)
"""


@dataclass(frozen=True)
class DoctorLine:
    """One finding: what was looked at, how it is, and what to do where it is not "ok"."""

    name: str
    state: State
    message: str
    remedy: str = ""


def system_lines(config: Config) -> list[DoctorLine]:
    """Everything this module can say about this machine."""
    gpus = probe()
    lines = service_lines() + gpu_lines(gpus, config.engine.kind)
    if config.engine.kind in ("auto", "llamacpp") and find_spec("xllamacpp") is not None:
        lines.append(llamacpp_line())
    return [*lines, mount_line(config.vault_path, config.watch.observer), zone_line()]


def service_lines(name: str = "nippo") -> list[DoctorLine]:
    """Whether the service is installed and runs, and whether it outlives the login."""
    if not systemctl.available():
        return [DoctorLine("service", "ok", tr("no systemd here: nippo runs as you start it"))]
    for system in (False, True):
        if systemctl.unit_file(name, system).is_file():
            line = _unit_line(name, system)
            return [line] if system else [line, *linger_lines(_user())]
    return [
        DoctorLine("service", "warn", tr("not installed"), tr("`nippo service install` starts nippo with the machine."))
    ]


def linger_lines(user: str) -> list[DoctorLine]:
    """Whether the user's services run without a session; nothing where logind does not say."""
    lingers = systemctl.lingers(user)
    if lingers is None:
        return []
    if lingers:
        return [DoctorLine("linger", "ok", tr("services of {user} run without a login", user=user))]
    return [
        DoctorLine(
            "linger",
            "warn",
            tr("the service stops at logout"),
            tr("Run `sudo loginctl enable-linger {user}`.", user=user),
        )
    ]


def gpu_lines(gpus: Sequence[Gpu], engine: str) -> list[DoctorLine]:
    """The driver, the memory and what fits; where the extra ``gpu`` is there, whether bitsandbytes and Triton work."""
    has_extra = gpu_extra_installed()
    choice = choose(gpus, has_extra)
    if not gpus:
        if engine == "transformers":
            return [
                DoctorLine(
                    "gpu",
                    "fail",
                    tr("no NVIDIA GPU was found"),
                    tr('Set `engine.kind = "llamacpp"`, or mend the driver.'),
                )
            ]
        return [DoctorLine("gpu", "ok", choice.why)]
    lines = [DoctorLine("gpu", "ok", tr("driver {driver}; {why}", driver=gpus[0].driver, why=choice.why))]
    if has_extra:
        lines += [compiler_line(), stack_line()]
    return lines


def compiler_line() -> DoctorLine:
    """Triton compiles its launchers with the machine's C compiler and Python's headers."""
    compiler = os.environ.get("CC") or next(filter(shutil.which, ("cc", "gcc", "clang")), "")
    if not compiler:
        return DoctorLine("triton", "fail", tr("no C compiler"), tr("Install one, e.g. `sudo apt install gcc`."))
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return DoctorLine(
            "triton", "fail", tr("Python.h is missing"), tr("Install it, e.g. `sudo apt install python3-dev`.")
        )
    return DoctorLine("triton", "ok", tr("C compiler {compiler} and Python.h are there", compiler=compiler))


def stack_line(
    command: Sequence[str] = (sys.executable, "-c", GPU_PROBE), timeout_seconds: float = 120.0
) -> DoctorLine:
    """Whether a child process can quantise a small matrix with bitsandbytes on the GPU and import Triton."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        return DoctorLine(
            "bitsandbytes",
            "fail",
            tr("no answer in {timeout_seconds:.0f} s", timeout_seconds=timeout_seconds),
            tr("Look at `nvidia-smi`."),
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [tr("exit code {returncode}", returncode=done.returncode)])[-1]
        return DoctorLine(
            "bitsandbytes",
            "fail",
            last,
            tr("Run `{adding}` again, with a driver of 570 or newer.", adding=adding("gpu")),
        )
    return DoctorLine(
        "bitsandbytes", "ok", tr("4-bit works on the GPU (torch, CUDA, Triton: {stdout})", stdout=done.stdout.strip())
    )


def llamacpp_line(command: Sequence[str] = (sys.executable, "-c", "import xllamacpp")) -> DoctorLine:
    """Whether the installed llama.cpp can be loaded; a bare Debian lacks a library that it is linked to."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return DoctorLine(
            "llama.cpp", "fail", tr("loading it takes more than 60 s"), tr("Is the machine or the disk overloaded?")
        )
    if done.returncode == 0:
        return DoctorLine("llama.cpp", "ok", tr("the package xllamacpp can be loaded"))
    last = (done.stderr.strip().splitlines() or [tr("exit code {returncode}", returncode=done.returncode)])[-1]
    library = re.search(r"lib\w+\.so(?:\.\d+)*", last)
    remedy = (
        tr("Install {library}, e.g. `sudo apt install libgomp1`.", library=library[0])
        if library
        else tr("Run `{adding}` again.", adding=adding("starter"))
    )
    return DoctorLine("llama.cpp", "fail", last, remedy)


def zone_line() -> DoctorLine:
    """Whether the weekly hour can be reckoned in the machine's own time zone."""
    found = local_zone()
    if found.trouble:
        return DoctorLine("time zone", "warn", found.trouble, tr("Set TZ to a name such as Asia/Tokyo, or unset it."))
    return DoctorLine("time zone", "ok", str(found.zone))


def mount_line(vault: Path, observer: str, mountinfo: str | None = None, container: bool | None = None) -> DoctorLine:
    """Whether the vault's file system raises events, and whether it outlives the container.

    ``mountinfo`` (the text of /proc/self/mountinfo) and ``container`` are read from this machine where they are None.
    """
    table = Path("/proc/self/mountinfo")
    text = mountinfo if mountinfo is not None else table.read_text(encoding="utf-8") if table.is_file() else ""
    inside = container if container is not None else in_container()
    point, kind = mount_of(vault, text)
    if inside and point == "/" and kind in LAYERED:
        return DoctorLine(
            "vault mount",
            "fail",
            tr("the vault lies inside the container and goes away with it"),
            tr("Mount it, e.g. `-v ~/Obsidian:/vault`; see compose.yaml."),
        )
    what = tr(EVENTLESS.get(kind, ""))
    if what and observer != "polling":
        return DoctorLine(
            "vault mount",
            "warn",
            tr("{kind}: {what}, where changes raise no event", kind=kind, what=what),
            tr('Set `watch.observer = "polling"`.'),
        )
    return DoctorLine(
        "vault mount",
        "ok",
        tr("{kind}, observer {observer}", kind=kind or tr("unknown file system"), observer=observer),
    )


def mount_of(path: Path, mountinfo: str) -> tuple[str, str]:
    """Given a path and the text of /proc/self/mountinfo (proc(5)), return mount point and type, or blanks."""
    best = ("", "")
    target = Path(os.path.realpath(path))
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind = left.split(), right.partition(" ")[0]
        if len(fields) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        # The last of equal mount points lies on top.
        if target.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, kind)
    return best


def in_container() -> bool:
    """Whether this is a Docker or Podman container (both leave a mark at the root)."""
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _unit_line(name: str, system: bool) -> DoctorLine:
    kind = tr("system service") if system else tr("user service")
    try:
        known = systemctl.show(name, system)
    except NippoError as problem:
        return DoctorLine("service", "warn", f"{kind}: {problem.what}", problem.next_step)
    state = known.get("ActiveState", "unknown")
    if state == "active":
        return DoctorLine("service", "ok", f"{kind} {name}: {known.get('StatusText') or tr('active')}")
    return DoctorLine(
        "service",
        "fail",
        tr("{kind} {name} is {state}", kind=kind, name=name, state=state),
        tr("Ask `nippo service logs` why."),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
