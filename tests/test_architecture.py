"""Which room may import which, read from the source, and what a starting daemon really loads.

``MAY`` is an allow-list: an arrow that does not stand there fails, however it is drawn (a lazy import inside a function
counts as much as one at the top, and so does a module named in a child's command line).
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "transformers", "peft", "trl", "unsloth", "datasets", "bitsandbytes", "accelerate"}
TORCH_ENGINE = "daemon/engines/transformers.py"
ITS_PARTS = ("branching", "decode", "fused", "loading", "sampling", "slots")
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
FLOOR = {"config", "errors", "__version__"}
"""What every room but ``system`` and ``store`` may use: the settings, the errors, the program's own number."""
MAY = {
    "errors": set(),
    "config": {"errors"},
    "options": {"errors"},
    "system": {"errors"},
    "store": {"errors"},
    "checks": FLOOR,
    "vault": FLOOR | {"checks"},
    "models": FLOOR | {"system"},
    "versions": FLOOR | {"models", "system"},
    "engines": FLOOR | {"models", "system", "versions"},
    "drafting": FLOOR | {"checks", "engines", "store", "vault"},
    "worker": FLOOR | {"drafting", "engines", "models", "store", "system"},
    "learning": FLOOR | {"checks", "drafting", "store", "system", "vault", "versions", "worker"},
    "service": FLOOR | {"drafting", "learning", "store", "system", "vault", "worker"},
    "setup": FLOOR | {"checks", "engines", "learning", "models", "service", "store", "system", "vault", "versions"},
    "commands": FLOOR
    | {"checks", "drafting", "engines", "learning", "models", "options", "service", "setup", "store", "system"}
    | {"vault", "versions", "worker"},
    "cli": FLOOR | {"commands"},
}
"""Each room of ``daemon/`` and the rooms that it may import, top floor last. No room is named above itself, so there is
no circle (``test_the_list_has_no_circle``)."""
TRAINING_MAY = FLOOR | {"checks", "drafting", "engines", "learning", "models", "store", "system", "vault"}
TRAINING_MAY |= {"versions", "worker"}
DASHBOARD_MAY = TRAINING_MAY | {"service"}
CHILDREN = {
    ("daemon/engines/opening.py", "training.model.dequantise"),
    ("daemon/learning/training_call.py", "training.train"),
    ("daemon/learning/training_call.py", "training.export"),
    ("daemon/learning/training_call.py", "training.scoring.evaluate"),
    ("daemon/learning/training_job.py", "training.weekly.run"),
}
"""Programs of ``training/`` that ``daemon/`` starts as child processes, by name."""
VAULT_WRITER = "daemon/vault/writer.py"
WRITING = {"hardlink_to", "fdopen", "symlink_to", "link"}


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file imports, and whether at module level outside of TYPE_CHECKING."""

    def visit(node: ast.AST, top: bool) -> Iterator[tuple[str, bool]]:
        if isinstance(node, ast.Import):
            yield from ((alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, top
            yield from ((f"{node.module}.{alias.name}", top) for alias in node.names)
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, top and not inside and not typing_only)

    yield from visit(ast.parse(file.read_text(encoding="utf-8")), True)


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def room_of(module: str) -> str:
    """The room of ``daemon/`` that a module lies in: "vault" of daemon.vault.layout, "errors" of daemon.errors."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def rooms_used(file: Path) -> set[str]:
    """The rooms of ``daemon/`` that a file imports anything of; ``from daemon import x`` counts as daemon.x."""
    modules = {module for module, _ in imports(file) if module.split(".")[0] == "daemon"}
    return {room_of(module) for module in modules} - {""}


def test_the_rooms_are_read() -> None:
    rooms = {room_of(name(file).removesuffix(".py").replace("/", ".")) for file in sources("daemon")}
    assert rooms - {"__init__"} == set(MAY)


def test_the_list_has_no_circle() -> None:
    floors: dict[str, int] = {}

    def floor(room: str, above: tuple[str, ...] = ()) -> int:
        assert room not in above, " → ".join((*above, room))
        if room not in floors:
            below = MAY.get(room, set())
            floors[room] = 1 + max((floor(one, (*above, room)) for one in below), default=0)
        return floors[room]

    assert max(floor(room) for room in MAY) <= len(MAY)


@pytest.mark.parametrize("file", sources("daemon"), ids=name)
def test_a_room_imports_only_what_the_list_allows(file: Path) -> None:
    room = room_of(name(file).removesuffix(".py").replace("/", "."))
    if room != "__init__":
        assert rooms_used(file) - {room} <= MAY[room]


def test_modules_import_no_circle() -> None:
    """Within the rooms too: no module reaches itself by its imports, lazy ones included."""
    files = [file for top in ("daemon", "training") for file in sources(top) if file.name != "__init__.py"]
    modules = {name(file).removesuffix(".py").replace("/", "."): file for file in files}
    arrows = {
        module: {used for used, _ in imports(file) if used in modules and used != module}
        for module, file in modules.items()
    }
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join((*path[path.index(module) :], module))
        if module in done:
            return
        for used in sorted(arrows[module]):
            walk(used, (*path, module))
        done.add(module)

    for module in sorted(arrows):
        walk(module, ())


@pytest.mark.parametrize("file", sources("daemon"), ids=name)
def test_the_daemon_imports_no_training_and_no_torch(file: Path) -> None:
    for module, top in imports(file):
        root = module.split(".")[0]
        assert root not in ("training", "dashboard", "streamlit"), f"{name(file)} imports {module}"
        part = file.parent.name == "engines" and file.stem in ITS_PARTS
        if root in HEAVY or module.removeprefix("daemon.engines.").split(".")[0] in ITS_PARTS:
            assert part or (name(file) == TORCH_ENGINE and not top), f"{name(file)} imports {module}"


def test_programs_of_training_are_started_by_name_in_two_places() -> None:
    found = {
        (name(file), named)
        for file in sources("daemon")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value
        for named in re.findall(r"(?<![\w`])training(?:\.[a-z_]+)+", node.value)
        if (ROOT / (named.replace(".", "/") + ".py")).is_file()
    }
    assert found == CHILDREN


@pytest.mark.parametrize("file", [*sources("training"), *sources("dashboard")], ids=name)
def test_the_other_rooms_use_the_rooms_named_for_them(file: Path) -> None:
    top = name(file).split("/")[0]
    assert rooms_used(file) <= (TRAINING_MAY if top == "training" else DASHBOARD_MAY)
    other = "dashboard" if top == "training" else "training"
    assert all(module.split(".")[0] != other for module, _ in imports(file))


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


def test_only_the_writer_writes_into_a_vault() -> None:
    """The calls that put a file into a vault stand in one module; the rest of its room only reads."""
    writers = {
        name(file)
        for file in sources("daemon/vault")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {*WRITING, "write_text", "write_bytes", "unlink", "rename", "replace_file", "mkdir", "rmdir"}
    }
    assert writers == {VAULT_WRITER}
