"""What a weekly run trains on, measures on, and leaves to the gate. Pure but for Sudachi's dictionary.

Every version is trained from nippo's own starting point on all accepted pairs anew, never on top of an earlier version:
so a forgotten pair is gone with the next run, and a version's ``pair_ids`` tell all it knows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from daemon.config import Config, TrainingSettings
from daemon.errors import TrainingError
from daemon.store.store import Pair
from daemon.vault.diary import declared_private
from daemon.words import tr
from training.pairs.edit_rows import day_rows
from training.pairs.holdout import choose_held_out, fraction
from training.pairs.judged import balanced
from training.pairs.order import within_epochs
from training.pairs.rows import Row

DEV_FROM, DEV_SHARE = 24, 8
"""From so many pairs to learn from, one in so many chooses the checkpoint instead. With fewer the last checkpoint is
the one: on starter days the version looks best that has learned least, and two days of the person tell nothing."""
REPLAY = 24
"""With whole reports at least so many rows of the starter corpus go along, so that what it taught is not unlearned."""
DEV_CORPUS = 16


@dataclass(frozen=True)
class Material:
    """``rows``: to train on ("train") and to choose the checkpoint on ("dev"). ``held_out``: the gate's rows. ``own``:
    ids of the accepted pairs among ``rows``. ``silent``: ids of those that teach nothing and so are not among them.
    ``own_share``: of the days of a step so many are accepted ones, 0: all rows as they come."""

    rows: tuple[Row, ...]
    held_out: tuple[Row, ...]
    own: tuple[str, ...]
    silent: tuple[str, ...] = ()
    own_share: float = 0.0

    def digest(self) -> str:
        """A hash of all rows: a cut-off run is resumed only with the very same ones."""
        values = [
            [row.id, row.split, row.diary, row.report, row.form, row.sentences, row.judged, row.weight, row.changed]
            for row in (*self.rows, *self.held_out)
        ]
        return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def pin(
    pairs: Sequence[Pair], pinned: Collection[str], seen: Collection[str], changed: Collection[str] = ()
) -> frozenset[str]:
    """Given the accepted pairs, the ids held out so far, those that a run has seen, and those whose person changed the
    draft, return all ids held out now.

    Only pairs that no run has seen can become held out.
    """
    ids = [pair.id for pair in pairs]
    here = [pair_id for pair_id in pinned if pair_id in set(ids)]
    return frozenset(here) | choose_held_out([pair_id for pair_id in ids if pair_id not in seen], here, changed)


def gather(
    pairs: Sequence[Pair],
    held_out: Collection[str],
    corpus: Sequence[Row],
    config: Config,
    by_sentence: bool,
    replay: bool = True,
) -> Material:
    """Given the accepted pairs, the ids of the gate, the starter corpus and the settings with the person's form of
    report, return the material. ``replay`` False: the model starts from nothing, so the whole corpus goes along.

    ``by_sentence``: rows have labels by sentence, and those without any are not trained on; of the days of a step
    ``training.starter_share`` are the starter's, each of them seen once as far as there are enough: seen as often as
    the few accepted ones they would be learned by heart as well. Else none has labels. Raises ``TrainingError`` when no
    pair teaches anything. A day that was declared private as a whole is neither learned nor measured on.
    """
    open_pairs = [pair for pair in pairs if not declared_private(pair.diary, config.privacy)]
    if pairs and not open_pairs:
        raise TrainingError(
            tr("every accepted day has been declared private as a whole, so there is nothing to learn from"),
            tr("Take `private: true` or the tag out of the days that may be learned from."),
        )
    rows = [row_of(pair, config, by_sentence) for pair in open_pairs]
    to_learn = [row for row in rows if row.id not in held_out]
    own = [row for row in to_learn if not by_sentence or teaches(row)]
    if to_learn and not own:
        raise TrainingError(
            tr("no accepted report could be traced to sentences of its diary, so there is nothing to learn from"),
            tr("Accept reports that tell what their diaries tell; `追跡できなかった行` of a verdict lists the lines."),
        )
    corpus = (
        [row for row in corpus if teaches(row)] if by_sentence else [unlabelled(row) for row in corpus if row.report]
    )
    dev = set(choose_dev([row.id for row in own]))
    learned = balanced(own) if by_sentence else own
    trained = [replace(row, split="dev") if row.id in dev else row for row in learned]
    corpus_train = [row for row in corpus if row.split == "train"]
    corpus_dev = [row for row in corpus if row.split == "dev"]
    own_share = 0.0
    if replay:
        settings, count = config.training, len(own) - len(dev)
        beside = days_beside(count, settings) if by_sentence else max(REPLAY, count)
        own_share = 1 - settings.starter_share if by_sentence else 0.0
        corpus_train = sample(corpus_train, beside, settings.random_state)
        fewest = 0 if by_sentence else DEV_CORPUS  # a day that measures costs a processor as much as one that teaches
        corpus_dev = sample(corpus_dev, len(dev) or fewest, settings.random_state)
    return Material(
        rows=(*trained, *corpus_train, *corpus_dev),
        held_out=tuple(row for row in rows if row.id in held_out),
        own=tuple(row.id for row in own),
        silent=tuple(row.id for row in to_learn if row not in own),
        own_share=own_share,
    )


def row_of(pair: Pair, config: Config, by_sentence: bool) -> Row:
    """An accepted pair as a row, asked for in the person's form; by sentence with the labels that its edits give."""
    row = Row(pair.id, pair.day, pair.diary, pair.report, form=config.report.model_dump(mode="json"))
    if not by_sentence:
        return row
    day, read = day_rows(pair, config)
    known = replace(row, sentences=day.sentences, judged=day.judged, weight=day.weight)
    labelled = replace(known, changed=day.changed, own=read.own)
    return labelled if teaches(labelled) else row


