"""Accepted pairs as the rows that train a writer of sentences. Pure but for Sudachi's dictionary."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.config import Config
from daemon.drafting.learned_form import learned_from
from daemon.learning.edit_labels import EditRows
from daemon.learning.edit_rows import PRIVATE, edit_rows
from daemon.store.rows import Pair
from daemon.vault.diary import REDACTED
from training.pairs.day_rows import DayRows


def day_rows(pair: Pair, config: Config) -> tuple[DayRows, EditRows]:
    """Given an accepted pair and the settings with the person's learned form, return its rows, and what they were read
    from (with the lines that could not be traced)."""
    read = edit_rows(pair, config)
    rows = DayRows(
        id=read.id,
        date=read.day,
        diary=read.diary,
        sentences=read.sentences,
        judged=read.judged,
        accepted=True,
        weight=read.weight,
        changed=read.changed,
    )
    return rows, read


def untraced_lines(new: Sequence[Pair], pairs: Sequence[Pair], config: Config) -> tuple[tuple[str, str, str], ...]:
    """Given the pairs of the week and all accepted pairs, which show the person's form, return (day, line, why) of each
    line that teaches nothing. A line with a private term is not quoted."""
    form = learned_from([pair.report for pair in pairs], config)
    return tuple(
        (pair.day, REDACTED if one.why == PRIVATE else one.text, one.why)
        for pair in new
        for one in edit_rows(pair, form).untraced
    )
