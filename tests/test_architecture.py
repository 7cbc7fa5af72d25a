"""The direction of imports, read from the source, and what a starting daemon really loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "transformers", "peft", "trl", "unsloth", "datasets", "bitsandbytes", "accelerate"}
ONLY_ENGINE = "daemon/engines/transformers.py"
ITS_PARTS = ("decode", "fused", "loading", "sampling")
"""Modules of daemon/engines that need torch at import; the engine alone imports them, when it is opened."""
LATE = (
    "torch",
    "transformers",
    "sudachipy",
    "xllamacpp",
    "httpx",
    "rich.progress",
    "numpy",
    "apscheduler",
    "streamlit",
)
SHELL = {"service", "desk", "lookout", "watcher", "cli", "commands", "worker_child", "demo", "errand"}
"""The always-on side's own rooms; everything else in daemon/ is a leaf that the other rooms may use."""


def imports(file: Path) -> list[tuple[str, bool]]:
    """The modules that a file names in import statements, and whether at module level outside of TYPE_CHECKING."""
    found: list[tuple[str, bool]] = []

    def visit(node: ast.AST, top: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend((alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, top))
            found.extend((f"{node.module}.{alias.name}", top) for alias in node.names)
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.iter_child_nodes(node):
            visit(child, top and not inside and not typing_only)

    visit(ast.parse(file.read_text(encoding="utf-8")), True)
    return found


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_the_rooms_are_read() -> None:
    assert len(sources("daemon")) > 30 and len(sources("training")) > 3


@pytest.mark.parametrize("file", sources("daemon"), ids=name)
def test_the_daemon_imports_no_training_and_no_torch(file: Path) -> None:
    for module, top in imports(file):
        root = module.split(".")[0]
        assert root not in ("training", "dashboard", "streamlit"), f"{name(file)} imports {module}"
        part = file.parent.name == "engines" and file.stem in ITS_PARTS
        if root in HEAVY:
            assert part or (name(file) == ONLY_ENGINE and not top), f"{name(file)} imports {module}"
        if module.removeprefix("daemon.engines.opening.").split(".")[0] in ITS_PARTS:
            assert part or (name(file) == ONLY_ENGINE and not top), f"{name(file)} imports {module}"


@pytest.mark.parametrize("file", [*sources("training"), *sources("dashboard")], ids=name)
def test_the_other_rooms_use_leaves_of_the_daemon_only(file: Path) -> None:
    for module, _ in imports(file):
        parts = module.split(".")
        if parts[0] == "daemon" and len(parts) > 1:
            assert parts[1] not in SHELL, f"{name(file)} imports {module}"
    other = "dashboard" if name(file).startswith("training") else "training"
    assert all(module.split(".")[0] != other for module, _ in imports(file))


def test_a_leaf_does_not_lean_on_the_shell() -> None:
    """What training and dashboard may import must not bring the shell in by the back door."""
    used = {
        module.split(".")[1]
        for room in ("training", "dashboard")
        for file in sources(room)
        for module, _ in imports(file)
        if module.startswith("daemon.")
    }
    for leaf in sorted(used):
        file = ROOT / "daemon" / f"{leaf}.py"
        for module, top in imports(file) if file.exists() else []:
            if top and module.startswith("daemon."):
                assert module.split(".")[1] not in SHELL, f"{name(file)} imports {module}"


def loaded(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import daemon.cli", "import daemon.service.service, daemon.worker.client, daemon.drafting.draft"]
)
def test_a_starting_daemon_is_light(statement: str) -> None:
    modules = loaded(statement)
    assert "daemon.config" in modules
    assert [module for module in LATE if module in modules] == []


def test_only_report_and_its_helpers_write_into_a_vault() -> None:
    """Calls that write, rename or delete files stand only in the modules that are known to."""
    writers = set()
    for file in sources("daemon"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("hardlink_to", "fdopen", "symlink_to"):
                writers.add(name(file))
    assert "daemon/vault/writer.py" in writers
    for file in (ROOT / "daemon").glob("*.py"):
        if file.stem in ("vault", "moment", "obsidian", "intake", "lookout", "watcher", "settle", "reportnote"):
            calls = {node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)}
            assert not calls & {"write_text", "write_bytes", "unlink", "rename", "mkdir", "rmdir", "touch"}, name(file)
