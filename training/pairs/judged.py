"""Judged lines: what people said of lines that a model wrote. JSON lines in, typed rows out.

A row is ``{"id", "lines": [[line, label], …]}``: lines written for the diary of that corpus row, each with T, F, P or U
(``daemon.drafting.prompt.LABELS``). A diary that no corpus holds comes along as ``"diary"`` with its ``"date"`` and
``"split"``. ``"weight"`` says how much the lines count beside others (1 without it): lines of whole drafts, which this
writer would never write, count less.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from daemon.drafting.prompt import LABELS
from daemon.errors import TrainingError
from daemon.words import tr
from training.pairs.rows import SPLITS, Row, weight_of


@dataclass(frozen=True)
class JudgedLines:
    """The judged lines of one diary; ``diary`` is None where the corpus row of that id holds it, and then its split
    counts, not ``split``."""

    id: str
    lines: tuple[tuple[str, str], ...]
    diary: str | None = None
    date: str = ""
    split: str = "train"
    weight: float = 1.0


TRUE_SHARE = 0.65
"""Of the lines that readers judged for the starter (dev days); a judge that learns from a person keeps these odds."""


def balanced(rows: Sequence[Row]) -> list[Row]:
    """Given a person's rows, return them with the lines that are T counting so little that they make no more than
    ``TRUE_SHARE`` of what is judged.

    A draft shows the lines of which the model was sure, and people keep most of them: learned as they come they teach
    that everything is true, and twice as many lines get written (dev/LOG.md). Where nothing was turned down they teach
    the judge nothing.
    """
    true, other = (
        sum(weight * row.weight for row in rows for _, label, weight in row.judged if (label == "T") is wanted)
        for wanted in (True, False)
    )
    factor = min(1.0, other * TRUE_SHARE / (1 - TRUE_SHARE) / true) if true else 1.0

    def of(row: Row) -> Row:
        lines = [(line, label, weight * factor if label == "T" else weight) for line, label, weight in row.judged]
        return replace(row, judged=tuple(one for one in lines if one[2] > 0))

    return [of(row) for row in rows]


def read_judged(files: Iterable[Path]) -> list[JudgedLines]:
    """Given JSONL files, return their rows in order; raise ``TrainingError`` that lists every faulty line, without its
    text."""
    found: list[JudgedLines] = []
    problems: list[str] = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as problem:
            raise TrainingError(
                tr("{file}: cannot be read ({kind})", file=file, kind=type(problem).__name__),
                tr("Name a UTF-8 JSON-lines file of judged lines."),
            ) from None
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                found.append(parse_judged(json.loads(line)))
            except json.JSONDecodeError:
                problems.append(tr("{name}:{number}: not JSON", name=file.name, number=number))
            except ValueError as problem:
                problems.append(f"{file.name}:{number}: {problem}")
    if problems:
        raise TrainingError(
            "\n".join([tr("{count} faulty row(s)", count=len(problems)), *problems]), tr("Mend or remove these rows.")
        )
    return found


def parse_judged(value: Any) -> JudgedLines:
    """Given a decoded JSON value, return its row; raise ValueError that names the faulty key, without its text."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        raise ValueError(tr("`id`: expected a text"))
    diary, date, split = value.get("diary"), value.get("date", ""), value.get("split", "train")
    if not isinstance(date, str) or not (diary is None or isinstance(diary, str)):
        raise ValueError(tr("`diary`, `date`: expected texts"))
    if split not in SPLITS:
        raise ValueError(tr("`split`: expected one of {splits}", splits=", ".join(SPLITS)))
    try:
        lines = tuple((line, label) for line, label in value["lines"])
    except (KeyError, TypeError, ValueError):
        raise ValueError(tr("`lines`: expected a list of [line, label]")) from None
    if not all(isinstance(line, str) and line and label in tuple(LABELS) for line, label in lines):
        raise ValueError(tr("`lines`: a label is one of {labels}", labels=", ".join(LABELS)))
    return JudgedLines(value["id"], lines, diary, date, split, weight_of(value))
