"""The rows that train a writer of sentences: one diary with all its questions. Pure.

A day's beginning stands once in a sequence, and every question branches off it (``training.pairs.packs``), so twenty
questions cost little more than one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DayRows:
    """``sentences``: each sentence of the prepared diary, exactly as ``daemon.drafting.sentences.split`` gives them,
    with the lines that it gives the report (none: `なし`), None where nothing is known and so nothing is learned.
    ``changed``: the indices of those whose lines a person changed: what a weekly run is there to learn.
    ``judged``: lines with what may be said of them (T, F, P, U) and how much that counts. ``weight``: how much the day
    counts.
    """

    id: str
    date: str
    diary: str
    sentences: tuple[tuple[str, tuple[str, ...] | None], ...]
    judged: tuple[tuple[str, str, float], ...] = ()
    split: str = "train"
    accepted: bool = False
    weight: float = 1.0
    changed: tuple[int, ...] = ()
