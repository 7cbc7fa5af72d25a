"""Which lines of a day make its report, by how likely they are true. Pure but for Sudachi's dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daemon.config import Config
from daemon.drafting.ask_day import NOT_SURE, Answered, Weighed
from daemon.drafting.compose import ReportLine, choose
from daemon.drafting.confidence import LEAST, SURE
from daemon.drafting.record import LineRecord, SentenceRecord
from daemon.drafting.sentences import Sentence

LIKELIEST = 2
"""So many lines stand when none is sure enough."""


@dataclass(frozen=True)
class Choice:
    """The lines that make the report, and the record of all sentences.

    ``left_out``: private lines that fell out. ``doubtful``: none was sure enough, so the likeliest stand all the same.
    ``turned_down``: lines were written, but no check let one stand.
    """

    lines: tuple[ReportLine, ...]
    record: tuple[SentenceRecord, ...]
    left_out: int
    doubtful: bool
    turned_down: bool


def choose_lines(sentences: Sequence[Sentence], answered: Mapping[int, Answered], config: Config) -> Choice:
    """Given what each sentence gave, by its index, keep what ``report.caution`` asks for.

    A day whose sentences gave lines never becomes a day without study: when none is sure enough, the likeliest that no
    check turned down stand, marked. Without probabilities from the engine there is nothing to choose by: all stand.
    """
    told = any(one.nothing is not None for one in answered.values())
    least = LEAST[config.report.caution] if told else 0.0
    every = [(at, line) for at in sorted(answered) for line in answered[at].lines]
    standing = [ReportLine(line.written.text, at, line.confidence) for at, line in every if line.stands]
    deeds = [one for one in standing if not one.plan]
    sure = [one for one in standing if one.confidence >= least]
    doubtful = bool(deeds) and all(one.plan for one in sure)
    if doubtful:
        sure += sorted(deeds, key=lambda one: -one.confidence)[:LIKELIEST]
    lines = choose(sorted(sure, key=lambda one: one.sentence), config.report)
    kept = {(one.sentence, one.text) for one in lines}
    record = tuple(
        SentenceRecord(
            one.text,
            one.line,
            one.first,
            one.last,
            answered[at].nothing if at in answered else None,
            tuple(_recorded(line, (at, line.written.text) in kept) for line in _speakable(answered.get(at))),
            at in answered and answered[at].failed,
        )
        for at, one in enumerate(sentences)
    )
    return Choice(
        lines=tuple(lines),
        record=record,
        left_out=sum(line.faults.leaks for _, line in every),
        doubtful=doubtful,
        turned_down=not deeds and any(not line.written.plan for _, line in every),
    )


def _speakable(answer: Answered | None) -> list[Weighed]:
    """The lines that may be remembered: one that leaks is not."""
    return [line for line in answer.lines if not line.faults.leaks] if answer else []


def _recorded(line: Weighed, kept: bool) -> LineRecord:
    unsure = (NOT_SURE,) if line.stands and line.confidence < SURE else ()
    doubts = (*line.faults.decisive, *line.faults.marks, *unsure)
    return LineRecord(line.written.text, round(line.confidence, 4), kept and line.stands, doubts)
