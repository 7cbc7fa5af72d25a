"""What ``nippo doctor`` says about files of the diary folder that are not taken."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.setup.doctor_system import DoctorLine
from daemon.vault.layout import Layout
from daemon.vault.scan import DiaryNote
from daemon.vault.strays import find_strays
from daemon.words import tr

MOST_LINES = 20
"""Files that are named one by one, of each kind: a folder of pictures would hide the rest."""


def stray_lines(layout: Layout, notes: list[DiaryNote]) -> Iterator[DoctorLine]:
    """First the names that look like a day's, with a remedy, then the others."""
    strays = list(find_strays(layout, notes))
    form = layout.diary_format.text
    remedy = tr(
        "Rename it as the format {form} writes it, or set diary_format in [vault] of config.toml; else ignore it.",
        form=form,
    )
    for dated in (True, False):
        some = [stray for stray in strays if stray.dated == dated]
        for stray in some[:MOST_LINES]:
            what = tr("{path} is not taken: {reason}", path=stray.path, reason=stray.reason)
            help_here = _folder_remedy(stray.path) if stray.folder else remedy
            yield DoctorLine("diary", "warn", what, help_here) if dated else DoctorLine("diary", "ok", what)
        if len(some) > MOST_LINES:
            rest = tr("{count} more files are not taken", count=len(some) - MOST_LINES)
            yield DoctorLine("diary", "warn" if dated else "ok", rest, remedy if dated else "")


def _folder_remedy(folder: str) -> str:
    return tr("If they are diaries, set `diary_folder = {path}` in [vault] of config.toml", path=f'"{folder}"')
