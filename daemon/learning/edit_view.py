"""The rows of a pair as a person reads them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daemon.drafting.prompt import NOTHING
from daemon.learning.edit_labels import EditRows
from daemon.words import marked, tr

UNKNOWN = marked("(nothing learned)")


def to_json(rows: EditRows) -> dict[str, Any]:
    """The rows as JSON values; ``lines`` of a sentence: [] for `なし`, null where nothing is learned."""
    return {
        "id": rows.id,
        "day": rows.day,
        "by_record": rows.by_record,
        "weight": rows.weight,
        "sentences": [
            {"sentence": text, "lines": None if lines is None else list(lines)} for text, lines in rows.sentences
        ],
        "judged": [{"line": line, "label": label, "weight": weight} for line, label, weight in rows.judged],
        "untraced": [{"line": one.text, "why": one.why} for one in rows.untraced],
    }


def lines_of(rows: EditRows) -> Iterator[str]:
    """The rows for the terminal: each sentence with its lines, then the judged lines, then what taught nothing."""
    how = tr("from the draft's own record") if rows.by_record else tr("by alignment, without the draft's record")
    light = "" if rows.weight == 1.0 else tr(", weight {weight:g}", weight=rows.weight)
    yield f"{rows.id}: {how}{light}"
    for text, lines in rows.sentences:
        yield f"  {text}"
        told = (tr(UNKNOWN),) if lines is None else lines or (NOTHING,)
        yield from (f"      → {line}" for line in told)
    if rows.judged:
        yield tr("judged (T true, F false, P private, U to be reworded)")
        yield from (f"  {label}  {line}" for line, label, _ in rows.judged)
    if rows.untraced:
        yield tr("could not be traced, so not learned")
        yield from (f"  {one.text}  ({one.why})" for one in rows.untraced)
