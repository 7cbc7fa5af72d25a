"""What a person did with a report, read off the note. Pure: the note as found and the stored pair in, a decision out.

The note is the truth: ``accepted`` ticked stores the pair with the body as it stands, a later edit of the body follows,
unticking takes the pair back, ``redo`` asks for a new draft. Nothing but an act of the person takes a pair back: a note
that is gone, or is no report of nippo's any more, leaves it standing until it has been gone for ``GRACE``; a draft that
nippo wrote over an accepted body leaves it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from daemon.store.store import Pair, ReportRow
from daemon.vault.report_note import ReadReport

VAULT = "vault"
"""Source of pairs that were accepted in the vault."""
FORGOTTEN = "forgotten"
"""Source of a pair that ``nippo forget`` emptied: it stays so until the note is seen unticked, then it can go."""
GRACE = timedelta(days=7)
"""How long the note of an accepted report may be gone, while its folder is there, before that counts as deleting it."""

Step = Literal["nothing", "store", "update", "withdraw", "drop", "missing", "found", "lost", "ask", "release"]
"""``missing``: the note is gone from now on; ``found``: it is back, and so is the pair where it was given up for that;
``lost``: gone for good; ``ask``: the person is asked (``Decision.question``); ``release``: the note of a pair that was
given up is seen unticked, so that the next tick counts."""


@dataclass(frozen=True)
class Decision:
    """``pair``: what becomes of the pair of that day; ``redo``: whether a new draft is wanted."""

    pair: Step = "nothing"
    redo: bool = False
    question: Literal["", "body", "redo"] = ""


def decide(
    note: ReadReport | None, pair: Pair | None, now: datetime, away: bool = False, row: ReportRow | None = None
) -> Decision:
    """Given the report note (None: it is not there) and the stored pair of its day (None: never accepted), decide.

    ``away``: the note's folder is gone, or the note itself is only known to be elsewhere, so that nothing can be said.
    ``row``: what is remembered of the report if the note is byte for byte as nippo wrote it. A ticked note without a
    body has nothing to learn from and counts as not accepted.
    """
    if note is None or not note.keys & {"accepted", "date", "generated", "diary"}:
        return Decision(_without_note(pair, now, away))
    if pair is None:
        return Decision("store" if note.accepted and note.body else "nothing", note.redo)
    if pair.source == FORGOTTEN:
        return Decision("nothing" if note.accepted else "drop", note.redo)
    return Decision(*_with_note(note, pair, row))


def _without_note(pair: Pair | None, now: datetime, away: bool) -> Step:
    if pair is None or pair.withdrawn:
        return "nothing"
    if away:
        return "found" if pair.missing_since else "nothing"
    if not pair.missing_since:
        return "missing"
    return "lost" if now - datetime.fromisoformat(pair.missing_since) >= GRACE else "nothing"


def _drawn_since(row: ReportRow | None, note: ReadReport, pair: Pair) -> bool:
    """Whether nippo wrote the note after it was accepted: then nippo unticked it. A tick taken back may give the very
    bytes that nippo wrote, too, but before it was accepted."""
    if row is None or not row.written_at:
        return False
    written, accepted = datetime.fromisoformat(row.written_at), datetime.fromisoformat(pair.accepted_at)
    return written > accepted or (written == accepted and note.body != pair.report)


def _with_note(note: ReadReport, pair: Pair, row: ReportRow | None) -> tuple[Step, bool, Literal["", "body", "redo"]]:
    back: Step = "found" if pair.missing_since else "nothing"
    if not note.accepted:
        if pair.withdrawn:
            return "release" if pair.withdrawn_by in ("rejected", "missing", "leak") else "nothing", note.redo, ""
        if pair.question == "redo" or _drawn_since(row, note, pair):
            return "ask" if pair.question != "redo" else back, note.redo, "redo"
        return "withdraw", note.redo, ""
    if not note.body:
        if pair.withdrawn:
            return "nothing", note.redo, ""
        return "ask" if pair.question != "body" else back, note.redo, "body"
    if pair.withdrawn:
        if pair.withdrawn_by == "leak" and note.body == pair.report:
            return "nothing", note.redo, ""  # held back, and asked about already
        step: Step = {"rejected": "nothing", "missing": "found"}.get(pair.withdrawn_by, "store")  # type: ignore[assignment]
        return step, note.redo, ""
    if pair.question == "redo":
        return "update" if note.body == pair.report else "store", note.redo, ""
    return "update" if note.body != pair.report or pair.question == "body" else back, note.redo, ""
