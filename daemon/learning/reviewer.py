"""The review in the running daemon and in commands: looks at report notes, stores and withdraws pairs, starts redos.

A missed event costs nothing: every scan looks at all notes whose size or time has changed since they were last read,
wherever in the vault they lie (``daemon.learning.places``). Of a note the lines ``redo`` and ``status`` are changed and
a hint is put under its ``warnings``, each only while the note is still the one that was read.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from daemon.config import Config
from daemon.errors import NippoError, NoteError, ReportBlocked, ReportTouched, StorageError, unforeseen
from daemon.learning.announcement import settle, unknown_report
from daemon.learning.given_away import give_away, given, take_back, went_on
from daemon.learning.leak_question import LeakQuestion
from daemon.learning.note_hints import NoteHints
from daemon.learning.pair_keeper import PairKeeper
from daemon.learning.places import Places, place_of
from daemon.learning.review import VAULT, decide
from daemon.store.store import Store
from daemon.system.plain_files import read_plain
from daemon.vault.conflict import has_conflict
from daemon.vault.history import keep_body
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import ReadReport, read
from daemon.vault.scan import read_note
from daemon.vault.tick_hint import HELD, tick_hints, with_hints
from daemon.vault.writer import change_key, digest, replace_file, report_digest
from daemon.words import marked, tr

STEPS = (
    marked("store"),
    marked("update"),
    marked("withdraw"),
    marked("drop"),
    marked("missing"),
    marked("found"),
    marked("lost"),
    marked("ask"),
    marked("release"),
)
"""The steps of ``daemon.learning.review`` that a line of the log names."""
CONFLICT = marked("Decide which side holds and remove the marks; until then nothing is learned of it.")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reviewed:
    """What looking at one note led to: the step taken with the pair, whether a new draft was queued, and what stood in
    the way (a message for a person and what to do about it, "" without)."""

    step: str
    redo: bool = False
    problem: str = ""
    next_step: str = ""


class Reviewer:
    """Reviews the reports of one vault. A listener of the daemon's main loop; commands use it as well."""

    def __init__(self, config: Config, store: Store, leaks: Callable[[Config], LeakQuestion] | None = None) -> None:
        """``leaks``: how to ask whether something private stands in a report that was ticked in the vault; None where
        its person was asked already."""
        self._config = config
        self._store = store
        self._leaks = leaks
        self._places = Places(store)
        self._hints = NoteHints(store)
        self._seen: dict[str, tuple[int, int]] = {}
        self._sought: set[date] = set()
        self._told: dict[str, str] = {}

    def reconfigure(self, config: Config) -> None:
        self._config = config
        self._seen.clear()

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        self._safely(lambda: self._alone(read_layout(self._config), day, now), path)

    def scanned(self, now: datetime) -> None:
        self._safely(lambda: self.review_all(read_layout(self._config), now), "scan")

    def turn(self, now: datetime, monotonic: float) -> None:
        """Nothing to do between events."""

    def stop(self) -> None:
        """Nothing is held."""

    def review_all(self, layout: Layout, now: datetime, everywhere: bool = False) -> dict[str, Reviewed]:
        """Look at every report note that has changed, and for notes that are gone. Return what was done, by path.

        ``everywhere``: also for reports that nobody has ever seen and that do not lie where reports are written.
        """
        self._places.forget_search()
        done: dict[str, Reviewed] = {}
        here = self._here(layout, everywhere)
        self._sought -= here.keys()
        missed = (self._with_note() | (self._once_seen() - self._sought)) - here.keys()
        for day in sorted(here.keys() | missed):
            states = {path: _state(layout.file(path)) for path in here.get(day, ())}
            if states and all(state and self._seen.get(path) == state for path, state in states.items()):
                continue
            found = self._one(layout, day, now)
            looked_at = place_of(layout, self._store, day)
            if _state(layout.file(looked_at)) is None:
                self._sought.add(day)
            self._seen |= {path: state for path, state in states.items() if state and path != looked_at}
            if found.step != "nothing" or found.redo or found.problem:
                done[looked_at] = found
        self._places.write_down()
        self._hints.keep({place_of(layout, self._store, day) for day in here.keys() | missed})
        return done

    def _here(self, layout: Layout, everywhere: bool) -> dict[date, list[str]]:
        """By day, the paths of reports that lie where reports are written or where they were last seen, or anywhere."""
        found: dict[date, list[str]] = {}
        files: list[Path] = []
        with contextlib.suppress(OSError):  # a folder that is not there, or may not be read now, says nothing
            files = sorted(layout.file(layout.report_folder).iterdir())
        for file in files:
            path = f"{layout.report_folder}/{file.name}" if layout.report_folder else file.name
            day = layout.report_date(path)
            if day is not None:
                found[day] = [layout.report_path(day)]
        for text, path in self._store.places().items():
            day = date.fromisoformat(text)
            if path not in found.get(day, ()) and _state(layout.file(path)) is not None:
                found.setdefault(day, []).append(path)
        for day, paths in self._places.elsewhere(layout).items() if everywhere else ():
            found.setdefault(day, paths)
        return found

    def _with_note(self) -> set[date]:
        """The days whose pair stands for a note that ought to be there, or may come back."""
        return {
            date.fromisoformat(pair.day)
            for pair in self._store.pairs(withdrawn=True)
            if pair.source == VAULT and (not pair.withdrawn or pair.withdrawn_by == "missing")
        }

    def _once_seen(self) -> set[date]:
        """The days whose report was written or seen once. One that is gone is sought once: its person may have moved
        it, or not have wanted it."""
        days = {row.day for row in self._store.reports() if row.report_sha} | self._store.places().keys()
        return {date.fromisoformat(day) for day in days}

    def review(self, layout: Layout, day: date, now: datetime) -> Reviewed:
        """Look at the report of one day now, for a command. Raises ``NippoError`` with what stood in the way."""
        found = self._alone(layout, day, now)
        if found.problem:
            raise NoteError(found.problem, found.next_step)
        return found

    def _alone(self, layout: Layout, day: date, now: datetime) -> Reviewed:
        self._places.forget_search()
        found = self._one(layout, day, now)
        self._places.write_down()
        return found

    def _safely(self, work: Callable[[], object], what: str) -> None:
        """Do the work; what it raises is told, but ``StorageError`` is raised, so that it is asked for again."""
        try:
            work()
        except StorageError:
            raise
        except NippoError as problem:
            log.warning("review of %s: %s", what, problem.what)
        except Exception as problem:
            log.error("review of %s: %s", what, type(problem).__name__)

    def _one(self, layout: Layout, day: date, now: datetime) -> Reviewed:
        """Look at one note. What fails in it is set aside under its name and keeps no other from being looked at; only
        ``StorageError`` is raised."""
        path = place_of(layout, self._store, day)
        try:
            return self._look(layout, day, now)
        except StorageError:
            raise
        except NippoError as problem:
            return self._set_aside(path, problem, now)
        except Exception as problem:
            what = tr("{path}: cannot be reviewed ({unforeseen}).", path=path, unforeseen=unforeseen(problem))
            return self._set_aside(path, NoteError(what, tr("Please report this line as a bug.")), now)

    def _look(self, layout: Layout, day: date, now: datetime) -> Reviewed:
        settle(layout, self._store, day)
        here = self._places.look(layout, day)
        path = here or place_of(layout, self._store, day)
        file = layout.file(path)
        before = _state(file)
        data = read_file(file, self._config.watch.max_note_kilobytes) if here else None
        if data is not None and has_conflict(data.decode("utf-8", "replace")):
            self._saw(path, file, before)
            raise NoteError(tr("{path}: holds git's conflict marks (<<<<<<<).", path=path), tr(CONFLICT))
        note = None if data is None else read(data)
        pair, row = self._store.pair(day.isoformat()), self._store.report(day)
        away = here is None and self._places.is_away(layout, day, [one.day for one in self._store.pairs()])
        drawn = data is not None and row is not None and digest(data) == row.report_sha
        decision = decide(note, pair, now, away, row if drawn else None)
        done = Reviewed(decision.pair)
        hints: tuple[str, ...] = ()
        self._keeper.carry_out(layout, day, note, decision, pair, now)
        if decision.redo and data is not None:
            done = replace(done, redo=self._redo(layout, day, path, data, note, now))
        elif data is not None and not drawn:
            take_back(self._store, day, digest(data), now)
            hints = tick_hints(data)
            pair = self._store.pair(day.isoformat())
            held = (HELD.format(day),) if pair and pair.withdrawn_by == "leak" else ()
            if with_hints(data, hints + held) != data:
                with contextlib.suppress(ReportTouched):  # it is being edited, and looked at again right after
                    replace_file(file, with_hints(data, hints + held), digest(data), lambda: True)
        self._hints.put(path, hints[0] if hints else "")
        self._told.pop(path, None)
        if self._store.job(path) is not None:
            self._store.drop(path)
        if done.step != "nothing" or done.redo:
            log.info("%s: pair %s%s", path, tr(done.step), tr(", redo") if done.redo else "")
        self._saw(path, file, before)
        return done

    def _saw(self, path: str, file: Path, before: tuple[int, int] | None) -> None:
        """Remember a note as it was read, unless it has changed meanwhile."""
        if before is not None and before == _state(file):
            self._seen[path] = before
        else:
            self._seen.pop(path, None)

    def _set_aside(self, path: str, problem: NippoError, now: datetime) -> Reviewed:
        """Keep a note that cannot be reviewed where ``nippo status`` shows it; the log hears of it once."""
        self._store.put_aside(path, None, "", "skipped", problem, now)
        if self._told.get(path) != problem.what:
            self._told[path] = problem.what
            log.warning("%s", problem.what)
        return Reviewed("nothing", problem=problem.what, next_step=problem.next_step)

    @property
    def _keeper(self) -> PairKeeper:
        return PairKeeper(self._config, self._store, self._leaks(self._config) if self._leaks else None)

    def _redo(self, layout: Layout, day: date, path: str, data: bytes, note: ReadReport | None, now: datetime) -> bool:
        """Queue a new draft, and leave the tick until it is there; True when it was queued now.

        The note as it is, with the tick, is given away (``daemon.learning.given_away``): whatever a person types or
        unticks meanwhile makes it another one, which no draft replaces. A body that is not the one drawn is copied
        before all.
        """
        row, what = self._store.report(day), given(self._store, day)
        body = note.body if note is not None else ""
        job = self._store.job(what.diary) if what is not None else None
        if row is not None and row.report_sha == digest(data) and job is not None and job.state != "failed":
            return False
        if went_on(what, body):
            sha = change_key(layout.file(path), "redo", "false", digest(data))
            take_back(self._store, day, sha, now)
            log.info("%s: written on under the tick for a new draft; it is not drafted anew", path)
            return False
        if row is None or body != row.draft.strip():
            keep_body(layout, day, data)
        diary = self._keeper.find_diary(layout, day, note)
        content = None if diary is None else read_note(layout, diary, self._config.watch.max_note_kilobytes)
        if diary is None or content is None:
            raise NoteError(
                tr(
                    "{report_path}: its diary note is gone, so there is nothing to redo.",
                    report_path=layout.report_path(day),
                )
            )
        known = replace(row, diary_path=diary) if row else unknown_report(day.isoformat(), diary, path)
        give_away(self._store, known, body, digest(data), digest(content), now)
        return True


def read_file(file: Path, kilobytes: int) -> bytes | None:
    """The bytes of a report note, None without one. Raises ``ReportBlocked`` for what is no plain, small file."""
    if report_digest(file) is None:
        return None
    data = read_plain(file, kilobytes * 1024)
    if len(data) > kilobytes * 1024:
        raise ReportBlocked(
            tr("{file}: larger than {kilobytes} KB, so it is no report.", file=file, kilobytes=kilobytes),
            tr("Make it shorter."),
        )
    return data


def _state(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
