"""Days of one optimizer step as packs: a diary once, then every question, each seeing its diary and itself. Pure.

Loss and gradients are those of the questions one by one with the whole diary before each, for a tenth of the tokens. A
day above the budget becomes several packs, each with the whole diary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from training.pairs.encoding import IGNORED

DayRow = dict[str, list[Any]]
"""``training.pairs.day_encoding.DayExample.row``."""


def question_spans(row: DayRow) -> list[tuple[int, int]]:
    """First and last place (exclusive) of every question of a day's row."""
    ends = [row["segments"][0]]
    for size in row["segments"][1:]:
        ends.append(ends[-1] + size)
    return list(pairwise(ends))


def in_parts(row: DayRow, budget: int) -> Iterator[list[tuple[int, int]]]:
    """The questions of a day in groups that with the diary hold at most ``budget`` tokens (but each holds a question),
    shortest first, so that questions of like length stand side by side."""
    head = row["segments"][0]
    part: list[tuple[int, int]] = []
    size = head
    for first, last in sorted(question_spans(row), key=lambda span: span[1] - span[0]):
        if part and size + last - first > budget:
            yield part
            part, size = [], head
        part.append((first, last))
        size += last - first
    if part:
        yield part


def day_pack(row: DayRow, spans: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """One pack of a day's diary and the questions at these places; as ``training.pairs.packs.pack``, with ``weights``
    (labels,) beside ``targets``."""
    import torch

    head = row["segments"][0]
    ids, positions = list(row["input_ids"][:head]), list(range(head))
    places: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    for first, last in spans:
        for at in range(first, last):
            if row["labels"][at] != IGNORED:
                places.append(len(ids) + at - first - 1)
                targets.append(row["labels"][at])
                weights.append(row["weights"][at])
        ids += row["input_ids"][first:last]
        positions += range(head, head + last - first)
    return {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "places": torch.tensor(places, dtype=torch.long),
        "targets": torch.tensor(targets, dtype=torch.long),
        "weights": torch.tensor(weights),
        "segments": [head, *(last - first for first, last in spans)],
    }


@dataclass(frozen=True)
class DayCollator:
    """All days of an optimizer step as ``packs`` of at most ``budget`` tokens, and ``count``, the sum of the weights of
    their labels."""

    budget: int

    def __call__(self, rows: Sequence[DayRow]) -> dict[str, Any]:
        packs = [day_pack(row, spans) for row in rows for spans in in_parts(row, self.budget)]
        return {"packs": packs, "count": sum(sum(row["weights"]) for row in rows)}
