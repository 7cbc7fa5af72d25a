"""The same run on one process and on several: loss curves and speed-up. ``python -m bench.multigpu``.

A random-weight model (Qwen2.5-0.5B's shape unless told otherwise) is trained on the corpus with the same seeds and
rows in one order, days in packs as the product trains them (``--rows reports``: whole reports); an optimizer step sees
the same days either way, so the curves may differ by rounding only. ``--cpu`` runs it with gloo.

    python -m bench.multigpu --tokenizer STARTER_FOLDER --out OUT --processes 2 --steps 40
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.random_model import Shape, make_model
from daemon.learning.run_folder import EventKind, ProgressEvent, read_events
from daemon.learning.training_call import TrainCall, training_argv

SMALL = Shape(24, 896, 4864, 14, 2, 151936, tied=True, bits=16)
"""Qwen2.5-0.5B."""


def run_once(given: argparse.Namespace, processes: int) -> dict[str, Any]:
    """One training run as the daemon starts it; its losses, the seconds of a step, the exit code."""
    out = given.out / f"run-{processes}"
    extra = ["--loader", given.loader, "--bits", str(given.bits), "--accumulation", str(given.accumulation)]
    extra += ["--rows", given.rows]
    asked = TrainCall((given.corpus,), out, base=str(given.model), steps=(given.steps,), extra=tuple(extra))
    argv = training_argv(asked, processes)
    if given.cpu and processes > 1:
        launch = ["-m", "torch.distributed.run", "--nproc_per_node", str(processes), "-m"]
        argv[1 : argv.index("training.train")] = launch  # accelerate launch starts several CPU processes with MPI only
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "UNSLOTH_DISABLE_STATISTICS": "1"}
    started = time.time()
    with (given.out / f"run-{processes}.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            code = process.wait(timeout=given.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
    events = read_events(out)
    steps = [event for event in events if event.event is EventKind.STEP]
    dev = [event.dev_loss for event in events if event.event is EventKind.CHECKPOINT]
    return {
        "processes": processes,
        "rows": given.rows,
        "exit": code,
        "seconds": round(time.time() - started, 1),
        "losses": [event.loss for event in steps],
        "step_seconds": step_seconds(steps),
        "dev_loss": dev[-1] if dev else None,
    }


def step_seconds(steps: list[ProgressEvent]) -> float | None:
    """Mean seconds of a step, the first three left out; None where there are too few. Pure."""
    times = [event.elapsed for event in steps[2:]]
    return round((times[-1] - times[0]) / (len(times) - 1), 4) if len(times) > 1 else None


def compared(one: dict[str, Any], many: dict[str, Any]) -> dict[str, Any]:
    """The greatest and the mean difference of the curves, and the speed-up. Pure."""
    gaps = [abs(a - b) for a, b in zip(one["losses"], many["losses"], strict=False)]
    speed = one["step_seconds"] / many["step_seconds"] if one["step_seconds"] and many["step_seconds"] else None
    return {
        "processes": many["processes"],
        "steps": len(gaps),
        "greatest_difference": max(gaps, default=None),
        "mean_difference": sum(gaps) / len(gaps) if gaps else None,
        "first_and_last_loss": [one["losses"][0], one["losses"][-1]] if one["losses"] else None,
        "dev_losses": [one["dev_loss"], many["dev_loss"]],
        "speed_up": round(speed, 3) if speed else None,
    }


def main(arguments: list[str] | None = None) -> int:
    command = argparse.ArgumentParser(prog="python -m bench.multigpu", description=(__doc__ or "").partition("\n")[0])
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--model", type=Path, metavar="DIR", help="a model folder (default: one made in OUT/model)")
    command.add_argument("--tokenizer", type=Path, metavar="DIR", help="a folder of a Qwen2 tokenizer")
    command.add_argument("--corpus", type=Path, default=Path("data/starter/corpus.jsonl"))
    command.add_argument("--processes", type=int, default=2)
    command.add_argument("--steps", type=int, default=40)
    command.add_argument("--accumulation", type=int, default=4)
    command.add_argument("--rows", default="sentences", choices=("sentences", "reports"))
    command.add_argument("--loader", default="lean", choices=("lean", "plain", "unsloth"))
    command.add_argument("--seconds", type=float, default=240.0, help="limit of each run")
    command.add_argument("--cpu", action="store_true")
    for name, default in vars(SMALL).items():
        if name != "tied":
            command.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    command.add_argument("--untied", action="store_true")
    given = command.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    given.out, given.corpus = given.out.resolve(), given.corpus.resolve()
    if given.model is None:
        given.model = given.out / "model"
        shape = Shape(**{name: getattr(given, name) for name in vars(SMALL) if name != "tied"}, tied=not given.untied)
        make_model(given.model, shape, given.tokenizer)
    results = []
    for processes in (1, given.processes):
        results.append(run_once(given, processes))
        with (given.out / "results.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(results[-1]) + "\n")
        print(f"{processes} process(es): exit code {results[-1]['exit']}, {results[-1]['seconds']} s", flush=True)
    found = compared(*results)
    (given.out / "compared.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    return 0 if all(result["exit"] == 0 for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
