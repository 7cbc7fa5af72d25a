"""What a weekly run trains on, measures on, and leaves to the gate. Pure.

Every version is trained from nippo's own starting point on all accepted pairs anew, never on top of an earlier version:
so a forgotten pair is gone with the next run, and a version's ``pair_ids`` tell all it knows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from daemon.config import ReportSettings
from daemon.store.store import Pair
from training.pairs.day_rows import DayRows
from training.pairs.holdout import choose_held_out, fraction
from training.pairs.rows import Row

DEV_FROM, DEV_SHARE = 8, 8
"""From so many pairs to learn from, one in so many (two at least) chooses the checkpoint instead."""
REPLAY = 24
"""At least so many rows of the starter corpus go along, so that what it taught is not unlearned."""
DEV_CORPUS = 16


@dataclass(frozen=True)
class Material:
    """``rows``: to train on ("train") and to choose the checkpoint on ("dev"). ``held_out``: the gate's rows. ``own``:
    ids of the accepted pairs among ``rows``."""

    rows: tuple[Row, ...]
    held_out: tuple[Row, ...]
    own: tuple[str, ...]

    def digest(self) -> str:
        """A hash of all rows: a cut-off run is resumed only with the very same ones."""
        values = [
            [row.id, row.split, row.diary, row.report, row.form, row.sentences, row.judged, row.weight]
            for row in (*self.rows, *self.held_out)
        ]
        return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def pin(pairs: Sequence[Pair], pinned: Collection[str], seen: Collection[str]) -> frozenset[str]:
    """Given the accepted pairs, the ids held out so far and those that a run has seen, return all ids held out now.

    Only pairs that no run has seen can become held out.
    """
    ids = [pair.id for pair in pairs]
    here = [pair_id for pair_id in pinned if pair_id in set(ids)]
    return frozenset(here) | choose_held_out([pair_id for pair_id in ids if pair_id not in seen], here)


@dataclass(frozen=True)
class Replay:
    """How much of the starter corpus goes along. ``whole``: all of it, because the model starts from nothing.
    ``share``: of the days of an epoch by sentence. ``seed``: which days these are."""

    whole: bool = False
    share: float = 0.5
    seed: int = 3407

    def days(self, own: int) -> int:
        """How many starter days go along with so many of the person's own."""
        return round(own * self.share / (1 - self.share))


def gather(
    pairs: Sequence[Pair],
    held_out: Collection[str],
    corpus: Sequence[Row],
    form: ReportSettings,
    replay: Replay | None = None,
    taught: Callable[[Pair], DayRows] | None = None,
) -> Material:
    """Given the accepted pairs, the ids of the gate, the starter corpus and the person's form of report, return the
    material. With ``taught`` (``training.pairs.edit_rows``) everything is learned by sentence, else whole reports."""
    replay = replay or Replay()
    rows = [row_of(pair, form, taught(pair) if taught else None) for pair in pairs]
    own = [row for row in rows if row.id not in held_out]
    dev = set(choose_dev([row.id for row in own]))
    trained = [replace(row, split="dev") if row.id in dev else row for row in own]
    usable = [row for row in corpus if (row.sentences is not None or row.judged if taught else row.report)]
    corpus_train = [row for row in usable if row.split == "train"]
    corpus_dev = [row for row in usable if row.split == "dev"]
    if not replay.whole:
        count = len(own) - len(dev)
        corpus_train = sample(corpus_train, replay.days(count) if taught else max(REPLAY, count), replay.seed)
        corpus_dev = sample(corpus_dev, len(dev) or DEV_CORPUS, replay.seed)
    return Material(
        rows=(*trained, *corpus_train, *corpus_dev),
        held_out=tuple(row for row in rows if row.id in held_out),
        own=tuple(row.id for row in own),
    )


def row_of(pair: Pair, form: ReportSettings, day: DayRows | None = None) -> Row:
    """An accepted pair as a row, asked for in the person's form, with what it teaches by sentence where that is
    known."""
    row = Row(pair.id, pair.day, pair.diary, pair.report, form=form.model_dump(mode="json"))
    return replace(row, sentences=day.sentences, judged=day.judged, weight=day.weight) if day else row


def choose_dev(ids: Sequence[str]) -> list[str]:
    """Of the pairs to learn from, those that choose the checkpoint; few pairs give none."""
    if len(ids) < DEV_FROM:
        return []
    ranked = sorted(ids, key=lambda pair_id: fraction(f"dev {pair_id}"))
    return ranked[: max(2, len(ids) // DEV_SHARE)]


def sample(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """So many rows, always the same ones for a seed, in their own order."""
    ranked = sorted(rows, key=lambda row: fraction(f"replay {seed} {row.id}"))
    chosen = {row.id for row in ranked[:count]}
    return [row for row in rows if row.id in chosen]


def to_lines(rows: Sequence[Row]) -> str:
    """Rows as JSON lines, as ``training.pairs.rows.read_rows`` reads them."""
    lines = []
    for row in rows:
        value: dict[str, object] = {"id": row.id, "date": row.date, "diary": row.diary, "report": row.report}
        value |= {"split": row.split, "form": row.form, "weight": row.weight}
        if row.sentences is not None:
            value["sentences"] = row.sentences
        if row.judged:
            value["judged"] = row.judged
        if row.private is not None:
            value["private"] = list(row.private)
        if row.facts is not None:
            value["facts"] = [{"fact": fact.fact, "any_of": list(fact.any_of)} for fact in row.facts]
        lines.append(json.dumps(value, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines)


def folds(ids: Sequence[str], count: int) -> list[list[str]]:
    """The ids in so many groups of like size, by hash; empty groups are left out."""
    ranked = sorted(ids, key=lambda pair_id: fraction(f"fold {pair_id}"))
    groups = [ranked[number::count] for number in range(count)]
    return [group for group in groups if group]
