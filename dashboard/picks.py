"""Blind comparisons: which of two versions wrote the better report. Stored as JSON lines without any diary text."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from daemon.system.files import private, private_folder

FILE_NAME = "picks.jsonl"


@dataclass(frozen=True)
class Pick:
    """One comparison. ``better`` is a version's name or "" for equally good; ``diary_sha`` tells diaries apart."""

    at: str
    day: str
    diary_sha: str
    left: str
    right: str
    better: str
    blind: bool


def make_pick(day: str, diary: str, left: str, right: str, better: str, blind: bool, now: datetime) -> Pick:
    sha = hashlib.sha256(diary.encode()).hexdigest()
    return Pick(now.isoformat(timespec="seconds"), day, sha, left, right, better, blind)


def store_pick(folder: Path, pick: Pick) -> None:
    """Append a pick to the data folder's file and flush it to disk. Raises ``OSError``."""
    private_folder(folder)
    with open(folder / FILE_NAME, "a", encoding="utf-8", opener=private) as stream:
        stream.write(json.dumps(asdict(pick), ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_picks(folder: Path) -> list[Pick]:
    """All picks, oldest first; a line that a crash cut short is left out."""
    try:
        lines = (folder / FILE_NAME).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    picks = []
    for line in lines:
        try:
            picks.append(Pick(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return picks


def tally(picks: Iterable[Pick]) -> list[dict[str, object]]:
    """Wins of each pair of versions, names in order. Pure."""
    table: dict[tuple[str, str], list[int]] = {}
    for pick in picks:
        first, second = sorted((pick.left, pick.right))
        row = table.setdefault((first, second), [0, 0, 0])
        row[0 if pick.better == first else 1 if pick.better == second else 2] += 1
    return [
        {"版A": first, "版B": second, "Aが良い": row[0], "Bが良い": row[1], "同じ": row[2]}
        for (first, second), row in sorted(table.items())
    ]


def is_swapped(seed: str) -> bool:
    """Whether a blind comparison shows its second version first: half of all cases, fixed by the seed. Pure."""
    return bool(hashlib.sha256(seed.encode()).digest()[0] & 1)
