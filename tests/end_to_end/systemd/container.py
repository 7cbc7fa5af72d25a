"""A Debian container with systemd as PID 1, made of debootstrap, unshare and an overlay; no container engine is needed.

The Debian root with nippo's dependencies is made once and kept in ``NIPPO_SYSTEMD_ROOT`` (default: a folder of
/var/cache); every container gets an overlay of its own, so the kept root is never changed. Needs root and Linux.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
ROOTS = Path(os.environ.get("NIPPO_SYSTEMD_ROOT", "/var/cache/nippo-systemd-tests"))
SUITE = "bookworm"
PACKAGES = (
    "systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,procps,ca-certificates,"
    "python3,python3-venv,python3-pip,libgomp1"  # llama.cpp needs the last one
)
USER = "taro"
VENV = f"/home/{USER}/.local/share/nippo-venv"
"""The program lies in a home folder on purpose: the hardened unit has to bind it in."""


def prepared_root() -> Path:
    """The Debian root with the dependencies of the present pyproject.toml; made now if it is not there."""
    home = ROOTS
    wanted = _requirements()
    root = home / f"{SUITE}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    if root.is_dir():
        return root
    home.mkdir(parents=True, exist_ok=True)
    plain = home / SUITE
    if not plain.is_dir():
        unfinished = home / f"{SUITE}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _call("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(unfinished))
        unfinished.rename(plain)
    unfinished = root.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    _call("cp", "-a", str(plain), str(unfinished))
    for file in ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"):
        shutil.copyfile(file, unfinished / file[1:])
    (unfinished / "tmp" / "requirements.txt").write_text(wanted, encoding="utf-8")
    _chroot(unfinished, "useradd", "--create-home", "--shell", "/bin/bash", USER)
    _chroot(unfinished, "runuser", "-u", USER, "--", "python3", "-m", "venv", VENV)
    _chroot(unfinished, f"{VENV}/bin/pip", "install", "--quiet", "--no-cache-dir", "-r", "/tmp/requirements.txt")
    unfinished.rename(root)
    return root


class Container:
    """One container. ``boot`` starts it, ``reboot`` restarts it with its disk as it was, ``close`` throws it away."""

    def __init__(self, folder: Path, models: Path | None = None) -> None:
        self.folder = folder
        self.models = models
        self.began = time.monotonic()
        self.story: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._lower = prepared_root()
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)
        self._cgroup = _cgroup2() / f"nippo-test-{os.getpid()}"

    def tell(self, line: str) -> None:
        """Add a line with its time to the story and print it."""
        self.story.append(f"{time.monotonic() - self.began:7.1f} s  {line}")
        print(self.story[-1], flush=True)

    def boot(self) -> None:
        """Start PID 1 and wait until systemd says that the machine runs."""
        self._cgroup.mkdir(exist_ok=True)
        script = Path(__file__).with_name("boot.sh")
        # Ended with the test, however that ends: unshare dies with its parent, PID 1 with unshare.
        enter = (
            f'echo $$ > "{self._cgroup}/cgroup.procs" && '
            'exec setpriv --pdeathsig KILL unshare -m -p -f -u -i -C --kill-child sh "$@"'
        )
        arguments = [str(script), str(self._lower), str(self.folder), str(self.models or "")]
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                ["sh", "-c", enter, "sh", *arguments], stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        self.wait("systemd to run", lambda: self.says("systemctl", "is-system-running") in ("running", "degraded"), 60)

    def run(self, *command: str, user: str = "root", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as a user with a session bus if it is not root's."""
        if user != "root":
            number = self.says("id", "-u", user)
            session = [f"XDG_RUNTIME_DIR=/run/user/{number}", f"HOME=/home/{user}", f"USER={user}"]
            command = ("runuser", "-u", user, "--", "env", *session, *command)
        # Names and paths of the outside mean nothing inside, so nothing of the environment goes with the command.
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        enter = ["nsenter", "-t", str(self._init()), "-m", "-p", "-u", "-i", "-C", "-r", "-w"]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, env=environment, timeout=300)
        if check and done.returncode:
            raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def says(self, *command: str, user: str = "root") -> str:
        """What a command prints, whatever its exit code; "" while the container is not up."""
        try:
            return self.run(*command, user=user, check=False).stdout.strip()
        except ProcessLookupError:
            return ""

    def write(self, path: str, text: str, user: str = "root") -> None:
        """Write a file inside, owned by a user, folders included."""
        program = "import sys,pathlib; p=pathlib.Path(sys.argv[1]); p.parent.mkdir(parents=True, exist_ok=True);"
        self.run("python3", "-c", program + "p.write_text(sys.argv[2], encoding='utf-8')", path, text, user=user)

    def read(self, path: str) -> str | None:
        """The text of a file inside, or None."""
        done = self.run("cat", path, check=False)
        return done.stdout if done.returncode == 0 else None

    def wait(self, what: str, true: Callable[[], bool], seconds: float) -> float:
        """Wait until something is true and return after how long; AssertionError with the journal if not."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if true():
                return time.monotonic() - began
            time.sleep(0.25)
        raise AssertionError(f"waited {seconds:.0f} s in vain for {what}\n{self.journal()}")

    def journal(self, *options: str) -> str:
        """The last lines of the journal."""
        return self.says("journalctl", "--no-pager", "-n", "60", *options)

    def install_nippo(self) -> None:
        """Build and install the present work tree inside; dependencies and build tools are there already."""
        source = self.folder / "upper" / "opt" / "nippo-source"
        for name in (
            "pyproject.toml",
            "README.md",
            "LICENSE",
            "daemon",
            "training",
            "dashboard",
            "systemd",
            "data/starter",
        ):
            found, target = REPOSITORY / name, source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if found.is_dir():
                shutil.copytree(found, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(found, target)
        offline = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation")
        self.run(f"{VENV}/bin/pip", "install", *offline, "/opt/nippo-source")

    def reboot(self) -> None:
        """Ask systemd for a reboot, wait for its end, and boot the same disk again."""
        self.run("systemctl", "reboot", check=False)
        assert self._process is not None
        self._process.wait(timeout=120)
        self._settle_cgroup()
        self.boot()

    def close(self) -> None:
        """End everything inside; the overlay goes with the namespace."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self._init(), 9)
            self._process.wait(timeout=60)
        self._settle_cgroup()

    def _init(self) -> int:
        """The outer number of the container's PID 1. Raises ProcessLookupError while there is none."""
        process = self._process
        if process is None or process.poll() is not None:
            raise ProcessLookupError("the container does not run")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if not children:
            raise ProcessLookupError("the container does not run yet")
        return int(children[0])

    def _settle_cgroup(self) -> None:
        """Remove the control groups that systemd left, from the leaves up."""
        for folder, _, _ in os.walk(self._cgroup, topdown=False):
            Path(folder).rmdir()


def _requirements() -> str:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return "\n".join([*project["dependencies"], *project["optional-dependencies"]["starter"], "hatchling>=1.27"]) + "\n"


def _cgroup2() -> Path:
    for line in Path("/proc/mounts").read_text().splitlines():
        fields = line.split()
        if fields[2] == "cgroup2":
            return Path(fields[1])
    raise AssertionError("no cgroup2 file system is mounted")


def _chroot(root: Path, *command: str) -> None:
    environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PIP_CERT=/etc/ssl/certs/ca-certificates.crt"]
    _call("chroot", str(root), *environment, *command)


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(
            f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
