"""nippo as a service of a real systemd: installed, used, killed, hung, rebooted and removed.

Opt-in: ``sudo pytest -m systemd tests/end_to_end/systemd -s``. Needs root, Linux, debootstrap and, for the first run, a
Debian mirror and a package index. With ``NIPPO_TEST_GGUF=FILE`` the model is that file, and the service has no network
at all; otherwise an OpenAI-compatible stand-in on the container's loopback answers.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from container import USER, VENV, Container

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(1800)]

HOME = f"/home/{USER}"
VAULT = f"{HOME}/私の 保管庫 100%"
CONFIG = f"{HOME}/.config/nippo/config.toml"
NIPPO = f"{VENV}/bin/nippo"
DIARY = "今日はサブネットの計算を復習した。\n/26 のネットワークには 62 台のホストが入る。\nきなことたくさん散歩した。\n"
GGUF = os.environ.get("NIPPO_TEST_GGUF", "")
STORY = os.environ.get("NIPPO_SYSTEMD_STORY", "")
PORT = 18080
PATIENCE = 900.0 if GGUF else 240.0

TODAY = date.today()
DAYS = [str(TODAY - timedelta(days=number)) for number in range(4)]


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("needs root and debootstrap")
    built = Container(tmp_path / "container", Path(GGUF).resolve().parent if GGUF else None)
    try:
        built.boot()
        built.install_nippo()
        _prepare(built, Path(GGUF).name)
        yield built
    finally:
        built.close()


def _prepare(container: Container, gguf: str) -> None:
    """A vault with the vault's own daily-note settings, a config.toml, and a model."""
    container.write(f"{VAULT}/.obsidian/daily-notes.json", '{"folder": "diary"}', user=USER)
    container.write(f"{VAULT}/diary/2020-01-01.md", "昔の日記。\n", user=USER)
    engine = f'kind = "llamacpp"\nmodel = "/models/{gguf}"\nadapter = "none"\n'
    if not gguf:
        engine = f'kind = "server"\nserver_url = "http://127.0.0.1:{PORT}/v1"\nserver_model = "standin"\n'
        container.write("/opt/standin.py", Path(__file__).with_name("standin.py").read_text(encoding="utf-8"))
        unit = (
            f"[Service]\nExecStart=/usr/bin/python3 /opt/standin.py {PORT} 2\n[Install]\nWantedBy=multi-user.target\n"
        )
        container.write("/etc/systemd/system/standin.service", unit)
        container.run("systemctl", "enable", "--now", "standin.service")
    # A note of a day to come waits, so the story's days are past, and nippo has been here before them.
    first = f"from daemon.store.store import Store; Store.open(Path('{HOME}/.local/share/nippo'))"
    first = f"from pathlib import Path; {first}.set_meta('first_run_date', '{DAYS[-1]}')"
    container.run(f"{VENV}/bin/python", "-c", first, user=USER)
    settings = f'[vault]\npath = "{VAULT}"\n[data]\nfolder = "{HOME}/.local/share/nippo"\n'
    container.write(CONFIG, f"{settings}[watch]\nsettle_seconds = 1.0\n[engine]\n{engine}", user=USER)


