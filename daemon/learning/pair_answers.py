"""What a person may say about a pair that waits for them: bring it back, take it back, learn it with which diary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from daemon.config import Config
from daemon.errors import UsageError
from daemon.learning.pair_keeper import PairKeeper, withdrawn
from daemon.learning.places import place_of
from daemon.learning.review import VAULT
from daemon.learning.reviewer import Reviewer, read_file
from daemon.learning.ticking import tick
from daemon.store.store import Pair, Store
from daemon.vault.diary import is_blank
from daemon.vault.history import KeptBody, keep_body, kept_bodies
from daemon.vault.layout import Layout, link_name
from daemon.vault.own_lines import NewValue, with_body, with_values
from daemon.vault.report_note import ReportNote, read, render
from daemon.vault.writer import digest, replace_file, report_digest, write_report
from daemon.words import tr


@dataclass(frozen=True)
class Restored:
    """What was brought back: the note's path, the copy that its body came from ("": the pair in the database), and the
    copy that was made of the body before ("" where none had to be)."""

    path: str
    source: str = ""
    kept: str = ""


def restore(
    config: Config, store: Store, layout: Layout, day: date, now: datetime, number: int | None = None
) -> Restored:
    """Bring back what a person wrote: the note of an accepted report that is gone, else the body that stood in the
    report before, or that of the copy with this number. The body that stands there now is copied first.

    Raises ``UsageError`` where there is nothing to bring back, ``ReportBlocked`` when the note cannot be written.
    """
    path = place_of(layout, store, day)
    data = read_file(layout.file(path), config.watch.max_note_kilobytes)
    pair = store.pair(day.isoformat())
    accepted = pair if pair and pair.source == VAULT and pair.report else None
    if data is None and number is None and accepted and (not accepted.withdrawn or accepted.withdrawn_by == "missing"):
        write_report(layout.root, layout.file(path), _note_of(config, store, layout, accepted), None, lambda: True)
        Reviewer(config, store).review(layout, day, now)
        return Restored(path)
    here = "" if data is None else read(data).body
    copy = _chosen(kept_bodies(layout, day), here, number)
    if data is None and copy:
        write_report(layout.root, layout.file(path), layout.file(copy.path).read_bytes(), None, lambda: True)
        Reviewer(config, store).review(layout, day, now)
        return Restored(path, copy.path)
    waiting = accepted is not None and accepted.question in ("redo", "body") and number is None
    body = accepted.report if accepted and waiting else copy.body if copy else ""
    if data is None or not body or body == here:
        raise UsageError(
            tr(
                "{path}: there is {what} of {day}.",
                path=path,
                what=tr("no report") if data is None else tr("nothing to bring back"),
                day=day,
            ),
            tr("Copies lie in .history beside the reports. A new draft: nippo report {day}", day=day),
        )
    kept = keep_body(layout, day, data)
    new = with_body(data, body)
    if waiting or (accepted and accepted.report == body and copy and copy.accepted):
        new = with_values(new, {"accepted": NewValue("true")})
    replace_file(layout.file(path), new, digest(data), lambda: True)
    Reviewer(config, store).review(layout, day, now)
    return Restored(path, copy.path if copy and copy.body == body else "", kept)


def withdraw(config: Config, store: Store, layout: Layout, day: date, now: datetime) -> None:
    """Take a pair back, whether its note is there or not; a note that is there is unticked. Raises ``UsageError``
    without a note and without a pair."""
    path = place_of(layout, store, day)
    pair = store.pair(day.isoformat())
    gone = report_digest(layout.file(path)) is None
    if pair is None or pair.source != VAULT or not gone:
        tick(layout, path, day, "accepted", False)
        Reviewer(config, store).review(layout, day, now)
    pair = store.pair(day.isoformat())
    if (
        pair is not None
        and pair.source == VAULT
        and (not pair.withdrawn or (gone and pair.withdrawn_by in ("missing", "leak")))
    ):
        store.put_pair(withdrawn(pair, "rejected" if gone else "unticked"))


def keep(config: Config, store: Store, layout: Layout, day: date) -> None:
    """The pair is learned from as it was accepted: with its diary, or though something private seems to stand in it.
    Raises ``UsageError`` for a day that nobody is asked about."""
    pair = store.pair(day.isoformat())
    if pair is None or pair.withdrawn_by != "leak":
        keep_diary(config, store, layout, day)
        return
    store.put_pair(replace(pair, withdrawn=False, withdrawn_by=""))
    Reviewer(config, store).review(layout, day, datetime.now().astimezone())


def keep_diary(config: Config, store: Store, layout: Layout, day: date) -> None:
    """The pair is learned from with the diary as it was accepted, and nobody asks again until that changes anew."""
    pair = asked_about_diary(store, day)
    sha = PairKeeper(config, store).diary_of(layout, day, None).sha
    store.put_pair(replace(pair, diary_sha=sha, question=""))


def take_diary(config: Config, store: Store, layout: Layout, day: date) -> None:
    """The pair is learned from with the diary as it is now. Raises ``UsageError`` when that is empty."""
    pair = asked_about_diary(store, day)
    diary = PairKeeper(config, store).diary_of(layout, day, None)
    if is_blank(diary.text):
        raise UsageError(
            tr("The diary of {day} is empty.", day=day),
            tr("Put its text back, or take the pair back: nippo reject {day}", day=day),
        )
    store.put_pair(replace(pair, diary=diary.text, diary_sha=diary.sha, question=""))


def asked_about_diary(store: Store, day: date) -> Pair:
    """The pair whose diary has lost most of its text. Raises ``UsageError`` for a day that nobody is asked about."""
    pair = store.pair(day.isoformat())
    if pair is None or pair.withdrawn or pair.question != "diary":
        raise UsageError(
            tr("{day}: no question is open about its diary.", day=day), tr("`nippo status` shows open questions.")
        )
    return pair


def _chosen(copies: list[KeptBody], here: str, number: int | None) -> KeptBody | None:
    if number is not None:
        return next((one for one in copies if one.number == number), None)
    return next((one for one in reversed(copies) if one.body != here), None)


def _note_of(config: Config, store: Store, layout: Layout, pair: Pair) -> bytes:
    day = date.fromisoformat(pair.day)
    row = store.report(day)
    diary = PairKeeper(config, store).find_diary(layout, day, None) or (row.diary_path if row else "")
    written = datetime.fromisoformat(row.written_at if row and row.written_at else pair.accepted_at)
    model = row.model if row else ""
    note = ReportNote(day, link_name(diary), pair.report, "draft", model, written, accepted=True)
    return render(note).encode()