def teaches(row: Row) -> bool:
    """Whether anything is known of a sentence or of a line of this row."""
    return bool(row.judged) or any(lines is not None for _, lines in row.sentences or ())


def unlabelled(row: Row) -> Row:
    """A row whose report is learned as a whole."""
    return replace(row, sentences=None, judged=(), weight=1.0, changed=(), own=None)


def choose_dev(ids: Sequence[str]) -> list[str]:
    """Of the pairs to learn from, those that choose the checkpoint; few pairs give none."""
    if len(ids) < DEV_FROM:
        return []
    ranked = sorted(ids, key=lambda pair_id: fraction(f"dev {pair_id}"))
    return ranked[: len(ids) // DEV_SHARE]


def checkpoints_for(days: int, settings: TrainingSettings) -> tuple[int, ...]:
    """The checkpoints of a run on so many days."""
    return within_epochs(
        settings.checkpoints,
        days,
        settings.max_epochs,
        settings.batch_size,
        settings.accumulation,
        settings.min_steps,
    )


def days_beside(own: int, settings: TrainingSettings) -> int:
    """How many starter days a run on so many accepted ones sees, each once."""
    steps = checkpoints_for(round(own / (1 - settings.starter_share)), settings)[-1]
    return round(steps * settings.batch_size * settings.accumulation * settings.starter_share)


def sample(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """So many rows, always the same ones for a seed, in their own order."""
    chosen = {row.id for row in shuffled(rows, seed)[:count]}
    return [row for row in rows if row.id in chosen]


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    """The rows in an order of chance, always the same one for a seed, whichever others are among them."""
    return sorted(rows, key=lambda row: fraction(f"replay {seed} {row.id}"))


def to_lines(rows: Sequence[Row]) -> str:
    """Rows as JSON lines, as ``training.pairs.rows.read_rows`` reads them."""
    lines = []
    for row in rows:
        value: dict[str, object] = {"id": row.id, "date": row.date, "diary": row.diary, "report": row.report}
        value |= {"split": row.split, "form": row.form}
        if row.private is not None:
            value["private"] = list(row.private)
        if row.facts is not None:
            value["facts"] = [{"fact": fact.fact, "any_of": list(fact.any_of)} for fact in row.facts]
        if row.sentences is not None or row.judged:
            value |= {"sentences": row.sentences, "judged": row.judged, "weight": row.weight, "changed": row.changed}
        lines.append(json.dumps(value, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines)


def folds(ids: Sequence[str], count: int) -> list[list[str]]:
    """The ids in so many groups of like size, by hash; empty groups are left out."""
    ranked = sorted(ids, key=lambda pair_id: fraction(f"fold {pair_id}"))
    groups = [ranked[number::count] for number in range(count)]
    return [group for group in groups if group]
