"""Accepted pairs as the rows that train a writer of sentences. Pure but for Sudachi's dictionary."""

from __future__ import annotations

from daemon.config import Config
from daemon.learning.edit_rows import EditRows, edit_rows
from daemon.store.rows import Pair
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
    )
    return rows, read
