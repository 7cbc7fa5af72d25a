"""Which room may import which, read from the source, and what a starting daemon really loads.

``MAY`` is an allow-list: an arrow that does not stand there fails, however it is drawn (a lazy import inside a function
counts as much as one at the top, and so does a module named in a child's command line).
"""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.errors import kinds

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "transformers", "peft", "trl", "unsloth", "datasets", "bitsandbytes", "accelerate", "triton"}
TORCH_ENGINE = "daemon/engines/transformers.py"
ITS_PARTS = (
    *("attention", "branching", "decode", "fixed_cache", "fused", "host_embedding"),
    *("loading", "nf4", "nf4_kernel", "question_slots", "sampling", "slots"),
)
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
FLOOR = {"config", "errors", "words", "__version__"}
"""What every room but ``system`` and ``store`` may use: the settings, the errors, what they say in the language of the
person, the program's own number."""
MAY = {
    "words": set(),
    "errors": {"words"},
    "config": {"errors", "words"},
    "options": {"errors", "words"},
    "system": {"errors", "words"},
    "store": {"errors", "system", "words"},
    "checks": FLOOR,
    "vault": FLOOR | {"checks", "system"},
    "models": FLOOR | {"system"},
    "versions": FLOOR | {"models", "system"},
    "engines": FLOOR | {"models", "system", "versions"},
    "drafting": FLOOR | {"checks", "engines", "store", "system", "vault"},
    "worker": FLOOR | {"drafting", "engines", "models", "store", "system"},
    "learning": FLOOR | {"checks", "drafting", "store", "system", "vault", "versions", "worker"},
    "summaries": FLOOR | {"checks", "drafting", "learning", "store", "system", "vault"},
    "service": FLOOR | {"drafting", "learning", "store", "system", "vault", "worker"},
    "setup": FLOOR
    | {"checks", "drafting", "engines", "learning", "models", "service", "store", "system", "vault", "versions"},
    "commands": FLOOR
    | {"checks", "drafting", "engines", "learning", "models", "options", "service", "setup", "store", "system"}
    | {"summaries", "vault", "versions", "worker"},
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
LAZY_MODULES = {
    "daemon/engines/nf4.py": "its kernel needs triton, which may be missing; without it bitsandbytes multiplies",
    "daemon/engines/opening.py": "of three engines one is loaded, when it is opened; `nippo status` only wants a name",
    "daemon/engines/transformers.py": "its parts need torch",
    "daemon/service/watcher.py": "the observers bring watchdog's threads and inotify along; `nippo status` needs none",
    "daemon/models/reference.py": "a model that is here is found without what downloads one",
    "training/fitting/fit.py": "training.model.lean needs torch",
}
"""Files that import modules of ours inside functions, and why. Everywhere else they stand at the top."""
START = "start-up"
TORCH = "seconds and gigabytes: never in the daemon, and in training once the arguments are right"
LAZY_PACKAGES = {
    **dict.fromkeys([*sorted(HEAVY), "safetensors", "numpy", "gguf", "scipy", "sacrebleu", "matplotlib"], TORCH),
    "apscheduler": START,
    "desktop_notifier": "only the process that shows a notification speaks to the desktop",
    "frontmatter": START,
    "httpx": START,
    "huggingface_hub": START,
    "markdown_it": START,
    "ctypes": "Windows only",
    "importlib": START,
    "psutil": START,
    "pydantic": START,
    "pyperclip": START,
    "pydantic_settings": START,
    "rich": START,
    "docx": "an extra of its own: only who writes Word documents has it",
    "tomlkit": START,
    "sudachipy": "its dictionary is large: in the process that drafts, not in the daemon",
    "watchdog": "only the observer that the settings name is loaded",
    "xllamacpp": "in the process that drafts alone: a crash of native code must not take the daemon along",
    "yaml": START,
    "fcntl": "POSIX only",
    "msvcrt": "Windows only",
}
"""Packages that are imported inside functions, and why. START: `nippo status` and the daemon begin without them."""
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


EXCEPTIONS = {name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)}


