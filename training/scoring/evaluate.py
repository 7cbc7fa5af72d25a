"""Write reports for rows of diaries and score them: ``python -m training.scoring.evaluate FILE.jsonl``.

Three ways to the reports: an engine of the daemon (as a user gets them), ``--engine transformers-batch`` (many at once,
for a GPU), or ``--drafts-file`` (drafts that ``python -m training.scoring.generate`` wrote elsewhere). All are chosen,
repaired and scored by the same code. Under ``--out``: ``<id>.md`` holds the report alone, ``scores.jsonl`` figures.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from daemon.checks import CheckSettings, score
from daemon.config import Config, load
from daemon.drafting.draft import draft_report
from daemon.drafting.record import DayRecord
from daemon.drafting.repair import finish
from daemon.drafting.result import DraftRequest
from daemon.drafting.whole import best_of
from daemon.engines.opening import open_engine
from daemon.engines.protocol import Draft, Engine, Sampling
from daemon.errors import NippoError, UsageError
from daemon.learning.run_folder import Ending
from daemon.system.files import only_for_this_user, private_folder
from daemon.versions.artifact import find_version
from daemon.words import tr
from training.pairs.encoding import messages, row_forms
from training.pairs.rows import Row, read_rows
from training.scoring.generate import Drafts, adapter_name, read_drafts
from training.scoring.generate import run as generate_batches
from training.scoring.metrics import RowFigures, Summary, measure, summarise, table


@dataclass(frozen=True)
class WrittenReport:
    """The report for one row: its text, what it took, the Japanese warnings that a user would see, and what became of
    each sentence (nothing where it was written as a whole)."""

    row: Row
    text: str
    seconds: float
    questions: int = 1
    warnings: tuple[str, ...] = ()
    record: DayRecord = field(default_factory=DayRecord)


@dataclass(frozen=True)
class Evaluation:
    """All reports of one model with their figures."""

    model: str
    written: tuple[WrittenReport, ...]
    figures: tuple[RowFigures, ...]
    summary: Summary

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "summary": asdict(self.summary),
            "rows": [asdict(figures) for figures in self.figures],
        }


def settings_of(rows: Sequence[Row], config: Config) -> list[CheckSettings]:
    """What the checks know about each row: the form it was asked for in, and the person's word lists."""
    return [CheckSettings(config.privacy, form) for form in row_forms(rows, config.report)]


def evaluate(model: str, written: Sequence[WrittenReport], config: Config) -> Evaluation:
    """Given the reports of one model, return their figures."""
    settings = settings_of([one.row for one in written], config)
    figures = tuple(
        measure(one.row, one.text, own, one.seconds, one.questions, len(one.warnings))
        for one, own in zip(written, settings, strict=True)
    )
    return Evaluation(model, tuple(written), figures, summarise(figures))


def from_drafts(row: Row, drafts: Sequence[Draft], settings: CheckSettings, raw: bool, most: int) -> WrittenReport:
    """Given a row's drafts (greedy first), return its report: the first one as it is, or the chosen and repaired one.

    As in the daemon, drafts after a clean one are not looked at, so they cost nothing.
    """
    if raw:
        return WrittenReport(row, drafts[0].text.strip(), drafts[0].seconds)
    best = best_of(drafts[:most], row.diary, settings)
    repaired = finish(best.text, row.diary, settings, day=date.fromisoformat(row.date))
    seconds = sum(draft.seconds for draft in drafts[: best.drafts])
    return WrittenReport(row, repaired.body, seconds, best.drafts, repaired.warnings)


def write_with_engine(engine: Engine, rows: Sequence[Row], config: Config, raw: bool) -> Iterator[WrittenReport]:
    """Reports as a user gets them: ``draft_report`` for each row, or with ``raw`` one greedy draft without checks."""
    for row, own in zip(rows, settings_of(rows, config), strict=True):
        started = time.monotonic()
        if raw:
            sampling = Sampling(temperature=0.0, seed=config.engine.seed, max_tokens=config.engine.max_report_tokens)
            draft = next(iter(engine.generate(messages(row, own.report, config.privacy), [sampling])))
            yield WrittenReport(row, draft.text.strip(), time.monotonic() - started)
            continue
        asked = config.model_copy(update={"report": own.report})
        result = draft_report(engine, DraftRequest(row.date, row.diary, own=row.accepted), asked)
        seconds = time.monotonic() - started
        yield WrittenReport(row, result.body, seconds, result.questions, tuple(result.warnings), result.record)


