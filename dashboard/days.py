"""All days at a glance: which have a report, in which state, and which have none.

The vault is the truth: a box ticked in Obsidian counts at once, whether the daemon runs or not. So that 1,000 reports
open quickly, ``ReportShelf`` reads a note only when its size or time has changed; the listing is one ``scandir``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from daemon.store.store import Job
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout
from daemon.vault.report_note import ReadReport, is_begun, read
from daemon.vault.scan import DiaryNote, find_diaries
from daemon.vault.writer import LARGEST

STATES = {
    "draft": "下書き",
    "needs-review": "要確認",
    "accepted": "提出済み",
    "waiting": "作成待ち",
    "failed": "失敗",
    "missing": "日報なし",
}
"""The states of a day in the order of the filter, as a person reads them."""

MARKS = {"draft": "○", "needs-review": "△", "accepted": "●", "waiting": "…", "failed": "×", "missing": "－"}


@dataclass(frozen=True)
class Shelved:
    """What the overview needs of one report note."""

    day: date
    state: str
    model: str
    warnings: int
    redo: bool


@dataclass(frozen=True)
class Day:
    """One day. ``diary_path`` is "" where the diary is gone; ``has_report`` says whether a note is on disk."""

    day: date
    state: str
    diary_path: str
    has_report: bool
    model: str = ""
    warnings: int = 0
    error: str = ""
    next_step: str = ""


class ReportShelf:
    """The report notes of a vault, each read once and again only after a change. For one process; safe for threads,
    because a lost race only reads a note twice."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, int, Shelved | None]] = {}

    def look(self, layout: Layout, places: Mapping[str, str] | None = None) -> list[Shelved]:
        """The reports as they are now, also those that were last seen elsewhere (``places``: day → path); notes that
        vanish or cannot be read meanwhile are passed over."""
        folder = layout.root / layout.report_folder
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError:
            entries = []
        found_by_day: dict[date, Shelved] = {}
        for entry in entries:
            path = f"{layout.report_folder}/{entry.name}" if layout.report_folder else entry.name
            day = layout.report_date(path)
            if day is not None and (each := self._one(day, Path(entry.path))):
                found_by_day[day] = each
        for text, path in (places or {}).items():
            day = date.fromisoformat(text)
            if path != layout.report_path(day) and (each := self._one(day, layout.file(path))):
                found_by_day[day] = each
        return [found_by_day[day] for day in sorted(found_by_day)]

    def _one(self, day: date, file: Path) -> Shelved | None:
        try:
            status = file.lstat()
            if not stat.S_ISREG(status.st_mode):
                return None
            size, mtime, shelved = self._known.get(file, (-1, -1, None))
            if (size, mtime) != (status.st_size, status.st_mtime_ns):
                note = read(read_plain(file, LARGEST))
                shelved = None if is_begun(note) else shelve(day, note)
                self._known[file] = (status.st_size, status.st_mtime_ns, shelved)
            return shelved
        except OSError:
            return None


def shelve(day: date, note: ReadReport) -> Shelved:
    """Given a report note, return its line of the overview. Pure."""
    return Shelved(day, state_of(note), note.model, len(note.warnings), note.redo)


def state_of(note: ReadReport) -> str:
    """The state of a report: its tick says more than its ``status``, which follows later. Pure."""
    return "accepted" if note.accepted else "needs-review" if note.status == "needs-review" else "draft"


def diaries(layout: Layout) -> list[DiaryNote]:
    """The diary notes of a vault; oddities are left to the status page."""
    return [note for note in find_diaries(layout) if isinstance(note, DiaryNote)]


def overview(notes: Iterable[DiaryNote], reports: Iterable[Shelved], jobs: Iterable[Job]) -> list[Day]:
    """Bring diaries, reports and the queue together, the newest day first. Pure."""
    paths: dict[date, str] = {}
    for note in notes:
        paths.setdefault(note.day, note.path)
    by_day: dict[date, Day] = {day: Day(day, "missing", path, False) for day, path in paths.items()}
    for each in reports:
        by_day[each.day] = Day(each.day, each.state, paths.get(each.day, ""), True, each.model, each.warnings)
    for job in jobs:
        if not job.day or job.state == "skipped":
            continue
        day = date.fromisoformat(job.day)
        known = by_day.get(day)
        if known is None or not known.has_report or (job.asked and job.state == "waiting"):
            state = "failed" if job.state == "failed" else "waiting"
            by_day[day] = Day(
                day,
                state,
                job.path,
                bool(known and known.has_report),
                known.model if known else "",
                known.warnings if known else 0,
                job.error,
                job.next_step,
            )
    return sorted(by_day.values(), key=lambda each: each.day, reverse=True)


def counted(days: Iterable[Day]) -> dict[str, int]:
    """How many days are in each state; all states are there. Pure."""
    counts = dict.fromkeys(STATES, 0)
    for each in days:
        counts[each.state] += 1
    return counts


def filtered(days: Iterable[Day], states: Collection[str]) -> list[Day]:
    """The days in any of the states; no state at all means every day. Pure."""
    return [each for each in days if not states or each.state in states]


def weekday(day: date) -> str:
    """One letter. Pure."""
    return "月火水木金土日"[day.weekday()]


def label(each: Day) -> str:
    """A day in one line for a list."""
    extra = f" ・ 警告{each.warnings}" if each.warnings else ""
    return f"{MARKS[each.state]} {each.day.isoformat()}({weekday(each.day)}) {STATES[each.state]}{extra}"


def squares(days: Iterable[Day], today: date, weeks: int = 26) -> list[dict[str, object]]:
    """The calendar's squares: every day of the last ``weeks`` weeks up to today with its state, but not from before the
    first diary, unless that leaves less than a quarter of a year. ``week`` is the Monday. Pure."""
    known = {each.day: each.state for each in days}
    monday = today - timedelta(days=today.weekday())
    begin = min((*known, monday - timedelta(weeks=12)))
    first = max(monday - timedelta(weeks=weeks - 1), begin - timedelta(days=begin.weekday()))
    return [
        {
            "week": (day - timedelta(days=day.weekday())).isoformat(),
            "weekday": weekday(day),
            "day": day.isoformat(),
            "state": STATES.get(known.get(day, ""), "日記なし"),
        }
        for day in (first + timedelta(days=number) for number in range((today - first).days + 1))
    ]