def test_errors_are_defined_in_one_module() -> None:
    def bases(node: ast.ClassDef) -> set[str]:
        return {ast.unparse(base).rpartition(".")[2] for base in node.bases}

    found = {
        name(file)
        for file in [*sources("daemon"), *sources("training"), *sources("dashboard")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and bases(node) & (EXCEPTIONS | kinds().keys())
    }
    assert found == {"daemon/errors.py"}


SAME_NAME: dict[str, str] = {}
"""Names that two classes may share, with the reason. There is none."""
TYPES = {"Callable", "Literal", "Mapping", "Sequence", "dict", "list", "tuple"}


def named_types(file: Path) -> Iterator[str]:
    """The public classes of a file and its names for types of other libraries, such as ``Report = Callable[…]``. What
    typer calls an option (``Annotated``) is no type of nippo's."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            kind = ast.unparse(node.value.value)
            yield from (ast.unparse(target) for target in node.targets if kind in TYPES)


def test_one_name_is_one_class() -> None:
    places: dict[str, set[str]] = {}
    for file in [*sources("daemon"), *sources("training"), *sources("dashboard")]:
        for one in named_types(file):
            places.setdefault(one, set()).add(name(file))
    assert {"Progress", "Plan", "Worker", "Verdict", "OutOfMemory", "FetchProgress"} <= places.keys()
    shared = {one: sorted(files) for one, files in places.items() if len(files) > 1 and not one.startswith("_")}
    assert shared.keys() == SAME_NAME.keys(), shared


def test_no_class_is_told_by_its_name() -> None:
    """A class is compared as a class; of a model's layers, which are another library's own in each family, only the
    names are known."""

    def names(node: ast.Compare) -> bool:
        return any(isinstance(part, ast.Attribute) and part.attr == "__name__" for part in ast.walk(node))

    found = {
        name(file)
        for file in [*sources("daemon"), *sources("training"), *sources("dashboard")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and names(node)
    }
    assert found == {"daemon/engines/fused.py"}


def loaded(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import daemon.cli", "import daemon.service.service, daemon.worker.client, daemon.drafting.draft"]
)
def test_a_starting_daemon_is_light(statement: str) -> None:
    modules = loaded(statement)
    assert "daemon.errors" in modules
    assert [module for module in LATE if module in modules] == []


def test_every_lazy_import_has_a_reason() -> None:
    """The lists hold what is there, so that a reason which no import needs any more goes too."""
    files, packages = set(), set()
    for file in (file for top in ("daemon", "training", "dashboard") for file in sources(top)):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    module = inner.module if isinstance(inner, ast.ImportFrom) else inner.names[0].name
                    root = str(module).split(".")[0]
                    files |= {name(file)} if root in ("daemon", "training", "dashboard") else set()
                    packages |= {root} - {"daemon", "training", "dashboard"}
    assert files == set(LAZY_MODULES)
    assert packages <= set(LAZY_PACKAGES)
    assert set(LAZY_PACKAGES) - HEAVY <= packages


def test_the_map_names_what_is_there() -> None:
    """docs/architecture.md: every module and room that it names exists, and no room of ``daemon/`` is missing."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*/?)`", text))
    paths = {one for one in named if "/" in one}
    places = [ROOT, ROOT / "daemon", ROOT / "training"]
    assert [one for one in paths if not any((place / one).exists() for place in places)
            and not any((place / f"{one}.py").is_file() for place in places)] == []  # fmt: skip
    assert {room for room in MAY if room != "options"} <= {one.rstrip("/") for one in named}


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
    users = {name(file) for file in sources("daemon/vault") if "daemon.system.files" in dict(imports(file))}
    assert users == {VAULT_WRITER}


def test_files_are_put_in_their_place_by_one_module() -> None:
    """``Path.replace`` and ``Path.rename`` take one argument, unlike ``str.replace`` and ``datetime.replace``."""
    found = {
        name(file)
        for top in ("daemon", "training", "dashboard")
        for file in sources(top)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("replace", "rename")
        and len(node.args) == 1
        and not node.keywords
    }
    assert found == {
        "daemon/system/files.py",
        "daemon/system/free_name.py",  # on Windows, where it fails when the name is in use
        VAULT_WRITER,  # compares before it swaps
        "daemon/models/download.py",  # gigabytes that stay while they are incomplete
        "daemon/store/set_aside.py",  # a database gets another name
        "daemon/versions/prune.py",  # folders
        "training/export.py",
        "training/model/dequantise.py",
    }


MAKING = {"mkdir", "makedirs", "touch", "write_text", "write_bytes", "copyfile", "copytree", "copy2", "connect"}
OPEN_TO_THE_UMASK = {
    "daemon/system/files.py": "makes private folders",
    VAULT_WRITER: "a vault has a person's own rights",
    "daemon/engines/channel.py": "connects to a socket that is there",
    "daemon/engines/prefix_cache.py": "copies into a temporary folder of its own, and over a private file",
    "daemon/models/download.py": "models, which anybody may have",
    "daemon/models/hub.py": "models, which anybody may have",
    "daemon/setup/demo.py": "a temporary folder of its own, made-up diaries",
    "daemon/setup/service_install.py": "systemd's folders; the data folder with its mode",
    "daemon/store/set_aside.py": "folds in the journal of a database that is there",
    "daemon/store/store.py": "opens a file that was made private the line before",
    "training/export.py": "inside a private folder, and as a process with its umask closed",
    "training/model/dequantise.py": "models, which anybody may have",
    "training/scoring/evaluate.py": "inside a private folder, and as a process with its umask closed",
}
"""Files that make something by other calls than those of ``daemon.system.files``, and why that opens nothing."""


def makes(node: ast.AST) -> bool:
    """Whether a call makes a file or folder whose rights are left to the umask."""
    if not isinstance(node, ast.Call) or any(word.arg == "opener" for word in node.keywords):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    words = [*node.args, *(word.value for word in node.keywords)]
    modes = {word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    copies = ast.unparse(node.func) == "shutil.copy"  # others are of texts and values
    return (
        copies
        or called in MAKING
        or (called == "open" and any(re.fullmatch(r"[wax]b?\+?b?t?", mode) for mode in modes))
    )


def test_what_is_made_is_not_left_to_the_umask() -> None:
    found = {
        name(file)
        for top in ("daemon", "training", "dashboard")
        for file in sources(top)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if makes(node)
    }
    assert found == OPEN_TO_THE_UMASK.keys()


def test_a_process_in_which_libraries_write_closes_its_umask() -> None:
    ending = 'if __name__ == "__main__":\n    only_for_this_user()\n    raise SystemExit(main())\n'
    texts = {name(file): file.read_text(encoding="utf-8") for file in sources("training")}
    programs = {one for one, text in texts.items() if "__main__" in text} - {"training/model/dequantise.py"}
    assert len(programs) > 4 and [one for one in programs if not texts[one].endswith(ending)] == []


def test_no_two_files_of_tests_share_a_name() -> None:
    """The folders of tests are no packages, so pytest imports them by their bare names."""
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
