"""The first version of a report note: made when a draft takes longer than a few seconds, so that its person sees in
Obsidian that the report is on its way.

It has no body, so that there is nothing to hand in by mistake and nothing to learn from. Made only where no note is;
the draft takes its place while nobody has written into it or ticked it. Where no draft comes it says so, and where none
is to come any more it is taken away: what it says is held against the queue at every turn, so that a crash leaves none
behind.
"""

from __future__ import annotations

import contextlib
import logging
import math
from datetime import date, datetime
from pathlib import Path

from daemon.errors import NippoError, ReportTouched, StorageError
from daemon.learning.announcement import first_change
from daemon.learning.first_versions import FAILED, WRITING, FirstVersion, imprint, known, known_days, remember
from daemon.learning.places import place_of
from daemon.service.standing import Owner, Standing, leave_day, leave_to_person, may_write, standing
from daemon.store.store import Job, Store
from daemon.system.plain_files import read_plain
from daemon.vault.layout import Layout, link_name
from daemon.vault.own_lines import NewValue, with_values
from daemon.vault.report_note import ReportNote, listed, read, render
from daemon.vault.writer import LARGEST, digest, remove_file, replace_file, write_report

AFTER_SECONDS = 5.0
"""So long a draft may take before its note says that it is being written; a GPU is quicker."""

log = logging.getLogger(__name__)


class FirstVersions:
    """The first versions of one vault's reports. ``after``: the seconds that a draft may take without one."""

    def __init__(self, layout: Layout, store: Store, after: float) -> None:
        self._layout, self._store, self._after = layout, store, after
        self._due = math.inf

    def begun(self, monotonic: float) -> None:
        """A draft has begun."""
        self._due = monotonic + self._after

    def drafting(self, job: Job, now: datetime, monotonic: float) -> None:
        """The draft of a job is under way: once it takes long, say so in the vault, where no note of the day is. What
        stands in the way is no trouble of the draft. Old days have none: they come by the hundred."""
        if monotonic < self._due or job.source == "backfill":
            return
        self._due = math.inf
        day = date.fromisoformat(job.day)
        with contextlib.suppress(NippoError):
            found = standing(self._layout, self._store, day)
            if found.on_disk is not None or not may_write(found, job):
                return
            note = ReportNote(day, link_name(job.path), "", "writing", "", now, (WRITING,))
            data = render(note).encode()
            change = first_change(self._layout, self._store, day, FirstVersion(imprint(data)))
            write_report(self._layout.root, self._file(day), data, None, lambda: True, change)
            change.record()
            log.info("%s: the note says that it is being written", job.path)

    def fail(self, day: str) -> None:
        """No draft can be made now: the first version of a day says so, where there is one. It is not changed again
        before the draft is there."""
        with contextlib.suppress(NippoError):
            self._fail(date.fromisoformat(day))

    def tidy(self) -> None:
        """Hold the first versions against the queue, while nothing is drafted: whose job has failed says so; whose job
        is gone is taken away; what a person has made of one is theirs. Raises ``StorageError``."""
        for day in known_days(self._store):
            jobs = [job for job in self._store.jobs() if job.day == day.isoformat()]
            states = {job.state for job in jobs}
            try:
                if standing(self._layout, self._store, day).owner in (Owner.PERSON, Owner.DELETED):
                    for job in jobs:
                        leave_to_person(self._store, self._layout, job.path)
                    leave_day(self._store, self._layout, day)
                elif "waiting" in states:
                    continue
                elif "failed" in states:
                    self._fail(day)
                else:
                    self._withdraw(day)
            except StorageError:
                raise
            except ReportTouched:
                continue  # it is looked at again at once
            except NippoError as problem:
                log.debug("first version of %s: %s", day, problem.what)

    def _fail(self, day: date) -> None:
        found, data = self._look(day)
        if data is None or read(data).status == "failed":
            return
        new = with_values(data, {"status": NewValue("failed"), "warnings": listed((FAILED,))})
        change = first_change(self._layout, self._store, day, FirstVersion(imprint(new)))
        replace_file(self._file(day), new, found.on_disk, lambda: True, change)
        change.record()

    def _withdraw(self, day: date) -> None:
        """Take a first version away. That it is going is remembered before: its absence is no deletion then."""
        found, data = self._look(day)
        first = known(self._store, day)
        if first is not None and data is not None and found.on_disk is not None:
            remember(self._store, day, FirstVersion(first.imprint, leaving=True))
            remove_file(self._file(day), found.on_disk)
        remember(self._store, day, None)

    def _look(self, day: date) -> tuple[Standing, bytes | None]:
        """How a day's report stands, and the bytes of its first version, None where there is none."""
        found = standing(self._layout, self._store, day)
        if found.begun and found.on_disk is not None and found.owner is Owner.NOBODY:
            with contextlib.suppress(OSError):
                data = read_plain(self._file(day), LARGEST)
                return found, data if digest(data) == found.on_disk else None
        return found, None

    def _file(self, day: date) -> Path:
        return self._layout.file(place_of(self._layout, self._store, day))
