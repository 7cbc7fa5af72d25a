"""The same diaries by two engines, sentence by sentence: what one wrote, and how much of it the other writes as well.

Greedy answers only (``drafts`` 1 draws nothing again), so that a difference is one of arithmetic, not of luck."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.drafting.draft import draft_report
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.engines.opening import open_engine
from daemon.system.hashes import file_hash
from daemon.versions.artifact import ADAPTER

Row = dict[str, Any]


def read_rows(file: Path) -> list[Row]:
    """Diaries of a JSON-lines file: ``id``, ``date``, ``diary``."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def spread(rows: Sequence[Row], count: int) -> list[Row]:
    """``count`` rows, evenly over the file. Pure."""
    return [rows[at * len(rows) // count] for at in range(min(count, len(rows)))]


def written(config: Config, rows: Sequence[Row]) -> Iterator[Row]:
    """One report after the other by the engine of the settings, as rows of ``as_row``."""
    engine = open_engine(config)
    try:
        for row in rows:
            started = time.monotonic()
            result = draft_report(engine, DraftRequest(row["date"], row["diary"]), config)
            yield as_row(row, result, time.monotonic() - started)
    finally:
        engine.close()


def as_row(row: Row, result: DraftResult, seconds: float) -> Row:
    """A report as JSON: the body, and of every sentence the lines that the model gave (none for なし) and the chance of
    なし (None: not told)."""
    sentences = [
        {"text": one.text, "nothing": one.nothing, "lines": [line.text for line in one.lines]}
        for one in result.record.sentences
    ]
    return {
        "id": row["id"],
        "date": row["date"],
        "diary": row["diary"],
        "body": result.body,
        "version": result.version,
        "method": result.method,
        "warnings": list(result.warnings),
        "questions": result.questions,
        "seconds": round(seconds, 2),
        "sentences": sentences,
    }


def record(config: Config, adapter: Path, rows: Sequence[Row], file: Path, told: Callable[[str], None]) -> None:
    """Write the reports of the rows into a JSON file, which is whole after every one of them."""
    done: list[Row] = []
    for row in written(config, rows):
        done.append(row)
        kept = {"engine": config.engine.kind, "drafts": config.engine.drafts, "adapter": weights_hash(adapter)}
        text = json.dumps({**kept, "reports": done}, ensure_ascii=False, indent=1)
        file.write_text(text + "\n", encoding="utf-8")
        told(f"{row['id']}: {row['seconds']} s, {len(row['body'].splitlines())} lines")


def weights_hash(adapter: Path) -> str:
    """SHA-256 of an adapter's weights, by which two records are of the same adapter."""
    return file_hash(adapter / ADAPTER)


def compared(ours: Sequence[Row], theirs: Sequence[Row]) -> dict[str, Any]:
    """Two engines' reports of the same diaries: lines of the bodies alike, sentences with the same lines, and how far
    the chances of なし lie apart. Pure."""
    other = {row["id"]: row for row in theirs}
    pairs = [(row, other[row["id"]]) for row in ours if row["id"] in other]
    bodies = [(lines_of(one["body"]), lines_of(two["body"])) for one, two in pairs]
    sentences = [
        (one, two)
        for ours_, theirs_ in pairs
        for one, two in zip(ours_["sentences"], theirs_["sentences"], strict=True)
    ]
    gaps = sorted(
        abs(one["nothing"] - two["nothing"])
        for one, two in sentences
        if one["nothing"] is not None and two["nothing"] is not None
    )
    return {
        "reports": len(pairs),
        "reports_alike": sum(one["body"] == two["body"] for one, two in pairs),
        "lines": [sum(map(len, side)) for side in zip(*bodies, strict=True)] if bodies else [0, 0],
        "lines_alike": sum((Counter(one) & Counter(two)).total() for one, two in bodies),
        "sentences": len(sentences),
        "sentences_alike": sum(one["lines"] == two["lines"] for one, two in sentences),
        "sentences_with_lines": sum(bool(one["lines"] or two["lines"]) for one, two in sentences),
        "nothing_gap_mean": round(sum(gaps) / len(gaps), 4) if gaps else None,
        "nothing_gap_most": round(gaps[-1], 4) if gaps else None,
        "seconds_a_report": [
            round(sum(row["seconds"] for row in side) / len(pairs), 2) for side in zip(*pairs, strict=True)
        ]
        if pairs
        else None,
    }


def lines_of(body: str) -> list[str]:
    """The lines of a report that say something of the day: without its lead and blank lines. Pure."""
    return [line for line in body.splitlines() if line.startswith(("* ", "今後は"))]
