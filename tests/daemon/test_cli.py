"""The command line: its list loads no command, a command only what it runs."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from daemon import commands
from daemon.cli import app, load_command
from daemon.commands import COMMANDS, ELSEWHERE
from daemon.options import folded


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_it_says_of_itself(name: str) -> None:
    said = inspect.cleandoc(load_command(name).help).split("\n\n")[0]
    assert said.replace("\n", " ") == COMMANDS[name]


def test_every_module_of_commands_is_on_the_list() -> None:
    modules = {entry.name for entry in pkgutil.iter_modules(commands.__path__)}
    assert {ELSEWHERE.get(name, name) for name in COMMANDS} == modules


@pytest.mark.parametrize(
    ("arguments", "modules"), [(["--help"], set()), (["status", "--help"], {"status"}), (["redo", "-h"], {"accept"})]
)
def test_only_the_command_that_was_asked_for_is_loaded(arguments: list[str], modules: set[str]) -> None:
    code = (
        "import sys\nfrom daemon.cli import app\n"
        f"try: app({arguments})\nexcept SystemExit as end: assert not end.code\n"
        "print(*(name for name in sys.modules if name.startswith('daemon.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.splitlines()[-1].split()
    prefix = "daemon.commands."
    assert {name.removeprefix(prefix) for name in loaded if name.startswith(prefix)} == modules
    assert ("daemon.config" in loaded) == bool(modules)


def test_a_slip_of_the_pen_is_answered_with_the_command_that_was_meant() -> None:
    result = CliRunner().invoke(app, ["promot"])
    assert result.exit_code == 2 and "'promote'" in result.output


def test_a_command_of_a_group_is_reached_through_the_list() -> None:
    result = CliRunner().invoke(app, ["service", "install", "--help"])
    assert result.exit_code == 0 and "--dry-run" in result.output


def test_a_line_is_cut_at_the_terminals_width_and_keeps_its_bullet() -> None:
    assert folded("* Linux演習で、cronを使いました。\n\nはい", 12) == "* Linux演習\nで、cronを使\nいました。\n\nはい"
