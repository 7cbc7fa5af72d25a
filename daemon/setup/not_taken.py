"""What ``nippo status`` says about notes that the daemon passes over, each with the command that takes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from daemon.service.passed_over import Passed, PassedKind
from daemon.words import tr

SHOWN = 5
"""So many of each kind are named."""


def not_taken(
    found: Mapping[PassedKind, tuple[int, Sequence[Passed]]], first_run: str, form: str, root: Path
) -> Iterator[tuple[str, str]]:
    """Given what was passed over, the day of the first run, the vault's format and its folder, yield lines, each with
    what to do about it."""
    for kind, (count, newest) in found.items():
        for one in newest[:SHOWN]:
            yield _of(one, first_run, form, root)
        if (rest := count - min(len(newest), SHOWN)) > 0:
            whole = tr("`nippo backfill` takes whole ranges of days without a report")
            yield (
                tr("and {count} more like these", count=rest),
                whole if kind == "before" else "" if kind == "changed" else tr("`nippo doctor` names all"),
            )


def _of(one: Passed, first_run: str, form: str, root: Path) -> tuple[str, str]:
    if one.kind == "before":
        return (
            tr("{path}: is of a day before the first run ({day})", path=one.path, day=first_run),
            tr("`nippo report {day}` writes its report", day=one.day),
        )
    if one.kind == "changed":
        return (
            tr(
                "{path}: has changed since its report was written; days before the first run are not renewed",
                path=one.path,
            ),
            tr("`nippo report {day}` writes it anew", day=one.day),
        )
    if one.kind == "folder":
        return (
            tr("{path}: notes of days lie in this folder, where none are looked for", path=one.path),
            tr("If they are diaries, set `diary_folder = {path}` in [vault] of config.toml", path=f'"{one.path}"'),
        )
    return (
        tr("{path}: its name is not of the form {form}", path=one.path, form=form),
        tr("Rename it; `nippo report --stdout {path}` shows a report without that", path=f'"{root / one.path}"'),
    )
