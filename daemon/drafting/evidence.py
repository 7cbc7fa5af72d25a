"""The sentence of the diary behind each line of a report: known from when it was written, not guessed. Pure but for
Sudachi's dictionary."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.checks.text import normalise
from daemon.config import ReportSettings
from daemon.drafting.compose import in_style
from daemon.drafting.prompt import BULLET, PLAN
from daemon.drafting.record import DayRecord


@dataclass(frozen=True)
class Evidence:
    """A line of the body (``number`` from 1), the sentence of the diary that it was written from with its line there
    (from 1, in the diary as the model saw it), how likely it is true (0-1), and what is held against it in Japanese."""

    number: int
    text: str
    sentence: str
    diary_line: int
    confidence: float
    doubts: tuple[str, ...] = ()


def evidence_in(record: DayRecord, body: str, report: ReportSettings) -> tuple[Evidence, ...]:
    """Given what a draft remembers, a body as it stands now and the person's form, return the evidence of every line
    that still stands as it was written, in the body's order; a closing of two plans has two sentences behind it. A line
    that a person changed or added has none."""
    kept = [(line, one) for one in record.sentences for line in one.lines if line.kept]
    deeds = {_key(in_style(line.text.removeprefix(BULLET), report)): (line, one) for line, one in kept}
    plans = [(_key(in_style(line.text.removeprefix(PLAN), report)), line, one) for line, one in kept]
    plans = [entry for entry in plans if entry[1].text.startswith(PLAN)]
    found: list[Evidence] = []
    for number, text in enumerate(body.split("\n"), start=1):
        bare = _key(text.strip().removeprefix(report.bullet.strip()))
        behind = [deeds[bare]] if bare in deeds else []
        if not behind and report.closing and text.startswith(report.closing):
            behind = [(line, one) for key, line, one in plans if key in bare]
        found += [
            Evidence(number, text, one.text, one.line, line.confidence, line.doubts) for line, one in behind if bare
        ]
    return tuple(found)


def _key(text: str) -> str:
    return normalise(text).strip()
