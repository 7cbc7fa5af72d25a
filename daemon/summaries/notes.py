"""Summaries as notes of the vault, such as ``nippo/週報/2026-W48.md``: written anew while they are as nippo wrote them,
never over a person's edit, never again where a person deleted one."""

from __future__ import annotations

import logging
from datetime import date, datetime
from typing import Literal

from daemon.config import Config
from daemon.drafting.learned_form import with_learned_form
from daemon.errors import NippoError, ReportTouched
from daemon.learning.places import all_reports
from daemon.store.store import Store
from daemon.summaries.days import read_days
from daemon.summaries.page import render
from daemon.summaries.periods import Period, over
from daemon.vault.layout import Layout, read_layout
from daemon.vault.writer import digest, report_digest, write_report

KEY = "summary"
"""What is remembered of a note in the database: under this word and its path, the hash of its bytes."""
SummaryStep = Literal["written", "same", "edited", "deleted", "empty"]

log = logging.getLogger(__name__)


def write_summary(layout: Layout, store: Store, config: Config, period: Period, asked: bool = False) -> SummaryStep:
    """Put the summary of a period into the vault; say what became of it. ``asked``: by a person, so that a deleted one
    comes back. The database learns first which bytes are to come, so that after a crash they are known. Raises
    ``ReportBlocked`` as every write."""
    kilobytes = config.watch.max_note_kilobytes
    days = read_days(layout, period.first, period.last, kilobytes, places=store.places())
    if not days:
        return "empty"
    data = render(period, days, with_learned_form(config).report).encode()
    path = layout.summary_path(period.kind, period.name)
    key, file = f"{KEY}/{path}", layout.file(path)
    known: list[str] = store.get_meta(key, [])
    before, new = report_digest(file), digest(data)
    if before == new:
        return "same"
    if before is None and known and not asked:
        return "deleted"
    if before is not None and before not in known:
        return "edited"
    store.set_meta(key, [*({before} - {None}), new])
    try:
        write_report(layout.root, file, data, before, lambda: True)
    except ReportTouched:
        return "edited"
    store.set_meta(key, [new])
    return "written"


class SummaryKeeper:
    """A listener of the daemon's main loop: keeps the notes that ``schedule.summaries`` asks for, looked at in every
    scan and made anew only when a report of their days has changed."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store
        self._seen: dict[str, object] = {}

    def reconfigure(self, config: Config) -> None:
        self._config = config
        self._seen.clear()

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        """The next scan takes it in."""

    def scanned(self, now: datetime) -> None:
        for period in over(self._config.schedule.summaries, now):
            try:
                self._keep(read_layout(self._config), period)
            except NippoError as problem:
                log.warning("summary %s: %s", period.name, problem.what)

    def turn(self, now: datetime, monotonic: float) -> None:
        """Nothing to do between scans."""

    def stop(self) -> None:
        """Nothing is held."""

    def _keep(self, layout: Layout, period: Period) -> None:
        reports = {
            path: (size, mtime_ns)
            for day, (path, size, mtime_ns) in all_reports(layout, self._store.places()).items()
            if period.first <= day <= period.last
        }
        if self._seen.get(period.name) == reports:
            return
        done = write_summary(layout, self._store, self._config, period)
        self._seen[period.name] = reports
        log.info("summary %s: %s", period.name, done)
