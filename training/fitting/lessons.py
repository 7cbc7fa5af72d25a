"""What a run learns from: reports, or days with a line for each sentence; from files, and as tokens in a course."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from daemon.config import Config
from daemon.drafting.draft import own_rule
from daemon.drafting.prompt import HABITS
from daemon.errors import TrainingError
from daemon.words import tr
from training.fitting.fit import Course, plan_course
from training.fitting.progress import Progress
from training.fitting.spec import TrainSpec
from training.model.ranks import processes
from training.pairs.day_encoding import DayExample, encode_day, fitting_days, one_by_one
from training.pairs.day_rows import DayRows
from training.pairs.days import days_hash, days_of
from training.pairs.encoding import Example, encode_rows, fitting
from training.pairs.judged import read_judged
from training.pairs.rows import Row, corpus_hash, read_rows

T = TypeVar("T", Row, DayRows)
Method = Literal["sentences", "whole"]
JUDGED = ("judged.jsonl", "judged-dev.jsonl")
"""Files of judged lines that are read along with the pairs they lie beside."""


@dataclass(frozen=True)
class Reports:
    """Rows whose report is learned as a whole."""

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    method: Method = "whole"
    habits: str = ""

    @property
    def hash(self) -> str:
        return corpus_hash(self.train)

    def course(self, spec: TrainSpec, tokenizer: Any, packed: bool, progress: Progress) -> tuple[Course, list[str]]:
        """The person's form is learned from the rows trained on; also the ids of the rows that are too long."""
        examples = encode_rows(tokenizer, [*self.train, *self.dev], spec.report, spec.privacy)
        kept, long = fitting(examples[: len(self.train)], spec.settings.max_seq_length)
        kept_dev, long_dev = fitting(examples[len(self.train) :], spec.settings.max_seq_length)
        _say_left_out(len(long) + len(long_dev), tr("row(s)"), spec, progress)
        _need(kept)
        course = plan_course(spec, kept, kept_dev, processes())
        progress.say(
            tr(
                "{count} rows to train on, {count2} to measure on, {steps} steps",
                count=len(kept),
                count2=len(kept_dev),
                steps=course.steps,
            )
        )
        return course, [*long, *long_dev]


@dataclass(frozen=True)
class Days:
    """Days whose sentences and judged lines are learned one by one. ``unlabelled``: rows that had no labels."""

    train: tuple[DayRows, ...]
    dev: tuple[DayRows, ...]
    unlabelled: int = 0
    method: Method = "sentences"

    @property
    def hash(self) -> str:
        return days_hash(self.train)

    @property
    def habits(self) -> str:
        """What a person's days are known by: nothing where all are nippo's own."""
        return HABITS if any(day.accepted for day in self.train) else ""

    def course(self, spec: TrainSpec, tokenizer: Any, packed: bool, progress: Progress) -> tuple[Course, list[str]]:
        """Days as they are where the loader knows packs, else every question with the whole diary before it."""
        own = own_rule(Config().model_copy(update={"report": spec.report}), self.habits)

        def encode(days: Iterable[DayRows]) -> tuple[list[DayExample], list[str], int]:
            examples = [encode_day(tokenizer, day, spec.privacy, own, spec.judge_weight) for day in days]
            return fitting_days(examples, spec.settings.max_seq_length)

        kept, left_out, lost = encode(self.train)
        dev, _, lost_dev = encode(replace(day, judged=(), weight=1.0) for day in self.dev if day.sentences)
        judged, _, _ = encode(replace(day, sentences=(), weight=1.0) for day in self.dev if day.judged)
        _say_left_out(lost + lost_dev, tr("question(s)"), spec, progress)
        if self.unlabelled:
            progress.say(tr("{unlabelled} row(s) without labels by sentence are left out", unlabelled=self.unlabelled))
        _need(kept)
        train: Sequence[Example | DayExample] = kept
        measured: Sequence[Example | DayExample] = dev
        pieces = 1.0
        if not packed:
            seed = spec.settings.random_state
            train, measured = one_by_one(kept, seed), one_by_one(dev, seed)
            pieces = len(train) / len(kept)
        course = plan_course(spec, train, measured, processes(), pieces, judged)
        course = replace(course, own=frozenset(day.id for day in self.train if day.accepted), habits=self.habits)
        asked = sum(len(day.questions) for day in kept)
        progress.say(
            tr(
                "{count} days with {asked} questions to train on, {count2} to measure on, {steps} steps",
                count=len(kept),
                asked=asked,
                count2=len(dev),
                steps=course.steps,
            )
        )
        return course, left_out


def read_lessons(spec: TrainSpec) -> Reports | Days:
    """Read what ``spec`` names. Raises ``TrainingError`` for faulty files, and when there is nothing to train on."""
    rows = read_rows(spec.pairs)
    labelled = [row for row in rows if row.sentences is not None or row.judged]
    if spec.rows == "sentences" or (spec.rows == "auto" and labelled):
        days = days_of(labelled, read_judged(judged_files(spec)))
        lessons: Reports | Days = Days(*split_rows(days, spec.all_rows), len(rows) - len(labelled))
        if not labelled:
            raise TrainingError(
                tr("no row has labels by sentence"), tr("Name files with `sentences`, or use --rows reports.")
            )
    else:
        lessons = Reports(*split_rows(read_rows(spec.pairs, need_report=True), spec.all_rows))
    if not lessons.train:
        raise TrainingError(tr("there is no row to train on"), tr("Name files with rows of the split `train`."))
    return lessons


def judged_files(spec: TrainSpec) -> list[Path]:
    """The files of judged lines of a run: those named, else those that lie beside its pairs."""
    if not spec.judge_weight:
        return []
    if spec.judged is not None:
        return list(spec.judged)
    folders = dict.fromkeys(file.parent for file in spec.pairs)
    return [folder / name for folder in folders for name in JUDGED if (folder / name).is_file()]


def split_rows(rows: Sequence[T], all_rows: bool) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """The rows to train on and those to measure on; with ``all_rows`` everything is trained on."""
    if all_rows:
        return tuple(rows), ()
    return tuple(row for row in rows if row.split == "train"), tuple(row for row in rows if row.split == "dev")


def _say_left_out(count: int, what: str, spec: TrainSpec, progress: Progress) -> None:
    if count:
        progress.say(
            tr(
                "{count} {what} longer than {max_seq_length} tokens are left out",
                count=count,
                what=what,
                max_seq_length=spec.settings.max_seq_length,
            )
        )


def _need(kept: Sequence[Example | DayExample]) -> None:
    if not kept:
        raise TrainingError(tr("every row is longer than the sequence length"), tr("Raise `training.max_seq_length`."))
