"""What ``bench.gpu`` measures, each in a process of its own: ``python -m bench.gpu_cells NAME …``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from bench.gpu_decoding import measure_decoding
from bench.gpu_figures import START, Sheet
from bench.gpu_reports import measure_reports
from bench.gpu_training import measure_training


def main(arguments: list[str] | None = None) -> int:
    command = argparse.ArgumentParser(prog="python -m bench.gpu_cells")
    command.add_argument("cell", help="train:trl, train:unsloth, train:lean, train:lean-12, decode:plain, …")
    command.add_argument("--model", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--corpus", type=Path, required=True)
    command.add_argument("--lengths", type=int, nargs="+", required=True)
    command.add_argument("--steps", type=int, required=True)
    command.add_argument("--timed", type=int, required=True)
    command.add_argument("--whole", type=int, required=True)
    command.add_argument("--tokens", type=int, required=True)
    command.add_argument("--days", action="store_true")
    command.add_argument("--step-days", type=int, default=4)
    command.add_argument("--report-days", type=int, default=5)
    command.add_argument("--context", type=int, default=4096)
    given = command.parse_args(arguments)
    what, _, given.kind = given.cell.partition(":")
    sheet = Sheet(given.out / "results.jsonl", given.cell)
    {"train": measure_training, "decode": measure_decoding, "reports": measure_reports}[what](given, sheet)
    sheet.put("done", round(time.time() - START, 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
