"""Where the report of a day lies: under the name that nippo gave it, or wherever its person has moved it in the vault.

The place is remembered in the database, so that a note is looked for only when it is not where it was.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

from daemon.config import Config
from daemon.store.store import Store
from daemon.vault.history import history_folder
from daemon.vault.layout import Layout
from daemon.vault.report_finder import ReportFinder, day_of_report
from daemon.vault.report_note import ReadReport, read
from daemon.vault.scan import find_reports


def place_of(layout: Layout, store: Store, day: date) -> str:
    """The path of a day's report in the vault: where it was last seen if something still lies there, else the name that
    nippo gives it."""
    return place_among(layout, {day.isoformat(): store.place(day)}, day)


def place_among(layout: Layout, places: Mapping[str, str], day: date) -> str:
    """The same, given the places where reports were last seen, by day."""
    known = places.get(day.isoformat())
    return known if known and os.path.lexists(layout.file(known)) else layout.report_path(day)


def known_places(config: Config) -> dict[str, str]:
    """Where the reports were last seen, by day; {} where there is no database yet."""
    store = Store.open_existing(config.data_path)
    if store is None:
        return {}
    with store:
        return store.places()


def all_reports(layout: Layout, places: Mapping[str, str]) -> dict[date, tuple[str, int, int]]:
    """Given where reports were last seen, every report that is there: day → path, size, mtime_ns."""
    found: dict[date, tuple[str, int, int]] = {}
    for path, (size, mtime_ns) in find_reports(layout).items():
        if day := layout.report_date(path):
            found[day] = (path, size, mtime_ns)
    for text, path in places.items():
        day = date.fromisoformat(text)
        if path != layout.report_path(day):
            with contextlib.suppress(OSError):
                status = layout.file(path).lstat()
                if stat.S_ISREG(status.st_mode):
                    found[day] = (path, status.st_size, status.st_mtime_ns)
    return found


def report_folders(layout: Layout, store: Store) -> set[Path]:
    """The folders in which nippo writes reports, copies of them and their evidence."""
    places = {layout.file(path).parent for path in store.places().values()}
    own = (layout.report_folder, history_folder(layout), layout.evidence_folder)
    return {*map(layout.file, own), *places}


class Places:
    """Finds the reports of one vault and remembers where. Only the reviewer holds one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._finder = ReportFinder()
        self._elsewhere: dict[date, list[str]] | None = None
        self._usual: dict[date, str] = {}

    def forget_search(self) -> None:
        """The vault may have changed: look through it anew when a note is missed next."""
        self._elsewhere = None

    def elsewhere(self, layout: Layout) -> dict[date, list[str]]:
        """Every report of the vault that does not lie under the name of its day."""
        if self._elsewhere is None:
            self._elsewhere = self._finder.find(layout)
        return self._elsewhere

    def look(self, layout: Layout, day: date) -> str | None:
        """The path of a day's report, None where there is none in the vault. While one lies where it was last seen, no
        copy takes its place, but a ticked one under the usual name; of copies that are left the ticked one counts."""
        known, usual = self._store.place(day), layout.report_path(day)
        here = [path for path in dict.fromkeys((known, usual)) if _is_of(layout, path, day)]
        if here == [known, usual] and _ticked(layout, usual):
            here = [usual]
        elif not here:
            here = [path for path in self.elsewhere(layout).get(day, ()) if _is_of(layout, path, day)]
            here.sort(key=lambda path: not _ticked(layout, path))
        if here and not known and here[0] == usual:
            self._usual[day] = usual
        elif here and here[0] != known:
            self._store.set_place(day, here[0])
        return here[0] if here else None

    def write_down(self) -> None:
        """Remember the reports that lie where nippo put them, all in one step: a thousand at the first start."""
        found, self._usual = self._usual, {}
        if found:
            with self._store.batch():
                for day, path in found.items():
                    self._store.set_place(day, path)

    def is_away(self, layout: Layout, day: date, kept: Collection[str]) -> bool:
        """Given that a day's report is not there: whether that says nothing, since its folder is gone, cannot be read,
        was emptied as a whole, or a sync client keeps a placeholder there. ``kept``: the days with accepted reports."""
        places = self._store.places()
        path = places.get(day.isoformat()) or layout.report_path(day)
        file = layout.file(path)
        try:
            names = [entry.name for entry in file.parent.iterdir()]
        except OSError:
            return True
        if f".{file.name}.icloud" in names:
            return True
        others = (places.get(other, "") for other in kept if other != day.isoformat())
        return not names and any(Path(other).parent == Path(path).parent for other in others if other)


def _is_of(layout: Layout, path: str, day: date) -> bool:
    """Whether the report of a day lies under a path. What cannot be read, under the name of the day, counts as such."""
    if not path or not os.path.lexists(layout.file(path)):
        return False
    note = _read(layout, path)
    if note is None:
        return layout.report_date(path) == day
    return day_of_report(layout, path, note) == day


def _ticked(layout: Layout, path: str) -> bool:
    note = _read(layout, path)
    return note is not None and note.accepted


def _read(layout: Layout, path: str) -> ReadReport | None:
    file = layout.file(path)
    try:
        return read(file.read_bytes()) if stat.S_ISREG(file.lstat().st_mode) else None
    except OSError:
        return None
