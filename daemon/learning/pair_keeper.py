"""What the database holds of an accepted report, kept as it was accepted: changed by what its person does, by no
accident of the vault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from daemon.config import Config
from daemon.errors import NoteError
from daemon.learning.places import place_of
from daemon.learning.review import VAULT, Decision
from daemon.store.rows import WithdrawnBy
from daemon.store.store import Pair, Store
from daemon.vault.diary import is_blank
from daemon.vault.layout import Layout, nfc
from daemon.vault.note_text import decode
from daemon.vault.report_note import ReadReport
from daemon.vault.scan import DiaryNote, find_diaries, look_at, read_note
from daemon.vault.writer import digest
from daemon.words import tr

if TYPE_CHECKING:
    from daemon.learning.leak_question import LeakQuestion


@dataclass(frozen=True)
class DiaryText:
    """A diary as it is now: its text and the hash of its bytes."""

    text: str
    sha: str


class PairKeeper:
    """Carries out what ``daemon.learning.review`` decides about a pair. With ``leaks`` a body that a person has written
    into is held back where it seems to hold something private, until they say what is to become of it."""

    def __init__(self, config: Config, store: Store, leaks: LeakQuestion | None = None) -> None:
        self._config = config
        self._store = store
        self._leaks = leaks

    def carry_out(
        self, layout: Layout, day: date, note: ReadReport | None, decision: Decision, pair: Pair | None, now: datetime
    ) -> None:
        """Given a decision about the pair of a day, store what it means. Raises ``NoteError`` where a report cannot be
        taken, because its diary is gone, empty or unreadable."""
        if note is not None and decision.pair in ("store", "update"):
            self._store_pair(layout, day, note, pair, decision.pair == "store", now)
        elif pair is None:
            return
        elif decision.pair == "drop":
            self._store.delete_pair(pair.id)
        elif decision.pair == "withdraw":
            self._store.put_pair(withdrawn(pair, "unticked"))
        elif decision.pair == "lost":
            self._store.put_pair(withdrawn(pair, "missing"))
        elif decision.pair == "release":
            self._store.put_pair(replace(pair, withdrawn_by="unticked"))
        elif decision.pair == "missing":
            self._store.put_pair(replace(pair, missing_since=now.isoformat(timespec="seconds")))
        elif decision.pair == "found":
            self._store.put_pair(replace(pair, missing_since="", withdrawn=False, withdrawn_by=""))
        elif decision.pair == "ask":
            self._store.put_pair(replace(pair, missing_since="", question=decision.question))

    def _store_pair(
        self, layout: Layout, day: date, note: ReadReport, pair: Pair | None, anew: bool, now: datetime
    ) -> None:
        if pair and not anew and note.body == pair.report:
            self._store.put_pair(replace(pair, withdrawn=False, withdrawn_by="", missing_since="", question=""))
            return
        asked = False
        try:
            diary = self.diary_of(layout, day, note)
            if pair and pair.diary and diary.sha != pair.diary_sha and has_shrunk(pair.diary, diary.text):
                asked = True
            if pair and pair.diary and (asked or diary.sha == pair.diary_sha):
                diary = DiaryText(pair.diary, pair.diary_sha)
            elif is_blank(diary.text):
                raise NoteError(
                    tr(
                        "{place_of}: the diary of {day} is empty, so there is nothing to learn from.",
                        place_of=place_of(layout, self._store, day),
                        day=day,
                    ),
                    tr("Put its text back; the tick counts then."),
                )
        except NoteError:
            # An edit of the body still follows when the diary is gone or unreadable by now.
            if pair is None or not pair.diary:
                raise
            diary = DiaryText(pair.diary, pair.diary_sha)
        row = self._store.report(day)
        drawn = row is not None and bool(row.draft)
        held = False
        if self._leaks and row and row.draft and note.body != row.draft.strip():  # what nippo drew was checked then
            held = self._leaks(note.body, diary.text, pair.report if pair and not pair.withdrawn else "")
        self._store.put_pair(
            Pair(
                id=day.isoformat(),
                day=day.isoformat(),
                diary=diary.text,
                diary_sha=diary.sha,
                report=note.body,
                draft=row.draft if row and drawn else pair.draft if pair else "",
                accepted_at=now.isoformat(timespec="seconds") if anew or pair is None else pair.accepted_at,
                withdrawn=held,
                withdrawn_by="leak" if held else "",
                source=VAULT,
                record=row.record if row and drawn else pair.record if pair else "",
                question="diary" if asked else "",
            )
        )

    def diary_of(self, layout: Layout, day: date, note: ReadReport | None) -> DiaryText:
        """The diary of a day as it is now. Raises ``NoteError`` when it is gone or cannot be read."""
        path = self.find_diary(layout, day, note)
        data = None if path is None else read_note(layout, path, self._config.watch.max_note_kilobytes)
        if path is None or data is None:
            raise NoteError(
                tr("{place_of}: its diary note is gone.", place_of=place_of(layout, self._store, day)),
                tr("Put the diary note back."),
            )
        return DiaryText(decode(data, path), digest(data))

    def find_diary(self, layout: Layout, day: date, note: ReadReport | None) -> str | None:
        """The path of the diary note of a report: as the database or the note's link says, else the day's note."""
        row = self._store.report(day)
        named = [row.diary_path] if row else []
        named += [f"{note.diary}.md"] if note and note.diary else []
        for path in named:
            if layout.diary_date(path) == day and isinstance(look_at(layout, path), DiaryNote):
                return nfc(path)
        found = (one.path for one in find_diaries(layout) if isinstance(one, DiaryNote) and one.day == day)
        return next(found, None)


def withdrawn(pair: Pair, by: WithdrawnBy) -> Pair:
    """A pair that is not learned from any more."""
    return replace(pair, withdrawn=True, withdrawn_by=by, missing_since="", question="")


def has_shrunk(before: str, after: str) -> bool:
    """Whether a diary has become empty, or holds less than half of the signs that it held: by accident, as far as a
    program can tell."""
    if is_blank(after):
        return not is_blank(before)
    return 2 * len("".join(after.split())) < len("".join(before.split()))
