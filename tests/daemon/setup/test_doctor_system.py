"""`nippo doctor` names what the machine lacks, and one remedy for each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from daemon.setup.doctor_system import (
    compiler_line,
    gpu_lines,
    linger_lines,
    llamacpp_line,
    mount_line,
    mount_of,
    service_lines,
    stack_line,
)
from daemon.system.hardware import Gpu

TABLE = """\
22 1 0:20 / / rw,relatime shared:1 - overlay overlay rw
30 22 0:50 / /vault rw,relatime - ext4 /dev/sda1 rw
31 22 0:51 / /mnt/私の\\040保管庫 rw,relatime - fuse.grpcfuse grpcfuse rw
32 22 0:52 / /srv/notes rw - nfs4 server:/notes rw
33 32 0:53 / /srv/notes rw - ext4 /dev/sdb1 rw
broken line
"""


def test_the_mount_is_the_longest_prefix_and_the_last_of_equals() -> None:
    assert mount_of(Path("/vault/diary"), TABLE) == ("/vault", "ext4")
    assert mount_of(Path("/vaults"), TABLE) == ("/", "overlay")
    assert mount_of(Path("/mnt/私の 保管庫/diary"), TABLE) == ("/mnt/私の 保管庫", "fuse.grpcfuse")
    assert mount_of(Path("/srv/notes/a"), TABLE) == ("/srv/notes", "ext4")
    assert mount_of(Path("/x"), "") == ("", "")


def test_a_vault_inside_the_container_is_lost_with_it() -> None:
    line = mount_line(Path("/data/vault"), "native", TABLE, container=True)
    assert line.state == "fail" and "-v" in line.remedy
    assert mount_line(Path("/data/vault"), "native", TABLE, container=False).state == "ok"
    assert mount_line(Path("/vault"), "native", TABLE, container=True).state == "ok"
    machine = "22 1 0:20 / / rw - ext4 /dev/sda rw"
    assert mount_line(Path("/data"), "native", machine, container=True).state == "ok", "a machine made from an image"


def test_a_share_without_events_asks_for_polling_once() -> None:
    path = Path("/mnt/私の 保管庫")
    line = mount_line(path, "native", TABLE, container=False)
    assert line.state == "warn" and "polling" in line.remedy and "Docker Desktop" in line.message
    assert mount_line(path, "polling", TABLE, container=False).state == "ok"


def test_this_machine_s_own_mounts_can_be_read(tmp_path: Path) -> None:
    assert mount_line(tmp_path, "polling").name == "vault mount"


def test_without_a_gpu_only_the_engine_that_needs_one_fails() -> None:
    assert [line.state for line in gpu_lines((), "auto")] == ["ok"]
    failed = gpu_lines((), "transformers")
    assert failed[0].state == "fail" and "llamacpp" in failed[0].remedy


def test_a_gpu_is_shown_with_driver_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.system.hardware.find_spec", lambda package: None)
    (line,) = gpu_lines((Gpu("RTX 4090", 24_564, "570.86", 8.9),), "auto")
    assert "570.86" in line.message and "24.0 GiB" in line.message


def test_a_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiler_line().state == "fail" and "gcc" in compiler_line().remedy


def test_the_gpu_stack_is_tried_in_a_child_process() -> None:
    good = stack_line((sys.executable, "-c", "print('2.13.0 13.0 3.5')"))
    assert good.state == "ok" and "2.13.0 13.0 3.5" in good.message
    bad = stack_line((sys.executable, "-c", "raise SystemExit('CUDA driver is too old')"))
    assert bad.state == "fail" and bad.message == "CUDA driver is too old" and bad.remedy
    hung = stack_line((sys.executable, "-c", "import time; time.sleep(30)"), timeout_seconds=0.2)
    assert hung.state == "fail" and "no answer" in hung.message


def test_a_library_that_llama_cpp_misses_is_named() -> None:
    failed = llamacpp_line((sys.executable, "-c", "raise ImportError('libgomp.so.1: cannot open shared object file')"))
    assert failed.state == "fail" and "libgomp.so.1" in failed.message and "apt install libgomp1" in failed.remedy
    assert llamacpp_line((sys.executable, "-c", "")).state == "ok"


def test_a_machine_without_systemd_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.setup.systemctl.available", lambda: False)
    assert [line.state for line in service_lines()] == ["ok"]


def test_an_installed_service_that_died_and_will_not_linger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "systemctl").write_text("#!/bin/sh\necho ActiveState=failed\n")
    (tools / "loginctl").write_text("#!/bin/sh\necho no\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    monkeypatch.setattr("daemon.setup.systemctl.available", lambda: True)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    unit = tmp_path / "systemd" / "user" / "nippo.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    service, linger = service_lines()
    assert service.state == "fail" and "failed" in service.message and "logs" in service.remedy
    assert linger.state == "warn" and "enable-linger" in linger.remedy
    assert linger_lines("taro")[0].remedy.endswith("enable-linger taro`.")
