"""Rows of pairs: JSON lines in, typed rows out. Pure but for reading the named files.

A row is ``{"id", "date", "diary", "report", "private", "facts", "split", "form"}``. Evaluation needs the first three.
A row without ``private`` and ``facts`` is an accepted pair of the person, whose own form of report is learned; ``form``
names report settings for this one row. Labels by sentence come as ``"sentences": [[sentence, [line, …] or null], …]``,
``"judged": [[line, label, weight], …]``, ``"changed": [index, …]`` and ``"weight"`` (``training.pairs.day_rows`` says
what they mean).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from daemon.drafting.prompt import LABELS
from daemon.errors import TrainingError
from daemon.words import tr

SPLITS = ("train", "dev")


@dataclass(frozen=True)
class Fact:
    """One thing that a good report says: any of the spellings will do."""

    fact: str
    any_of: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One diary, with what is known about its report. ``private``, ``facts`` and ``sentences`` are None when nobody
    listed them. ``own``: the indices of sentences whose label is the person's own doing, as
    ``daemon.learning.edit_rows`` knows them (None: all); only the gate asks, so that no file has it."""

    id: str
    date: str
    diary: str
    report: str | None = None
    private: tuple[str, ...] | None = None
    facts: tuple[Fact, ...] | None = None
    split: str = "train"
    form: dict[str, Any] = field(default_factory=dict)
    sentences: tuple[tuple[str, tuple[str, ...] | None], ...] | None = None
    judged: tuple[tuple[str, str, float], ...] = ()
    weight: float = 1.0
    changed: tuple[int, ...] = ()
    own: tuple[int, ...] | None = None

    @property
    def accepted(self) -> bool:
        """Whether this is a pair that the person accepted, not a row of the starter corpus."""
        return self.report is not None and self.private is None and self.facts is None


def read_rows(files: Iterable[Path], need_report: bool = False) -> list[Row]:
    """Given JSONL files, return their rows in order; raise ``TrainingError`` that lists every faulty line.

    Messages name file and line, never the text. Ids must be unique over all files.
    """
    rows: list[Row] = []
    problems: list[str] = []
    seen: set[str] = set()
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as problem:
            raise TrainingError(
                tr("{file}: cannot be read ({kind})", file=file, kind=type(problem).__name__),
                tr("Name a UTF-8 JSON-lines file."),
            ) from None
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = parse_row(json.loads(line), need_report)
            except json.JSONDecodeError:
                problems.append(tr("{name}:{number}: not JSON", name=file.name, number=number))
                continue
            except ValueError as problem:
                problems.append(f"{file.name}:{number}: {problem}")
                continue
            if row.id in seen:
                problems.append(
                    tr("{name}:{number}: the id {id} is there twice", name=file.name, number=number, id=row.id)
                )
            seen.add(row.id)
            rows.append(row)
    if problems:
        raise TrainingError(
            "\n".join([tr("{count} faulty row(s)", count=len(problems)), *problems]), tr("Mend or remove these rows.")
        )
    return rows


def parse_row(value: Any, need_report: bool = False) -> Row:
    """Given a decoded JSON value, return its row; raise ValueError that names the faulty key, without its text."""
    if not isinstance(value, dict):
        raise ValueError(tr("expected an object"))
    for key in ("id", "date", "diary", *(("report",) if need_report else ())):
        if not isinstance(value.get(key), str) or (key != "diary" and not value[key].strip()):
            raise ValueError(tr("`{key}`: expected a text", key=key))
    try:
        date.fromisoformat(value["date"])
    except ValueError:
        raise ValueError(tr("`date`: expected YYYY-MM-DD")) from None
    report = value.get("report")
    if report is not None and not isinstance(report, str):
        raise ValueError(tr("`report`: expected a text"))
    split = value.get("split", "train")
    if split not in SPLITS:
        raise ValueError(tr("`split`: expected one of {splits}", splits=", ".join(SPLITS)))
    form = value.get("form", {})
    if not isinstance(form, dict):
        raise ValueError(tr("`form`: expected an object"))
    return Row(
        id=value["id"],
        date=value["date"],
        diary=value["diary"],
        report=report,
        private=_texts(value, "private"),
        facts=_facts(value),
        split=split,
        form=dict(form),
        sentences=_sentences(value),
        judged=_judged(value),
        weight=weight_of(value),
        changed=_changed(value),
    )


def _texts(value: dict[str, Any], key: str) -> tuple[str, ...] | None:
    texts = value.get(key)
    if texts is None:
        return None
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(tr("`{key}`: expected a list of texts", key=key))
    return tuple(texts)


def _facts(value: dict[str, Any]) -> tuple[Fact, ...] | None:
    facts = value.get("facts")
    if facts is None:
        return None
    try:
        found = tuple(Fact(str(fact["fact"]), tuple(str(text) for text in fact["any_of"])) for fact in facts)
    except (TypeError, KeyError):
        raise ValueError(tr("`facts`: expected a list of {fact, any_of}")) from None
    if not all(fact.any_of and all(fact.any_of) for fact in found):
        raise ValueError(tr("`facts`: `any_of` holds at least one text"))
    return found


def _sentences(value: dict[str, Any]) -> tuple[tuple[str, tuple[str, ...] | None], ...] | None:
    given = value.get("sentences")
    if given is None:
        return None
    try:
        found = tuple((text, None if lines is None else tuple(lines)) for text, lines in given)
    except (TypeError, ValueError):
        raise ValueError(tr("`sentences`: expected a list of [sentence, lines]")) from None
    if not all(isinstance(one, str) and one for text, lines in found for one in (text, *(lines or ()))):
        raise ValueError(tr("`sentences`: expected texts"))
    return found


def _judged(value: dict[str, Any]) -> tuple[tuple[str, str, float], ...]:
    try:
        found = tuple((str(line), str(label), float(weight)) for line, label, weight in value.get("judged", ()))
    except (TypeError, ValueError):
        raise ValueError(tr("`judged`: expected a list of [line, label, weight]")) from None
    if not all(line and label in tuple(LABELS) and weight >= 0 for line, label, weight in found):
        raise ValueError(tr("`judged`: a label is one of {labels}, a weight is not negative", labels=", ".join(LABELS)))
    return found


def _changed(value: dict[str, Any]) -> tuple[int, ...]:
    given = value.get("changed", [])
    count = len(value.get("sentences") or ())
    if not isinstance(given, list) or not all(type(at) is int and 0 <= at < count for at in given):
        raise ValueError(tr("`changed`: expected indices of sentences"))
    return tuple(given)


def weight_of(value: dict[str, Any]) -> float:
    """How much a row counts, 1 where it does not say so; raises ValueError."""
    weight = value.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
        raise ValueError(tr("`weight`: expected a number of 0 or more"))
    return float(weight)


def corpus_hash(rows: Sequence[Row]) -> str:
    """SHA-256 over ids, diaries, reports, forms and labels, in order of id: equal for equal training data in any order.

    Rows without labels by sentence are hashed as they were before there were any.
    """
    digest = hashlib.sha256()
    for row in sorted(rows, key=lambda row: row.id):
        form = json.dumps(row.form, ensure_ascii=False, sort_keys=True)
        values: list[Any] = [row.id, row.date, row.diary, row.report, form]
        if row.sentences is not None or row.judged:
            values += [row.sentences, row.judged, row.weight, *([row.changed] if row.changed else [])]
        digest.update(json.dumps(values, ensure_ascii=False).encode())
    return digest.hexdigest()
