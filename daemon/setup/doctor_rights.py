"""What other users of this machine may read: of nippo's own files, which `nippo doctor` can close, and of the vault.

What nippo makes today is closed; an older one left it to the umask. Windows knows no such rights: there a user's
folders are closed to the others, and nothing is looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from daemon.config import Config
from daemon.models.reference import cache_folder
from daemon.setup.doctor_system import DoctorLine
from daemon.system.files import PRIVATE_FOLDER
from daemon.system.shipped import starter_folder
from daemon.words import tr

OTHERS = 0o777 & ~PRIVATE_FOLDER
LEARNED = ("adapters", "rules")
"""Folders of the model cache that may hold what was learned from a person; the rest is anybody's models."""


def rights_lines(config: Config) -> Iterator[DoctorLine]:
    """Whether nippo's own files, the names in the settings, and the vault are open to other users."""
    if os.name != "posix":
        return
    found = left_open(config)
    if found:
        first = found[0]
        more = tr(" and {count} more", count=len(found) - 1) if len(found) > 1 else ""
        message = (
            tr("{first}{more}: other users may read them", first=first, more=more)
            if more
            else tr("{first}: other users may read it", first=first)
        )
        yield DoctorLine("rights", "warn", message, tr("`nippo doctor --fix` closes them."))
    else:
        yield DoctorLine("rights", "ok", tr("nippo's own files are closed to other users"))
    if config.file and config.privacy.deny and may_be_reached(config.file):
        remedy = f"chmod 600 '{config.file}'"
        yield DoctorLine(
            "rights", "warn", tr("{file}: other users may read the names in `privacy.deny`", file=config.file), remedy
        )
    if may_be_reached(config.vault_path):
        remedy = tr(
            "nippo changes no rights of a vault. If they should not: chmod 700 '{vault_path}'",
            vault_path=config.vault_path,
        )
        yield DoctorLine(
            "rights", "warn", tr("{vault_path}: other users may read the vault", vault_path=config.vault_path), remedy
        )


def left_open(config: Config) -> list[Path]:
    """The files and folders of nippo that other users may use, those above first. What lies in a closed folder is not
    looked at, links are not followed; a sticky folder, as in a container, and the starter corpus are everybody's."""
    if os.name != "posix":
        return []
    cache = cache_folder()
    tops = (config.data_path, *(cache / name for name in LEARNED))
    return [path for top in tops for path in _open_below(top)]


def close(paths: list[Path]) -> list[str]:
    """Take the rights of others away; return why it failed where it did. The order of ``left_open`` leaves nobody a
    moment in which to put something else in a file's place."""
    problems = []
    for path in paths:
        try:
            status = path.lstat()
            if not stat.S_ISLNK(status.st_mode):
                path.chmod(stat.S_IMODE(status.st_mode) & PRIVATE_FOLDER)
        except OSError as problem:
            problems.append(f"{path}: {problem.strerror}")
    return problems


def may_be_reached(path: Path) -> bool:
    """Whether others may use a path and pass all folders above it: names of notes can be guessed, so that entering a
    folder is enough. A group counts as others unless it has the owner's name, as most systems make one for each."""
    passing = all(_open_to_others(folder, stat.S_IXGRP, stat.S_IXOTH) for folder in path.absolute().parents)
    return passing and _open_to_others(path, stat.S_IRGRP | stat.S_IXGRP, stat.S_IROTH | stat.S_IXOTH)


def _open_below(path: Path) -> Iterator[Path]:
    try:
        status = path.lstat()
    except OSError:
        return
    if stat.S_ISLNK(status.st_mode) or not status.st_mode & OTHERS or path == starter_folder():
        return
    if not status.st_mode & stat.S_ISVTX:
        yield path
    if stat.S_ISDIR(status.st_mode):
        try:
            inside = sorted(path.iterdir())
        except OSError:
            return
        for one in inside:
            yield from _open_below(one)


def _open_to_others(path: Path, group: int, other: int) -> bool:
    try:
        status = path.stat()
        return bool(status.st_mode & other or (status.st_mode & group and path.group() != path.owner()))
    except (OSError, KeyError):
        return False
