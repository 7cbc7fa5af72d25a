"""What an installed nippo consists of: every module that something runs, what ships, and nothing else."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from daemon.commands import COMMANDS, ELSEWHERE
from tests.test_architecture import CHILDREN, ROOT, imports, sources

TOPS = ("daemon", "training", "dashboard")
STARTER = "daemon/starter/"
SHIPPED = {"daemon/config.toml": "config.toml"}
"""Files of the wheel that lie elsewhere in a checkout; beside them the starter and the systemd units."""
TABLES = {"daemon/vault/moment_names.json", "dashboard/mark.svg", "dashboard/style.css", "dashboard/theme.toml"}
TABLES |= {"daemon/words/locale/ja/LC_MESSAGES/nippo.mo"}
"""Data of the program itself, in the place where it lies in a checkout."""
PROGRAMS = {"daemon.cli", "daemon.worker.child", "daemon.service.notification", "dashboard.app", "dashboard.server"}
"""What is started by name: the console command, the process that drafts, a notification, the page and its server."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the wheel, without its metadata."""
    builder = WheelBuilder(str(ROOT))
    (file,) = builder.build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def module_of(file: Path) -> str:
    return file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def test_it_holds_every_module_what_ships_and_nothing_else(wheel: dict[str, bytes]) -> None:
    modules = {file.relative_to(ROOT).as_posix() for top in TOPS for file in sources(top)}
    units = {f"daemon/systemd/{file.name}" for file in (ROOT / "systemd").iterdir()}
    rest = {name for name in wheel if not name.startswith(STARTER)}
    assert rest == modules | units | set(SHIPPED) | TABLES
    assert all(wheel[name] == (ROOT / origin).read_bytes() for name, origin in SHIPPED.items())
    assert any(name.endswith(".service") for name in units)


def test_of_the_starter_it_holds_what_the_program_reads(wheel: dict[str, bytes]) -> None:
    """Labels of experiments and held-out diaries stay in the repository."""
    folder = ROOT / "data" / "starter"
    named = {
        node.value
        for top in TOPS
        for file in sources(top)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    wanted = {entry.name for entry in folder.iterdir()} & named
    files = {
        f"{STARTER}{file.relative_to(folder).as_posix()}"
        for name in wanted
        for file in ([folder / name] if (folder / name).is_file() else (folder / name).rglob("*"))
        if file.is_file()
    }
    assert {name for name in wheel if name.startswith(STARTER)} == files
    for name in ("adapter/adapter_model.safetensors", "corpus.jsonl", "today.md", "vault/.obsidian/daily-notes.json"):
        assert STARTER + name in wheel


def test_every_module_is_run_by_something() -> None:
    """No module sleeps: from the programs, imports (lazy ones included) lead to each."""
    files = {module_of(file): file for top in TOPS for file in sources(top)}
    waiting = PROGRAMS | {child for _, child in CHILDREN}
    waiting |= {f"daemon.commands.{ELSEWHERE.get(name, name)}" for name in COMMANDS}
    reached: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in files and module not in reached:
            reached.add(module)
            waiting |= {used for used, _ in imports(files[module])}
            parent = module.rpartition(".")[0]
            waiting |= {parent} if parent else set()
    assert set(files) == reached