def write_folder(evaluation: Evaluation, folder: Path, config: Config) -> None:
    """Write ``<id>.md`` for each report (the report alone) and ``scores.jsonl`` with figures, findings, warnings."""
    private_folder(folder)
    settings = settings_of([one.row for one in evaluation.written], config)
    lines = []
    for one, figures, own in zip(evaluation.written, evaluation.figures, settings, strict=True):
        write_text(one, folder)
        findings = score(one.text, one.row.diary, own).to_json()["findings"]
        line = {**asdict(figures), "findings": findings, "warned": list(one.warnings)}
        lines.append(json.dumps(line, ensure_ascii=False))
    (folder / "scores.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "table.md").write_text(table([(evaluation.model, evaluation.summary)]) + "\n", encoding="utf-8")


def write_text(one: WrittenReport, folder: Path) -> None:
    """Write one report, alone, as ``<id>.md``."""
    private_folder(folder)
    (folder / f"{file_name(one.row.id)}.md").write_text(one.text.rstrip("\n") + "\n", encoding="utf-8")


def as_they_come(written: Iterator[WrittenReport], folder: Path | None) -> Iterator[WrittenReport]:
    """Pass reports on, each already on disk: a run that is cut off after an hour has lost none of them."""
    for one in written:
        if folder:
            write_text(one, folder)
        yield one


def file_name(row_id: str) -> str:
    """A row id as a file name: what is not safe in one becomes "_"."""
    return re.sub(r"[^\w.-]", "_", row_id).lstrip(".") or "_"


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m training.scoring.evaluate", description="Score written reports.")
    command.add_argument("rows", type=Path, nargs="+", metavar="FILE", help="JSONL rows: id, date, diary, …")
    which = command.add_mutually_exclusive_group()
    which.add_argument("--version", help="a version of `nippo versions`")
    which.add_argument("--base", action="store_true", help="the bare model, without adapter")
    which.add_argument("--adapter", type=Path, nargs="+", metavar="DIR", help="adapter folders")
    which.add_argument("--drafts-file", type=Path, nargs="+", metavar="FILE", help="drafts of ….scoring.generate")
    engines = ("auto", "llamacpp", "transformers", "server", "transformers-batch")
    command.add_argument("--engine", choices=engines, help="default: the settings file's")
    command.add_argument("--model", default="", help="the base model; default: the settings file's")
    command.add_argument("--drafts", type=int, help="at most so many drafts for each diary")
    command.add_argument("--raw", action="store_true", help="one greedy draft, no checks, no repair")
    command.add_argument("--split", choices=("train", "dev"))
    command.add_argument("--limit", type=int, default=0, help="only the first rows")
    command.add_argument("--out", type=Path, metavar="DIR")
    command.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    command.add_argument("--config", type=Path)
    return command


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        config = configure(load(given.config), given)
        rows = [row for row in read_rows(given.rows) if given.split in (None, row.split)]
        rows = rows[: given.limit] if given.limit else rows
        if not rows:
            raise UsageError(tr("no row to evaluate"), tr("Name files with rows of that split."))
        evaluations = [evaluate(name, written, config) for name, written in reports(rows, given, config)]
    except NippoError as problem:
        print(problem, file=sys.stderr)
        return Ending.of_error(problem)
    if given.out:
        for one in evaluations:
            folder = given.out if len(evaluations) == 1 else given.out / file_name(one.model or "base")
            write_folder(one, folder, config)
    if given.json:
        print(json.dumps([one.to_json() for one in evaluations], ensure_ascii=False, indent=1))
    else:
        print(table([(one.model or "base", one.summary) for one in evaluations]))
    return Ending.OK


def configure(config: Config, given: argparse.Namespace) -> Config:
    """The settings with what the command line says about the engine."""
    changes: dict[str, Any] = {}
    if given.engine and given.engine != "transformers-batch":
        changes["kind"] = given.engine
    if given.model:
        changes["model"] = given.model
    if given.drafts:
        changes["drafts"] = given.drafts
    if given.base:
        changes["adapter"] = "none"
    return config.model_copy(update={"engine": config.engine.model_copy(update=changes)})


def reports(
    rows: Sequence[Row], given: argparse.Namespace, config: Config
) -> Iterator[tuple[str, Sequence[WrittenReport]]]:
    """The reports of every model that the command line names, model by model."""
    if given.drafts_file:
        yield from chosen_reports(
            [one for file in given.drafts_file for one in read_drafts(file)], rows, config, given.raw
        )
        return
    adapters = list(given.adapter or [])
    if given.version:
        adapters = [find_version(config, given.version).path]
    if given.engine == "transformers-batch":
        base = given.model or config.training.base or config.engine.model
        samples = 1 if given.raw else config.engine.drafts
        yield from chosen_reports(generate_batches(rows, base, adapters, config, samples), rows, config, given.raw)
        return

    for adapter in adapters or [None]:
        engine_settings = (
            config.engine if adapter is None else config.engine.model_copy(update={"adapter": str(adapter)})
        )
        asked = config.model_copy(update={"engine": engine_settings})
        engine = open_engine(asked)
        try:
            name = adapter_name(adapter) if adapter else engine.identity.version
            folder = given.out / file_name(name) if given.out and len(adapters) > 1 else given.out
            written = as_they_come(write_with_engine(engine, rows, asked, given.raw), folder)
            yield name, list(_counted(written, len(rows)))
        finally:
            engine.close()


def chosen_reports(
    found: Sequence[Drafts], rows: Sequence[Row], config: Config, raw: bool
) -> Iterator[tuple[str, Sequence[WrittenReport]]]:
    """Given drafts of one or several adapters, return each adapter's reports. Rows without drafts are refused."""
    settings = settings_of(rows, config)
    for name in dict.fromkeys(one.adapter for one in found):
        drafts = {one.id: one.drafts for one in found if one.adapter == name}
        missing = [row.id for row in rows if row.id not in drafts]
        if missing:
            raise UsageError(
                tr("{name}: no drafts for {count} row(s)", name=name or tr("base"), count=len(missing)),
                tr("Write drafts for the same rows."),
            )
        yield (
            name,
            [
                from_drafts(row, drafts[row.id], own, raw, config.engine.drafts)
                for row, own in zip(rows, settings, strict=True)
            ],
        )


def _counted(
    written: Iterator[WrittenReport], total: int, say: Callable[[str], None] | None = None
) -> Iterator[WrittenReport]:
    """The same reports, with a line on standard error for each."""
    for number, one in enumerate(written, start=1):
        text = f"{number}/{total}  {one.row.id}  {one.seconds:.1f} s"
        say(text) if say else print(text, file=sys.stderr, flush=True)
        yield one


if __name__ == "__main__":
    only_for_this_user()
    raise SystemExit(main())
