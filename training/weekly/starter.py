"""nippo's own starting point in a weekly run: its rows, its version, and whether a new version still knows its days."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Sequence

from daemon.config import Config
from daemon.errors import ModelMissing
from daemon.learning.run_folder import Outcome
from daemon.system.shipped import starter_folder
from daemon.versions.artifact import STARTER, Version, base_matches, find_version, prompt_matches
from training.fitting.lessons import JUDGED
from training.pairs.days import with_judged
from training.pairs.judged import read_judged
from training.pairs.pair_choice import shuffled
from training.pairs.rows import Row, read_rows
from training.scoring.gate import LineCount, Verdict, hold_to_starter
from training.scoring.judge import Contender, remembered_lines
from training.weekly.week import Week

DAYS = 12
"""Starter days that a new version writes before it is promoted: two minutes each on two cores, twice."""
QUICK = 300.0
"""Seconds: where those days took less, as many others are written too, which shows a loss of a quarter."""


def starter_corpus() -> list[Row]:
    """The rows that nippo's starting point was made of, with all judged lines that ship beside them."""
    corpus = starter_folder() / "corpus.jsonl"
    if not corpus.is_file():
        return []
    judged = [corpus.with_name(name) for name in JUDGED if corpus.with_name(name).is_file()]
    return with_judged(read_rows([corpus]), read_judged(judged))


def starter_version(config: Config, reference: str) -> Version | None:
    """nippo's own adapter, where it ships, fits the base, and learned the questions that this program asks."""
    with contextlib.suppress(ModelMissing):
        version = find_version(config, STARTER)
        return version if base_matches(version.meta, reference) and prompt_matches(version.meta) else None
    return None


def starter_days(corpus: Sequence[Row], measured_on: Collection[str], seed: int) -> list[Row]:
    """The starter days that a new version may be held to, in the order to take them: dev days with labels of sentences,
    those first that no checkpoint was chosen by."""
    dev = [row for row in corpus if row.split == "dev" and row.sentences]
    return sorted(shuffled(dev, seed), key=lambda row: row.id in measured_on)


def still_known(
    week: Week, verdict: Verdict, challenger: Contender, measured_on: Collection[str], bits: int
) -> Verdict:
    """Given the gate's verdict, let a version that would be promoted and its parent, from which every version is
    trained, write starter days; return the verdict with what came of it.

    The parent is not the champion: each version may write a little less than the one before without any test seeing
    it. Nothing is asked of a version that was not trained from the starter, or that writes whole reports.
    """
    parent = starter_version(week.config, week.reference)
    contenders = [Contender.of_version(parent), challenger]
    if verdict.outcome is not Outcome.PROMOTED or {one.method for one in contenders} != {"sentences"}:
        return verdict
    days = starter_days(starter_corpus(), measured_on, week.config.training.random_state)
    if not days:
        return verdict

    def written(rows: Sequence[Row]) -> list[list[LineCount]]:
        return remembered_lines(week.config, week.reference, contenders, rows, bits)

    started = time.monotonic()
    before, after = written(days[:DAYS])
    others = days[DAYS : 2 * DAYS]
    if others and time.monotonic() - started < QUICK:
        before, after = (known + more for known, more in zip((before, after), written(others), strict=True))
    return hold_to_starter(verdict, before, after)
