"""The catalogue of what nippo says: read from the code, compared with the ``.po``, compiled.

``python -m dev.words`` (``make words``) puts what the code says and the catalogue lacks into the ``.po``, with nothing
as its Japanese, drops what nobody says any more, and compiles it. ``tests/test_words.py`` holds both together.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import polib

from daemon.cli import app, load_command
from daemon.commands import COMMANDS
from daemon.errors import kinds
from daemon.words import DOMAIN, FOLDER, VARIABLE

ROOT = Path(__file__).parent.parent
PO = FOLDER / "ja" / "LC_MESSAGES" / f"{DOMAIN}.po"
MO = PO.with_suffix(".mo")
SPEAKING = ("daemon", "training")
MARKS = {"tr", "marked"}
LEVELS = {"debug", "info", "warning", "error", "exception"}
SHOWN = {
    "echo",
    "secho",
    "confirm",
    "prompt",
    "add_row",
    "add_column",
    "status",
    "Panel",
    "Table",
    "DoctorLine",
    "Timing",
}
"""What shows its arguments to a person, beside the errors and ``console.print``."""
THROUGH = {"style", "escape", "join", "Text", "folded", "append", "extend", "removeprefix", "chain", "tuple", "list"}
"""What hands its arguments on."""
QUIET = {"style", "fg", "markup", "justify", "overflow", "title_align", "border_style", "type", "no_wrap", "state"}
"""Named arguments that are no words."""


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.expr) -> str:
    """The English text of a literal, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def is_log(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and name_of(call.func.value) == "log" and call.func.attr in LEVELS


def sources() -> list[Path]:
    return sorted(file for top in SPEAKING for file in (ROOT / top).rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def said_in(tree: ast.AST) -> Iterator[str]:
    """The texts that a module marks, and those of its lines in the log."""
    for call in calls(tree):
        if call.args and (name_of(call.func) in MARKS or is_log(call)) and (text := text_of(call.args[0])):
            yield text


def said_by_help() -> Iterator[tuple[str, str]]:
    """The texts of every ``--help``: the file and each paragraph, option and default in words. Read in English."""
    from typer.main import get_group

    def of(command: Any, file: str) -> Iterator[tuple[str, str]]:
        for part in (command.help or "").strip().split("\n\n"):
            yield file, " ".join(line.strip() for line in part.splitlines())
        for one in command.params:
            yield file, getattr(one, "help", None) or ""
            default = getattr(one, "show_default", None)
            yield file, default if isinstance(default, str) and re.search("[a-z] [a-z]", default) else ""
        for part in getattr(command, "commands", {}).values():
            yield from of(part, file)

    main = get_group(app)
    main.commands = {}
    yield from of(main, "daemon/cli.py")
    for name, line in COMMANDS.items():
        yield "daemon/commands/__init__.py", line
        yield from of(load_command(name), "daemon/commands/__init__.py")


def wanted() -> dict[str, list[str]]:
    """Every text that wants a translation, with the files that say it."""
    found: dict[str, list[str]] = {}
    in_code = (
        (file.relative_to(ROOT).as_posix(), text)
        for file in sources()
        for text in said_in(ast.parse(file.read_text(encoding="utf-8")))
    )
    for file, text in (*in_code, *said_by_help()):
        if text and file not in found.setdefault(text, []):
            found[text].append(file)
    return found


def placeholders(text: str) -> set[str]:
    """The names in braces of a text and the marks of a line in the log."""
    try:
        names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        names = set()
    return names | set(re.findall(r"%[\d.]*[a-z]", text))


def is_words(text: str) -> bool:
    """Whether a text has words: nippo's name, options, and what stands in back quotes, braces or markup are none."""
    bare = re.sub(r"`[^`]*`|\[/?[a-z ]*\]|\{[^}]*\}|--[a-z-]+|\bnippo\b|^demo: ", "", text)
    return bool(re.search(r"[A-Za-z]{2}|[ぁ-んァ-ヶ一-龠]", bare))


def written(node: ast.JoinedStr | ast.Constant) -> str:
    """The words of a literal, its values left out."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(text_of(part) for part in parts)


def bare(node: ast.expr) -> Iterator[ast.JoinedStr | ast.Constant]:
    """The literals with words that a value is made of and that are not marked."""
    if isinstance(node, ast.JoinedStr):
        if is_words(written(node)):
            yield node
        else:
            for value in node.values:
                if isinstance(value, ast.FormattedValue):
                    yield from bare(value.value)
        return
    if isinstance(node, ast.Constant):
        if is_words(text_of(node)):
            yield node
        return
    inner: Iterable[ast.expr] = ()
    if isinstance(node, ast.Call):
        inner = node.args if name_of(node.func) in THROUGH else ()
    elif isinstance(node, ast.IfExp):
        inner = (node.body, node.orelse)
    elif isinstance(node, ast.BoolOp):
        inner = node.values
    elif isinstance(node, ast.BinOp):
        inner = (node.left, node.right)
    elif isinstance(node, ast.List | ast.Tuple):
        inner = node.elts
    elif isinstance(node, ast.ListComp | ast.GeneratorExp):
        inner = (node.elt,)
    elif isinstance(node, ast.Starred | ast.NamedExpr):
        inner = (node.value,)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict):
        inner = node.value.values
    for one in inner:
        yield from bare(one)


def unmarked(tree: ast.AST) -> Iterator[ast.JoinedStr | ast.Constant]:
    """The literals of a module that a person is shown and that are not marked."""
    errors = kinds().keys()
    for call in calls(tree):
        name = name_of(call.func)
        printed = name == "print" and isinstance(call.func, ast.Attribute)
        if name in errors or name in SHOWN or printed:
            first = 2 if name == "DoctorLine" else 0  # its name and state are for programs too
            for value in (*call.args[first:], *(word.value for word in call.keywords if word.arg not in QUIET)):
                yield from bare(value)
        elif name in MARKS and isinstance(call.args[0], ast.JoinedStr):
            yield call.args[0]


def update() -> list[str]:
    """Bring the catalogue up to the code and compile it; return the texts without Japanese."""
    book = polib.pofile(str(PO), wrapwidth=110) if PO.is_file() else polib.POFile(wrapwidth=110)
    book.metadata = {
        "Language": "ja",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    known = {entry.msgid: entry.msgstr for entry in book}
    found = wanted()
    book.clear()
    for text, files in sorted(found.items(), key=lambda one: one[1][0]):
        log = "python-format" if "%" in text else ""
        entry = polib.POEntry(msgid=text, msgstr=known.get(text, ""), occurrences=[(file, "") for file in files])
        entry.flags = [log] if log and "{" not in text else []
        book.append(entry)
    book.save(str(PO))
    book.save_as_mofile(str(MO))
    return [entry.msgid for entry in book if not entry.msgstr]


if __name__ == "__main__":
    os.environ[VARIABLE] = "en"
    missing = update()
    for text in missing:
        print(f"no Japanese: {text!r}")
    sys.exit(bool(missing))