def test_a_system_service_survives_kill_hang_and_reboot_and_goes_without_a_trace(container: Container) -> None:
    tell = container.tell
    tell(f"booted: {container.says('systemctl', '--version').splitlines()[0]}")
    said = container.run(NIPPO, "service", "install", "--system", "--no-download", "--config", CONFIG).stdout
    tell(f"`nippo service install --system`: {said.splitlines()[0]}")
    assert _show(container, "ActiveState") == "active"
    assert container.says("ps", "-o", "user=", "-p", _show(container, "MainPID")) == USER
    tell(f"Type=notify: active, STATUS={_show(container, 'StatusText')!r}")
    score = container.says("systemd-analyze", "security", "nippo.service", "--no-pager").splitlines()[-1]
    tell(f"systemd-analyze security in place: {score.lstrip('→ ')}")

    again = container.run(NIPPO, "service", "install", "--system", "--no-download", "--config", CONFIG).stdout
    assert "unchanged" in again and _show(container, "NRestarts") == "0"
    tell("installed a second time: unchanged, not restarted")

    _drop(container, DAYS[0])
    tell(f"diary {DAYS[0]} saved; report after {_await_report(container, DAYS[0]):.1f} s")

    _drop(container, DAYS[1])
    container.wait("the work to begin", lambda: DAYS[1] in _show(container, "StatusText"), 60)
    container.run("kill", "-KILL", _show(container, "MainPID"))
    tell(f"diary {DAYS[1]} saved; SIGKILL while its report was being written")
    container.wait("a restart", lambda: _show(container, "NRestarts") == "1", 60)
    tell("systemd started it again (NRestarts=1)")
    tell(f"the job was finished by the new process {_await_report(container, DAYS[1]):.1f} s later")
    assert _reports(container) == [f"{day}-nippo.md" for day in DAYS[:2]], "one report a note"

    container.write("/etc/systemd/system/nippo.service.d/test.conf", "[Service]\nWatchdogSec=8\n")
    container.run("systemctl", "daemon-reload")
    container.run("systemctl", "restart", "nippo.service")
    hung = _show(container, "MainPID")
    container.run("kill", "-STOP", hung)
    tell("WatchdogSec=8 by drop-in; SIGSTOP: the pings stop")
    seconds = container.wait("the watchdog", lambda: _is_another(container, hung), 90)
    assert "Watchdog timeout" in container.journal("-u", "nippo.service")
    tell(f"watchdog timeout, killed and started again after {seconds:.1f} s")

    container.write(CONFIG, _settings(container).replace("settle_seconds = 1.0", "settle_seconds = 0.5"), user=USER)
    container.run("systemctl", "reload", "nippo.service")
    container.wait("the reload", lambda: "settle_seconds" in container.journal("-u", "nippo.service"), 30)
    tell("`systemctl reload`: the journal names the changed key watch.settle_seconds")

    container.reboot()
    container.wait("the start at boot", lambda: _show(container, "ActiveState") == "active", 90)
    tell("rebooted: active without a login")
    _drop(container, DAYS[2])
    tell(f"diary {DAYS[2]} saved; report after {_await_report(container, DAYS[2]):.1f} s")

    assert _reports(container) == [f"{day}-nippo.md" for day in DAYS[:3]]
    assert container.read(f"{VAULT}/diary/{DAYS[0]}.md") == DIARY
    container.run(NIPPO, "service", "uninstall", "--system")
    assert _show(container, "LoadState") == "not-found" or _show(container, "ActiveState") == "inactive"
    assert container.read("/etc/systemd/system/nippo.service") is None
    assert _reports(container) and container.read(CONFIG)
    assert container.says("ls", f"{HOME}/.local/share/nippo")
    tell("`nippo service uninstall --system`: unit gone; vault, settings and data stay")
    _keep(container)


def test_a_user_service_runs_without_a_login_once_it_lingers(container: Container) -> None:
    container.run("loginctl", "enable-linger", USER)
    number = container.says("id", "-u", USER)
    container.wait(
        "the user's systemd",
        lambda: container.run("test", "-S", f"/run/user/{number}/bus", check=False).returncode == 0,
        60,
    )
    said = container.run(NIPPO, "service", "install", "--config", CONFIG, user=USER).stdout
    container.tell(f"`nippo service install` by {USER}: {said.splitlines()[0]}")
    assert "enable-linger" not in said
    status = container.run(NIPPO, "service", "status", user=USER).stdout
    assert "active (running)" in status
    _drop(container, DAYS[0])
    container.tell(f"user service: report after {_await_report(container, DAYS[0]):.1f} s")
    container.reboot()
    container.wait(
        "the start at boot",
        lambda: container.run(NIPPO, "service", "status", user=USER, check=False).returncode == 0,
        90,
    )
    _drop(container, DAYS[1])
    container.tell(
        f"user service after a reboot, nobody logged in: report after {_await_report(container, DAYS[1]):.1f} s"
    )
    container.run(NIPPO, "service", "uninstall", user=USER)
    assert container.run(NIPPO, "service", "status", user=USER, check=False).returncode == 1
    _keep(container)


def _drop(container: Container, day: str) -> None:
    container.write(f"{VAULT}/diary/{day}.md", DIARY, user=USER)


def _await_report(container: Container, day: str) -> float:
    path = f"{VAULT}/nippo/{day}-nippo.md"
    seconds = container.wait(f"the report of {day}", lambda: container.read(path) is not None, PATIENCE)
    text = container.read(path) or ""
    assert "status: " in text and "本日は、" in text and "きなこ" not in text
    return seconds


def _reports(container: Container) -> list[str]:
    return container.says("ls", "-1", f"{VAULT}/nippo").splitlines()


def _settings(container: Container) -> str:
    return container.read(CONFIG) or ""


def _show(container: Container, key: str) -> str:
    return container.says("systemctl", "show", "nippo.service", "--property", key, "--value")


def _is_another(container: Container, process: str) -> bool:
    return _show(container, "ActiveState") == "active" and _show(container, "MainPID") not in (process, "0")


def _keep(container: Container) -> None:
    """Leave the story where ``NIPPO_SYSTEMD_STORY`` says, for dev/LOG.md."""
    if STORY:
        with Path(STORY).open("a", encoding="utf-8") as file:
            file.write("\n".join(container.story) + "\n\n")
