"""Rows and judged lines as days: a diary with all that is to be learned about it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from training.pairs.day_rows import DayRows
from training.pairs.judged import JudgedLines
from training.pairs.rows import Row


def day_of(row: Row) -> DayRows | None:
    """A row with labels by sentence or judged lines as a day, None for a row with neither."""
    if row.sentences is None and not row.judged:
        return None
    return DayRows(
        id=row.id,
        date=row.date,
        diary=row.diary,
        sentences=row.sentences or (),
        judged=row.judged,
        split=row.split,
        accepted=row.accepted,
        weight=row.weight,
        changed=row.changed,
    )


def days_of(rows: Iterable[Row], judged: Sequence[JudgedLines] = ()) -> list[DayRows]:
    """Given rows and judged lines, return the days of both in that order.

    Lines of a diary that is not here are left out, so that a few rows of a corpus can be taken with the judged lines of
    all.
    """
    return [day for day in map(day_of, with_judged(list(rows), judged)) if day]


def with_judged(rows: Sequence[Row], judged: Sequence[JudgedLines]) -> list[Row]:
    """The same rows with the judged lines of their diaries, then a row for each diary that comes with its lines."""
    found = {row.id: row for row in rows}
    for one in judged:
        lines = tuple((line, label, one.weight) for line, label in one.lines)
        if one.id in found:
            found[one.id] = replace(found[one.id], judged=(*found[one.id].judged, *lines))
        elif one.diary is not None:
            found[one.id] = Row(one.id, one.date, one.diary, split=one.split, judged=lines)
    return list(found.values())


def days_hash(days: Sequence[DayRows]) -> str:
    """SHA-256 over all that days hold, in order of id: equal for equal training data in any order."""
    values = [asdict(day) for day in sorted(days, key=lambda day: day.id)]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
