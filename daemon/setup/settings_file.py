"""The settings file that ``nippo setup`` and ``nippo init`` make: the shipped one, commented, with the answers filled
in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from daemon.config import user_config_file
from daemon.system.files import private_folder, write_atomically
from daemon.system.shipped import PACKAGE, starter_folder
from daemon.vault.report_note import quoted


def shipped() -> str:
    """The text of the shipped ``config.toml``, of a checkout or of an installed wheel."""
    packaged = PACKAGE / "config.toml"
    return (packaged if packaged.is_file() else starter_folder().parent.parent / "config.toml").read_text(
        encoding="utf-8"
    )


Answers = dict[tuple[str, str], str | bool]
"""(section, key) → value."""


def first_answers(vault: Path, file: Path) -> Answers:
    """What a settings file says of places: the vault, and for the user's own file the platform's folder for data."""
    answers: Answers = {("vault", "path"): str(vault)}
    if file == user_config_file():
        answers["data", "folder"] = str(platformdirs.user_data_path("nippo"))
    return answers


def write_settings(file: Path, answers: Answers) -> None:
    """Write a new settings file, and the folder that it lies in, for this user alone: it will hold names of people."""
    private_folder(file.absolute().parent)
    write_atomically(file.resolve(), fill_in(shipped(), answers))


def fill_in(text: str, answers: Mapping[tuple[str, str], str | bool]) -> str:
    """Given the shipped settings and (section, key) → value, return them with these values, comments kept.

    Raises ``KeyError`` for a key that the file does not have.
    """
    section = ""
    left = dict(answers)
    lines: list[str] = []
    for line in text.splitlines():
        head = re.match(r"\[(\w+)\]", line)
        section = head[1] if head else section
        entry = re.match(r"(\w+) = (\"[^\"]*\"|[^#\s]+)(\s*)(#.*)?$", line)
        if entry and (section, entry[1]) in left:
            answer = left.pop((section, entry[1]))
            value = f"{entry[1]} = {str(answer).lower() if isinstance(answer, bool) else quoted(answer)}"
            width = len(line) - len(entry[4]) if entry[4] else 0
            line = f"{value:{width}}{'  ' if len(value) >= width else ''}{entry[4]}" if entry[4] else value
        lines.append(line)
    if left:
        raise KeyError(next(iter(left)))
    return "\n".join(lines) + "\n"
