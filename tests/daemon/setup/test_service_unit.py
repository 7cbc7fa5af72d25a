"""A unit rendered from a template says what was asked, whatever the paths are called; systemd itself agrees."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from daemon.errors import UsageError
from daemon.setup.service_unit import ServicePlan, bind_word, command_line, path_word, render, template, template_name

ODD = PurePosixPath("/home/山田 太郎/私の 保管庫 100% $HOME 'q' a:b")
PLAN = ServicePlan(
    command=("/bin/sh", "run", "--config", str(ODD / "config.toml")),
    config=ODD / "config.toml",
    vault=ODD,
    data=ODD.parent / "data",
    readable=(PurePosixPath("/home/山田 太郎/venv"),),
)
SYSTEM = replace(PLAN, system=True, user="daemon")
GPU = replace(SYSTEM, gpu=True)
SERVER = "http://127.0.0.1:8080/v1"

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")


def unit(plan: ServicePlan) -> str:
    return render(template(template_name(plan)), plan)


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("plan", [PLAN, SYSTEM, GPU, replace(SYSTEM, user=""), replace(GPU, server_url=SERVER)])
def test_no_placeholder_is_left(plan: ServicePlan) -> None:
    assert not re.search(r"@[A-Z_]+@", unit(plan))


def test_every_line_of_the_templates_is_a_comment_a_section_a_directive_or_a_placeholder() -> None:
    for name in ("nippo-user", "nippo-system", "nippo-system-gpu"):
        for line in template(name).splitlines():
            assert re.fullmatch(r"|#.*|\[\w+\]|@[A-Z_]+@|[A-Z]\w+=.*", line), (name, line)


def test_a_command_line_keeps_spaces_percent_dollar_quotes_and_backslashes() -> None:
    assert command_line(("/opt/a b/100%", "$x", 'say "hi"', "a\\b")) == (r'"/opt/a b/100%%" "$$x" "say \"hi\"" "a\\b"')
    assert command_line(("/opt/$x",)) == '"/opt/$x"'


def test_path_lists_take_a_backslash_as_it_stands_and_bind_paths_do_not() -> None:
    assert path_word(PurePosixPath("/a b/c\\d/50%")) == '"/a b/c\\d/50%%"'
    assert bind_word(PurePosixPath("/it's/a:b\\c")) == r'''"/it\'s/a\:b\\c"'''


@pytest.mark.parametrize("name", ["a\nExecStart=/bin/evil", "a\x7f"])
def test_a_path_with_a_control_character_cannot_smuggle_in_a_line(name: str) -> None:
    with pytest.raises(UsageError, match="control character"):
        unit(replace(PLAN, vault=PurePosixPath("/") / name))


def test_a_path_with_a_double_quote_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match="double quote"):
        unit(replace(SYSTEM, vault=PurePosixPath('/srv/"x"')))


def test_the_system_unit_has_a_network_only_for_the_engine_server() -> None:
    assert values(unit(SYSTEM), "PrivateNetwork") == ["yes"]
    near = unit(replace(SYSTEM, server_url=SERVER))
    assert not values(near, "PrivateNetwork")
    assert values(near, "IPAddressDeny") == ["any"] and values(near, "IPAddressAllow") == ["127.0.0.1"]
    far = unit(replace(SYSTEM, server_url="https://gpu.example/v1"))
    assert not values(far, "IPAddressDeny"), "systemd filters addresses, not names"


def test_a_server_s_key_comes_from_a_file_and_never_stands_in_the_unit() -> None:
    text = unit(replace(SYSTEM, server_url=SERVER, key_file=PurePosixPath("/home/山田 太郎/50%/nippo.env")))
    assert values(text, "EnvironmentFile") == ["-/home/山田 太郎/50%%/nippo.env"]


def test_only_hidden_folders_are_bound_and_each_once() -> None:
    text = unit(replace(SYSTEM, vault=PurePosixPath("/srv/vault"), readable=(PurePosixPath("/usr"), ODD / "venv")))
    assert values(text, "ReadWritePaths")[0] == '"/srv/vault"'
    assert not any("/srv" in line for line in values(text, "BindPaths"))
    assert len(values(text, "BindReadOnlyPaths")) == 1, "the program lies in the settings' folder, /usr is seen anyway"


def test_the_settings_are_bound_as_a_folder_so_that_a_rename_over_them_is_seen() -> None:
    text = unit(replace(SYSTEM, vault=PurePosixPath("/srv/v"), data=PurePosixPath("/srv/d"), readable=()))
    assert values(text, "BindReadOnlyPaths") == [bind_word(ODD)]
    alone = replace(SYSTEM, vault=PurePosixPath("/srv/v"), config=PurePosixPath("/home/taro/config.toml"), readable=())
    assert values(unit(alone), "BindReadOnlyPaths") == ['"/home/taro/config.toml"'], "the whole home is not opened"


def test_a_dynamic_user_keeps_its_state_where_systemd_puts_it() -> None:
    text = unit(replace(SYSTEM, user="", groups=("students",)))
    assert values(text, "DynamicUser") == ["yes"] and values(text, "SupplementaryGroups") == ["students"]
    assert values(text, "StateDirectory") == ["nippo"] and 'Environment="NIPPO_DATA__FOLDER=%S/nippo"' in text
    assert values(text, "UMask") == ["0007"], "the vault's group reads the reports"


def test_an_older_systemd_gets_no_directive_that_it_does_not_know() -> None:
    assert not values(unit(replace(PLAN, systemd_version=252)), "RestartSteps")
    assert values(unit(replace(PLAN, systemd_version=254)), "RestartSteps") == ["8"]


@pytest.mark.parametrize("plan", [PLAN, SYSTEM, GPU])
def test_every_unit_is_watched_reloaded_restarted_and_never_timed_out(plan: ServicePlan) -> None:
    text = unit(plan)
    assert values(text, "Type") == ["notify"] and values(text, "WatchdogSec") == ["60"]
    assert values(text, "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert values(text, "Restart") == ["on-failure"] and values(text, "RestartPreventExitStatus") == ["2"]
    assert values(text, "OOMPolicy") == ["continue"] and not values(text, "RuntimeMaxSec")


@analyze
@pytest.mark.parametrize(
    "plan", [PLAN, SYSTEM, GPU, replace(SYSTEM, user=""), replace(SYSTEM, server_url=SERVER)], ids=str
)
def test_systemd_finds_nothing_to_say_about_the_unit(plan: ServicePlan, tmp_path: Path) -> None:
    file = tmp_path / "nippo.service"
    file.write_text(unit(replace(plan, systemd_version=_systemd_version())), encoding="utf-8")
    manager = "--system" if plan.system else "--user"
    done = subprocess.run(
        ["systemd-analyze", "verify", manager, "--man=no", str(file)],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    about_ours = [line for line in (done.stdout + done.stderr).splitlines() if str(file) in line or "nippo" in line]
    assert (done.returncode, about_ours) == (0, [])


@analyze
@pytest.mark.parametrize(
    ("plan", "limit"),
    [
        (SYSTEM, 1.7),
        (replace(SYSTEM, user=""), 1.7),
        (replace(SYSTEM, server_url=SERVER), 1.7),
        (GPU, 2.5),
        (replace(GPU, server_url="https://gpu.example/v1"), 2.5),
    ],
)
def test_the_system_units_expose_little(plan: ServicePlan, limit: float, tmp_path: Path) -> None:
    file = tmp_path / "nippo.service"
    file.write_text(unit(plan), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(file)], capture_output=True, text=True
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= limit


def _systemd_version() -> int:
    said = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[1])


def test_a_service_speaks_the_language_of_who_installed_it() -> None:
    """Whatever locale its service manager has."""
    for plan in (PLAN, SYSTEM, GPU):
        assert '"NIPPO_LANG=ja"' in values(unit(replace(plan, language="ja")), "Environment")
        assert "NIPPO_LANG" not in unit(plan)
