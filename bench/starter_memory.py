"""What a program's count of true lines is worth, and which versions it holds back. No model: lines that readers judged.

    python -m bench.starter_memory [--rounds 30] [--seed 1] [--days 24]

The first table: of the lines that readers call true, and of the others, how many ``count_lines`` calls true. The
second: versions made up of the judged lines of so many dev days, drawn anew each round, through ``hold_to_starter``;
held back by the readers' labels, and by the count, which is what a weekly run has."""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from daemon.drafting.confidence import Signs, confidence
from daemon.drafting.judge import judgement_of
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.learning.run_folder import Outcome
from training.pairs.rows import Row
from training.scoring.by_sentence import count_lines
from training.scoring.gate import LineCount, Verdict, hold_to_starter
from training.weekly.starter import DAYS, starter_corpus

SIGNS = Path(__file__).parent.parent / "dev" / "readings" / "dev-signs.jsonl"


@dataclass(frozen=True)
class Line:
    """A line that the starter wrote: whether a reader calls it true and whether the count does, and its confidence."""

    true: bool
    counted: bool
    confidence: float = 0.0


Likely = Callable[[Line], float]
"""How likely a made-up version is to write a line, 0-1."""
VERSIONS: Mapping[str, tuple[Likely, Likely]] = {
    "the same": (lambda _: 0.5, lambda _: 0.5),
    "half of all lines -> all of them": (lambda _: 0.5, lambda _: 1.0),
    "sure lines -> less sure ones too": (lambda line: line.confidence >= 0.82, lambda line: line.confidence >= 0.5),
    "some of all lines -> all likely ones": (lambda _: 0.4, lambda line: line.confidence >= 0.5),
    "as many true, twice as many untrue": (lambda line: 0.5 if line.true else 0.25, lambda _: 0.5),
    "true x 1.8, untrue x 2.7": (
        lambda line: 0.5 if line.true else 0.3,
        lambda line: 0.9 if line.true else 0.81,
    ),
    "three of four true, as many untrue": (lambda _: 0.8, lambda line: 0.6 if line.true else 0.8),
}


def called_true(line: str, row: Row) -> bool:
    told = SentenceRecord("", 0, 0, 0, None, (LineRecord(line, 1.0, True),))
    return count_lines(DayRecord("", (told,)), row).true == 1


def written_lines(rows: Mapping[str, Row]) -> dict[str, list[Line]]:
    """The lines of ``SIGNS`` by day, each as a weekly run would see it."""
    found: dict[str, list[Line]] = defaultdict(list)
    for text in SIGNS.read_text(encoding="utf-8").splitlines():
        one = json.loads(text)
        signs = Signs(one["likelihood"], judgement_of(one["judged"]), one["nothing"], one["plan"])
        counted = called_true(one["line"], rows[one["day"]])
        found[one["day"]].append(Line(one["label"] == "T", counted, confidence(signs)))
    return found


def unread_lines(rows: Iterable[Row]) -> list[Line]:
    """The judged lines of days, counted as if nobody had read them."""
    return [
        Line(label == "T", called_true(line, replace(row, judged=()))) for row in rows for line, label, _ in row.judged
    ]


def held_back(old: Sequence[Sequence[Line]], new: Sequence[Sequence[Line]], by: str) -> bool:
    counts = [[LineCount(sum(getattr(line, by) for line in day), len(day)) for day in days] for days in (old, new)]
    return hold_to_starter(Verdict(Outcome.PROMOTED, (), 0), *counts).outcome is not Outcome.PROMOTED


def tables(rounds: int, seed: int, count: int) -> list[str]:
    rows = {row.id: row for row in starter_corpus() if row.split == "dev" and row.sentences}
    days = written_lines(rows)
    every = {
        "judged, as if unread": unread_lines(rows.values()),
        SIGNS.name: [line for day in days.values() for line in day],
    }
    shown = ["| lines | true ones called true | others called true |", "|---|---:|---:|"]
    for name, lines in every.items():
        parts = [[line.counted for line in lines if line.true is true] for true in (True, False)]
        cells = " | ".join(f"{sum(part)} of {len(part)} ({sum(part) / len(part):.0%})" for part in parts)
        shown.append(f"| {name} | {cells} |")
    shown += [
        "",
        f"| versions, {count} days | true / all | held back by readers | by the count |",
        "|---|---:|---:|---:|",
    ]
    for name, version in VERSIONS.items():
        chance = random.Random(seed)
        totals, held = [LineCount(0, 0)] * 2, [0, 0]
        for _ in range(rounds):
            chosen = chance.sample(sorted(days), count)
            both = [
                [[line for line in days[day] if chance.random() < likely(line)] for day in chosen] for likely in version
            ]
            for place, written in enumerate(both):
                lines = [line for day in written for line in day]
                totals[place] += LineCount(sum(line.true for line in lines), len(lines))
            held = [count + held_back(*both, by) for count, by in zip(held, ("true", "counted"), strict=True)]
        told = " -> ".join(f"{one.true / rounds:.0f} / {one.written / rounds:.0f}" for one in totals)
        shown.append(f"| {name} | {told} | {held[0] / rounds:.0%} | {held[1] / rounds:.0%} |")
    return shown


def main(arguments: Sequence[str] | None = None) -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--rounds", type=int, default=30)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--days", type=int, default=DAYS, help="a weekly run that is quick takes twice as many")
    given = command.parse_args(arguments)
    print("\n".join(tables(given.rounds, given.seed, given.days)))


if __name__ == "__main__":
    main()
