"""What a person did with a report, read off the note. Pure: the note as found and the stored pair in, a decision out.

The note is the truth: ``accepted`` ticked stores the pair with the body as it stands, a later edit of the body follows,
unticking or deleting the note takes the pair back, ``redo`` asks for a new draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daemon.store.store import Pair
from daemon.vault.report_note import ReadReport

FORGOTTEN = "forgotten"
"""Source of a pair that ``nippo forget`` emptied: it stays so until the note is seen unticked, then it can go."""

Step = Literal["nothing", "store", "update", "withdraw", "drop"]


@dataclass(frozen=True)
class Decision:
    """``pair``: what becomes of the pair of that day; ``redo``: whether a new draft is wanted."""

    pair: Step = "nothing"
    redo: bool = False


def decide(note: ReadReport | None, pair: Pair | None) -> Decision:
    """Given the report note (None: it is not there) and the stored pair of its day (None: never accepted), decide.

    A ticked note without a body has nothing to learn from and counts as not accepted.
    """
    accepted = note is not None and note.accepted and bool(note.body)
    return Decision(_step(note, pair, accepted), note is not None and note.redo)


def _step(note: ReadReport | None, pair: Pair | None, accepted: bool) -> Step:
    if pair is None:
        return "store" if accepted else "nothing"
    if pair.source == FORGOTTEN:
        return "nothing" if accepted else "drop"
    if not accepted:
        return "nothing" if pair.withdrawn else "withdraw"
    if pair.withdrawn:
        return "store"
    return "update" if note is not None and note.body != pair.report else "nothing"
