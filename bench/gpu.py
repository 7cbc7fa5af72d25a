"""Measure training and decoding of a 14B model on one GPU, without its weights: ``python -m bench.gpu``.

A random-weight model of the shape of Qwen2.5-14B is made in ``--model``; every cell is a process of its own with its
own time limit; results are appended to ``OUT/results.jsonl`` as they come, and the table is printed (and written to
``OUT/table.md``) after each cell. A cell that fails is a line "failed: reason" and the rest goes on.

    python -m bench.gpu --tokenizer STARTER_FOLDER --out OUT
    python -m bench.gpu --tokenizer STARTER_FOLDER --out OUT --days --steps 6 --cells train:lean train:trl
    python -m bench.gpu --tokenizer STARTER_FOLDER --out OUT --reports
    python -m bench.gpu --tokenizer STARTER_FOLDER --out OUT --layers 2 --steps 4 --timed 1 --tokens 32    (shakedown)

``--days``: an optimizer step takes all questions of ``--step-days`` days, four unless told otherwise; TRL and Unsloth
know no packs, so that each question has its whole diary before it there. ``--reports``: seconds a report of twenty
sentences (``bench.gpu_reports``); the table goes to ``OUT/reports.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.gpu_reports import CELLS as REPORTS
from bench.gpu_reports_table import reports_table
from bench.random_model import Shape, make_model

CELLS = (
    "train:lean-12",
    "train:trl",
    "train:lean",
    "decode:ours",
    "train:unsloth",
    "decode:unsloth",
    "decode:plain",
)
"""By importance. ``lean-12``: lean as on a card of 12 GB; ``lean``: with all the memory there is."""

NAMES = {
    "train:trl": "TRL + PEFT",
    "train:unsloth": "Unsloth, the seed's settings",
    "train:lean-12": "ours, 12 GB card",
    "train:lean": "ours",
    "decode:plain": "transformers",
    "decode:unsloth": "Unsloth",
    "decode:ours": "ours",
}

Results = dict[str, dict[str, Any]]


def read_results(file: Path) -> Results:
    """Figures by cell and key; a later line replaces an earlier one, and a cell that is done an earlier failure."""
    found: Results = {}
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            values = json.loads(line)
            cell = found.setdefault(values["cell"], {})
            cell[values["key"]] = values["value"]
            if values["key"] == "done":
                cell.pop("failed", None)
    return found


def shown(values: dict[str, Any], key: str, form: str = "{}") -> str:
    """A figure for the table; the reason where the cell failed before it."""
    if key in values:
        return form.format(values[key])
    return "failed" if "failed" in values else "-"


def memory(values: dict[str, Any], key: str) -> str:
    if key not in values:
        return shown(values, key)
    return f"{values[key]['reserved']:.1f} ({values[key]['allocated']:.1f})"


def table(results: Results, lengths: Sequence[int], whole: int, steps: int) -> str:
    """The results as Markdown. Pure."""
    lines = [
        "| training | load s | "
        + " | ".join(f"{length}: s/step | GiB reserved (allocated)" for length in lengths)
        + f" | corpus s/step | {whole} steps, min | times TRL + PEFT |",
        "|---|" + "---|" * (4 + 2 * len(lengths)),
    ]
    plain = results.get("train:trl", {}).get("whole_seconds")
    for cell in NAMES:
        values = results.get(cell)
        if values is None or not cell.startswith("train:"):
            continue
        row = [NAMES[cell], shown(values, "load_seconds")]
        for length in lengths:
            row += [shown(values, f"step_seconds_{length}"), memory(values, f"peak_{length}")]
        own = values.get("whole_seconds")
        row += [shown(values, "corpus_step_seconds"), f"{own / 60:.1f}" if own else shown(values, "whole_seconds")]
        row.append(f"{plain / own:.2f}" if plain and own else "-")
        lines.append(f"| {' | '.join(row)} |")
    lines += [
        "",
        f"{whole} steps: the process from its start to the end of its first step, and the mean of {steps} real steps "
        f"times {whole - 1}.",
        "",
        "| decoding | load s | first call s | tokens/s, 1 row | tokens/s, 4 rows | GiB reserved (allocated) |",
        "|---|---|---|---|---|---|",
    ]
    for cell in NAMES:
        values = results.get(cell)
        if values is not None and cell.startswith("decode:"):
            keys = ("load_seconds", "first_seconds_1", "tokens_per_second_1", "tokens_per_second_4")
            row = [NAMES[cell], *(shown(values, key) for key in keys), memory(values, "decode_peak_4")]
            lines.append(f"| {' | '.join(row)} |")
    failures = [
        f"* {NAMES[cell]}: failed: {values['failed']}"
        for cell, values in results.items()
        if cell in NAMES and "failed" in values
    ]
    return "\n".join([*lines, *([""] if failures else []), *failures])


def run_cell(cell: str, given: argparse.Namespace, seconds: float) -> str:
    """Run one cell, at most so long; return "" or why it failed."""
    argv = [sys.executable, "-m", "bench.gpu_cells", cell, "--model", str(given.model), "--out", str(given.out)]
    argv += ["--corpus", str(given.corpus), "--lengths", *map(str, given.lengths), "--steps", str(given.steps)]
    argv += ["--timed", str(given.timed), "--whole", str(given.whole), "--tokens", str(given.tokens)]
    argv += ["--step-days", str(given.step_days), *(["--days"] if given.days else [])]
    argv += ["--report-days", str(given.report_days)]
    cache = given.out / "cache" / cell.replace(":", "-")
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "UNSLOTH_DISABLE_STATISTICS": "1",
        "UNSLOTH_COMPILE_LOCATION": str(cache),
        "TOKENIZERS_PARALLELISM": "false",
        "NIPPO_BENCH_START": str(time.time()),
    }
    log = given.out / f"{cell.replace(':', '-')}.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"not done after {seconds:.0f} s"
    if code == 0:
        return ""
    said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return f"exit code {code}: {said[-1][:300] if said else 'no output'}"


def put(given: argparse.Namespace, cell: str, key: str, value: Any) -> None:
    with (given.out / "results.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps({"cell": cell, "key": key, "value": value}) + "\n")


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m bench.gpu", description=(__doc__ or "").partition("\n")[0])
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="results, logs, table")
    command.add_argument("--model", type=Path, metavar="DIR", help="the random model (default OUT/model)")
    command.add_argument("--tokenizer", type=Path, required=True, metavar="DIR", help="a folder of a Qwen2 tokenizer")
    command.add_argument("--corpus", type=Path, default=Path("data/starter/corpus.jsonl"))
    command.add_argument("--cells", nargs="+", choices=[*CELLS, *REPORTS], metavar="CELL")
    for name, default in vars(Shape()).items():
        if name != "tied":
            command.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    command.add_argument("--tied", action="store_true", help="one table for input and output")
    command.add_argument("--lengths", type=int, nargs="+", default=[4096, 1024, 2048])
    command.add_argument("--steps", type=int, default=40, help="real steps over the corpus")
    command.add_argument("--days", action="store_true", help="real steps over days by sentence, not over whole reports")
    command.add_argument("--step-days", type=int, default=4, help="days of a step of --days, as the product has them")
    command.add_argument("--reports", action="store_true", help="seconds a report instead of training and decoding")
    command.add_argument("--report-days", type=int, default=5, help="days that are timed, after one more")
    command.add_argument("--timed", type=int, default=3, help="timed steps of every fixed length, after one more")
    command.add_argument("--whole", type=int, default=240, help="steps of the run that is extrapolated")
    command.add_argument("--tokens", type=int, default=128, help="tokens of a timed draft")
    command.add_argument("--cell-seconds", type=float, default=240.0)
    command.add_argument("--budget", type=float, default=100_000.0, metavar="SECONDS", help="of all cells together")
    return command


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    started = time.monotonic()
    given.out.mkdir(parents=True, exist_ok=True)
    given.model = (given.model or given.out / "model").resolve()
    given.out, given.corpus = given.out.resolve(), given.corpus.resolve()
    shape = Shape(**{name: getattr(given, name) for name in vars(Shape())})
    record = given.model / "shape.json"
    if not record.is_file() or json.loads(record.read_text(encoding="utf-8")) != vars(shape):
        make_model(given.model, shape, given.tokenizer)
        print(f"made the model in {time.monotonic() - started:.0f} s", flush=True)
    failed = False
    for cell in given.cells or (REPORTS if given.reports else CELLS):
        left = given.budget - (time.monotonic() - started)
        began = time.monotonic()
        reason = run_cell(cell, given, min(left, given.cell_seconds)) if left > 20 else "no time left"
        print(f"{cell}: {reason or 'done'} in {time.monotonic() - began:.0f} s", flush=True)
        if reason:
            failed = True
            put(given, cell, "failed", reason)
        results = read_results(given.out / "results.jsonl")
        text = table(results, sorted(given.lengths), given.whole, given.steps)
        if given.reports:
            text = reports_table(results)
        (given.out / ("reports.md" if given.reports else "table.md")).write_text(text + "\n", encoding="utf-8")
    print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
