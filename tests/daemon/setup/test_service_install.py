"""`nippo service` on a machine with a systemctl that writes down what it is told."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from daemon.commands import service as command
from daemon.config import load
from daemon.errors import NippoError, UsageError
from daemon.setup import service_install, systemctl

SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$RECORD"
case "$*" in
  *--version*) echo "systemd 252 (252.38)" ;;
  *show*) printf 'LoadState=loaded\\nActiveState=%s\\nSubState=running\\nUnitFileState=enabled\\nStatusText=%s\\n' \
      "${STATE:-active}" "2 notes wait"; printf 'MainPID=77\\nNRestarts=1\\nMemoryCurrent=52428800\\n' ;;
  *restart*) exit "${RESTART_CODE:-0}" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, isolated_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with systemd, nippo's program and a vault with spaces and Japanese; returns the record of orders."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("systemctl", SYSTEMCTL), ("loginctl", "#!/bin/sh\necho no\n"), ("nippo", "#!/bin/sh\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    record = tmp_path / "record"
    record.touch()
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setenv("RECORD", str(record))
    monkeypatch.setattr(systemctl, "available", lambda: True)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tools))
    vault = tmp_path / "私の 保管庫 100%"
    (vault / "diary").mkdir(parents=True)
    (isolated_world / "config.toml").write_text(f'[vault]\npath = "{vault}"\n', encoding="utf-8")
    return record


def unit_of(world: Path) -> Path:
    return world / ".config" / "systemd" / "user" / "nippo.service"


def call(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    command.register(app)
    result = CliRunner().invoke(app, ["service", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_install_writes_enables_and_starts_the_user_unit(machine: Path, isolated_world: Path) -> None:
    code, said = call("install")
    assert code == 0
    text = unit_of(isolated_world).read_text(encoding="utf-8")
    assert "私の 保管庫 100%%" in text and 'run" "--config"' in text
    orders = machine.read_text().splitlines()
    assert orders[-3:] == [
        "--user daemon-reload",
        "--user enable --quiet nippo.service",
        "--user restart nippo.service",
    ]
    assert "sudo loginctl enable-linger" in said


def test_the_unit_names_the_language_of_who_installs_it(machine: Path, isolated_world: Path, in_japanese: None) -> None:
    said = call("install", "--config", str(isolated_world / "config.toml"))[1]
    assert "NIPPO_LANG=ja" in unit_of(isolated_world).read_text(encoding="utf-8") and "起動しました" in said


def test_a_second_install_restarts_nothing_and_a_changed_unit_is_restarted(machine: Path, isolated_world: Path) -> None:
    call("install")
    machine.write_text("")
    assert "unchanged" in call("install")[1]
    assert not any("restart" in line or "daemon-reload" in line for line in machine.read_text().splitlines())
    unit_of(isolated_world).write_text("[Service]\n")
    assert "changed" in call("install")[1]
    assert "--user restart nippo.service" in machine.read_text()


def test_uninstall_takes_the_unit_and_nothing_else(machine: Path, isolated_world: Path) -> None:
    call("install")
    data = isolated_world / "data"
    data.mkdir()
    (data / "nippo.db").write_text("precious")
    assert "as they were" in call("uninstall")[1]
    assert not unit_of(isolated_world).exists()
    assert (data / "nippo.db").exists() and (isolated_world / "config.toml").exists()
    assert "nothing to remove" in call("uninstall")[1]


def test_status_tells_what_it_does_now_and_fails_when_it_does_not_run(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = call("status")
    assert code == 0 and "2 notes wait" in said and "50 MiB" in said and "restarts: 1" not in said.splitlines()[0]
    monkeypatch.setenv("STATE", "failed")
    code, said = call("status", "--json")
    assert code == 1 and '"ActiveState": "failed"' in said


def test_what_systemctl_says_reaches_the_person(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTART_CODE", "1")
    with pytest.raises(NippoError) as problem:
        call("install")
    assert "restart nippo.service" in str(problem.value) and problem.value.next_step


def test_a_dry_run_prints_the_unit_and_touches_nothing(machine: Path, isolated_world: Path) -> None:
    code, said = call("install", "--system", "--dry-run", "--user", pwd.getpwuid(os.getuid()).pw_name)
    assert code == 0 and "ProtectSystem=strict" in said and "PrivateNetwork=yes" in said
    assert not unit_of(isolated_world).exists()
    assert machine.read_text().splitlines() == ["--version"]


def test_a_made_up_user_must_be_let_read_the_settings(machine: Path, isolated_world: Path) -> None:
    (isolated_world / "config.toml").chmod(0o600)
    with pytest.raises(UsageError, match="may not read it") as problem:
        call("install", "--system", "--dynamic-user", "--dry-run")
    assert "chmod o+r" in problem.value.next_step
    (isolated_world / "config.toml").chmod(0o604)
    code, said = call("install", "--system", "--dynamic-user", "--dry-run")
    assert code == 0 and "DynamicUser=yes" in said and "StateDirectoryMode=0700" in said


def test_wrong_usage_is_told_apart(machine: Path, isolated_world: Path) -> None:
    with pytest.raises(UsageError, match="belong to --system"):
        call("install", "--dynamic-user")
    (isolated_world / "config.toml").write_text('[vault]\npath = "/nowhere"\n')
    with pytest.raises(UsageError, match="no such vault"):
        call("install")
    (isolated_world / "config.toml").unlink()
    with pytest.raises(UsageError, match=r"no config\.toml"):
        call("install")


def test_a_machine_without_systemd_is_told_where_to_look(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemctl, "available", lambda: False)
    with pytest.raises(UsageError, match="systemd does not run") as problem:
        call("install")
    assert "launchd" in problem.value.next_step


def test_the_system_service_of_root_s_vault_gets_a_made_up_user(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "owner", lambda self: "root")
    monkeypatch.setattr(Path, "group", lambda self: "students")
    plan = service_install.plan(load(), system=True)
    assert (plan.user, plan.groups) == ("", ("students",))
    assert service_install.plan(load(), system=True, user="taro").user == "taro"


def test_a_local_model_is_opened_to_the_service(machine: Path, isolated_world: Path) -> None:
    model = isolated_world / "モデル" / "own.gguf"
    model.parent.mkdir()
    model.touch()
    config = isolated_world / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + f'[engine]\nmodel = "{model}"\n', encoding="utf-8")
    assert str(model) in [str(path) for path in service_install.plan(load(), system=True, user="taro").readable]
