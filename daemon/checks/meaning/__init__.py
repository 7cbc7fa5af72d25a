"""Checks of meaning that need no model: a line of a report held against the diary sentence it was written from.

Each is a pure function over a ``Passage`` that returns a message or None. ``CHECKS`` names them all and says which are
sure enough to turn a line down; the figures come from ``bench/meaning.py`` and stand in dev/LOG.md.
"""

from __future__ import annotations

from collections.abc import Callable

from daemon.checks.meaning import (
    amounts,
    borrowed,
    dates,
    doer,
    earlier,
    hint,
    negation,
    planned,
    secret,
    stopped,
    unplanned,
    wording,
)
from daemon.checks.meaning.fault import Fault
from daemon.checks.meaning.passage import Passage, passage

Check = Callable[[Passage], str | None]

CHECKS: dict[str, tuple[Check, bool]] = {
    "planned": (planned.planned, False),
    "unplanned": (unplanned.unplanned, False),
    "date": (dates.date, True),
    "far_date": (dates.far_date, False),
    "stopped": (stopped.stopped, False),
    "earlier": (earlier.earlier, True),
    "negation": (negation.negation, False),
    "favour": (doer.favour, False),
    "doer": (doer.doer, False),
    "hint": (hint.hint, False),
    "untaught": (hint.untaught, False),
    "secret": (secret.secret, False),
    "unit": (amounts.unit, False),
    "number_twice": (amounts.number_twice, True),
    "order": (amounts.order, False),
    "score": (amounts.score, False),
    "swapped": (amounts.swapped, False),
    "figure": (amounts.figure, False),
    "borrowed": (borrowed.borrowed, False),
    "garbled": (wording.garbled, True),
    "two_objects": (wording.two_objects, False),
    "repeated": (wording.repeated, False),
    "unknown_word": (wording.unknown_word, True),
}
"""Every check by name, and whether it decides: more than 80 % of the judged lines that it flags are not true, in the
half that it was not tuned on (five lines at least) and in both halves together."""


def meaning_faults(line: str, sentence: str, before: str, after: str, diary: str) -> list[Fault]:
    """Given a line of a report, the diary sentence it was written from, the sentences before and after (may be empty)
    and the whole diary, return every doubt about the line, in the order of ``CHECKS``."""
    looked = passage(line, sentence, before, after, diary)
    found = []
    for name, (check, decides) in CHECKS.items():
        message = check(looked)
        if message:
            found.append(Fault(name, decides, message))
    return found


__all__ = ["CHECKS", "Fault", "meaning_faults"]
