"""The evidence notes beside the reports, ``nippo/根拠/2026-01-07-根拠.md``: written with a draft, gone with its report.

They are derived, so a new draft rewrites them. One that a person has edited is copied into ``.history`` before that,
and neither an edit nor a deletion is undone while the draft stays the same. Nothing of them is read as diary or report.
"""

from __future__ import annotations

import logging
import os
from datetime import date, datetime
from typing import Any

from daemon.config import Config
from daemon.drafting.evidence_page import evidence_page, has_page
from daemon.drafting.learned_form import with_learned_form
from daemon.drafting.record import DayRecord
from daemon.errors import NippoError
from daemon.learning.places import place_of
from daemon.store.store import ReportRow, Store
from daemon.system.plain_files import read_plain
from daemon.vault.history import keep_evidence
from daemon.vault.layout import Layout, link_name, read_layout
from daemon.vault.writer import LARGEST, digest, remove_file, report_digest, write_report

KEY = "evidence"
"""What is remembered of a note in the database: under this word and its day, ``of`` (when its draft was written) and
``shas`` (the hashes of the bytes that nippo wrote, or was about to write)."""

log = logging.getLogger(__name__)


def evidence_link(layout: Layout, day: date, record: DayRecord) -> str:
    """The link of the note that a draft gets, "" where there is nothing to show."""
    return link_name(layout.evidence_path(day)) if has_page(record) else ""


def try_evidence(config: Config, store: Store, layout: Layout, day: str) -> None:
    """``write_evidence``, where a failure may not fail the report: the next scan tries again."""
    try:
        write_evidence(config, store, layout, date.fromisoformat(day))
    except NippoError as problem:
        log.warning("evidence of %s: %s", day, problem.what)


def write_evidence(config: Config, store: Store, layout: Layout, day: date) -> None:
    """Put the evidence of a day's draft into the vault, or take away that of an earlier draft where there is none now.
    Raises ``ReportBlocked`` as every write; ``ReportTouched`` of these where it was edited this very moment."""
    row = store.report(day)
    page = _page(config, store, layout, row) if row and config.report.evidence else ""
    if row is None or not page:
        remove_evidence(store, layout, day)
        return
    known, file, data = _known(store, day), layout.file(layout.evidence_path(day)), page.encode()
    before, new = report_digest(file), digest(data)
    if before != new:
        if known["of"] == row.written_at:
            return  # it was written with this draft: its person has edited or deleted it since
        if before is not None and before not in known["shas"]:
            keep_evidence(layout, day, read_plain(file, LARGEST))
        store.set_meta(_key(day), {"of": known["of"], "shas": [*known["shas"], new]})
        write_report(layout.root, file, data, before, lambda: True)
    if known != (done := {"of": row.written_at, "shas": [new]}):
        store.set_meta(_key(day), done)


def remove_evidence(store: Store, layout: Layout, day: date) -> None:
    """Take a day's evidence away where it is as nippo wrote it, and forget it. Raises ``ReportBlocked``."""
    known, file = _known(store, day), layout.file(layout.evidence_path(day))
    here = report_digest(file) if known["shas"] else None
    if here is not None and here in known["shas"]:
        remove_file(file, here)
    if known["shas"]:
        store.set_meta(_key(day), {"of": "", "shas": []})


class EvidenceKeeper:
    """A listener of the daemon's main loop: takes the evidence of deleted reports away, and writes what a crash or a
    full disk has left out while the report is still as it was drafted."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store
        self._seen: dict[str, tuple[str, bool]] = {}

    def reconfigure(self, config: Config) -> None:
        self._config = config
        self._seen.clear()

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        self._look(read_layout(self._config), day.isoformat())

    def scanned(self, now: datetime) -> None:
        layout = read_layout(self._config)
        for day, _, _, written_at in self._store.written_reports():
            there = os.path.lexists(layout.file(place_of(layout, self._store, date.fromisoformat(day))))
            if self._seen.get(day) != (written_at, there) and self._look(layout, day):
                self._seen[day] = (written_at, there)

    def turn(self, now: datetime, monotonic: float) -> None:
        """Nothing to do between scans."""

    def stop(self) -> None:
        """Nothing is held."""

    def _look(self, layout: Layout, day: str) -> bool:
        """Bring one day's evidence in line with its report; False where that has to be tried again."""
        try:
            row = self._store.report(day)
            there = report_digest(layout.file(place_of(layout, self._store, date.fromisoformat(day))))
            if there is None or not self._config.report.evidence:
                remove_evidence(self._store, layout, date.fromisoformat(day))
            elif row is not None and there == row.report_sha:
                write_evidence(self._config, self._store, layout, date.fromisoformat(day))
        except NippoError as problem:
            log.warning("evidence of %s: %s", day, problem.what)
            return False
        return True


def _page(config: Config, store: Store, layout: Layout, row: ReportRow) -> str:
    record = DayRecord.from_text(row.record)
    if not has_page(record):
        return ""
    day = date.fromisoformat(row.day)
    link = link_name(place_of(layout, store, day))
    return evidence_page(day, link, record, row.draft, with_learned_form(config).report)


def _key(day: date) -> str:
    return f"{KEY}/{day.isoformat()}"


def _known(store: Store, day: date) -> dict[str, Any]:
    found: dict[str, Any] = store.get_meta(_key(day), {"of": "", "shas": []})
    return found
