"""Fine-tune a LoRA adapter: ``python -m training.train --pairs FILE … --out DIR``, or ``run(spec)`` from Python.

Guarantees: rows with ``split`` "dev" are never trained on (unless ``--all-rows``); a checkpoint counts only when
complete; SIGTERM saves and ends with its own exit code, and ``--resume`` goes on to the result of the uninterrupted
run; running out of memory halves the sequence length once, says so, and starts again; ``result.json`` is written last.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from daemon.drafting.prompt import digest
from daemon.engines.gpu_errors import is_out_of_memory
from daemon.errors import NippoError, TrainingOutOfMemory, UsageError
from daemon.learning.run_folder import PROGRESS, RECORD, TRAINED, Base, Ending, MachinePlan, RunRecord, TrainingResult
from daemon.system.files import only_for_this_user, private_folder, write_atomically
from daemon.words import marked, tr
from training.fitting import checkpoints
from training.fitting.fit import Stop, build, watch
from training.fitting.lessons import Days, Reports, read_lessons
from training.fitting.progress import Progress
from training.fitting.spec import TrainSpec, spec_from
from training.model.base import load_model, machine_plan, resolve_base, wants_checkpointing
from training.model.ranks import first_alone, is_first, processes

SMALLER = marked("Choose a smaller base model, `training.batch_size` = 1, or `--gradient-checkpointing on`.")
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(spec: TrainSpec, progress: Progress | None = None, base: Base | None = None) -> TrainingResult:
    """Train as asked and return what came of it. Raises ``NippoError`` for what a person can mend.

    Several runs may follow one another in one process (with one loader: Unsloth patches transformers for good).
    """
    lessons = read_lessons(spec)
    prepare_folder(spec)
    plan = machine_plan(spec, by_day=isinstance(lessons, Days))
    own = progress is None
    progress = progress or Progress(spec.out / PROGRESS if is_first() else None, 0)
    try:
        with first_alone(cpu=plan.device == "cpu"):  # a GGUF file is dequantised once
            base = base or resolve_base(spec.base, progress.say)
        try:
            return _attempt(spec, base, plan, lessons, progress)
        except TrainingOutOfMemory:
            if processes() > 1:  # the other processes wait for this one and cannot start again with it
                raise
            half = spec.settings.max_seq_length // 2
        free_memory()
        progress.say(
            tr(
                "out of memory at {max_seq_length} tokens: starting again with {half}",
                max_seq_length=spec.settings.max_seq_length,
                half=half,
            )
        )
        checkpoints.drop_incomplete(spec.out)
        halved = replace(spec, settings=spec.settings.model_copy(update={"max_seq_length": half}))
        try:
            return _attempt(halved, base, plan, lessons, progress)
        except TrainingOutOfMemory:
            raise TrainingOutOfMemory(tr("out of memory even with {half} tokens", half=half), tr(SMALLER)) from None
    finally:
        if own:
            progress.close()


def prepare_folder(spec: TrainSpec) -> None:
    """Make the run's folder: emptied for a new run, kept for ``--resume``, which must be the same run."""
    if not is_first():
        return
    private_folder(spec.out)
    record = RunRecord.read(spec.out / RECORD)
    if spec.resume and record is not None:
        if record.digest != spec.digest():
            raise UsageError(
                tr("{out}: was started with other settings or pairs", out=spec.out),
                tr("Leave --resume out to start anew."),
            )
        checkpoints.drop_incomplete(spec.out)
        (spec.out / TRAINED).unlink(missing_ok=True)
        return
    checkpoints.clear(spec.out)
    write_json(spec.out / RECORD, RunRecord(spec.digest(), spec.to_json()).to_json())


def _attempt(
    spec: TrainSpec, base: Base, plan: MachinePlan, lessons: Reports | Days, progress: Progress
) -> TrainingResult:
    started = time.monotonic()
    try:
        model, tokenizer = load_model(base, spec, plan)
        course, left_out = lessons.course(spec, tokenizer, plan.loader == "lean", progress)
        progress.set_steps(course.steps)
        checkpointing = wants_checkpointing(spec, plan, sum(weight.numel() for weight in model.parameters()))
        trainer = build(model, tokenizer, spec, plan, course, checkpointing)
        stop = Stop()
        watch(trainer, spec, course, progress, stop, spec.settings.max_hours * 3600)
        done = checkpoints.complete(spec.out)
        if not done or done[-1].step < course.steps:
            with _listening(stop):
                trainer.train(resume_from_checkpoint=done[-1].folder if done else None)
        peak = peak_memory()
    except (RuntimeError, MemoryError) as problem:
        if not is_out_of_memory(problem):
            raise
        where = (
            tr("on one of the GPUs")
            if processes() > 1
            else tr("at {max_seq_length} tokens", max_seq_length=spec.settings.max_seq_length)
        )
        raise TrainingOutOfMemory(tr("out of memory {where}", where=where), tr(SMALLER)) from None
    found = tuple(checkpoints.complete(spec.out))
    finished = bool(found) and found[-1].step >= course.steps
    code = Ending.OK if finished else Ending.TIME_UP if stop.reason == "time" else Ending.STOPPED
    return TrainingResult(
        exit=code,
        checkpoints=tuple(checkpoint for checkpoint in found if not (finished and checkpoint.interim)),
        best=checkpoints.best_of(found),
        base=base,
        corpus_sha256=lessons.hash,
        pair_ids=tuple(row.id for row in lessons.train if row.id not in left_out),
        left_out=tuple(left_out),
        max_seq_length=spec.settings.max_seq_length,
        seconds=round(time.monotonic() - started, 2),
        plan=plan,
        peak_memory_bytes=peak,
        method=lessons.method,
        prompt=digest() if lessons.method == "sentences" else "",
        habits=lessons.habits,
    )


class _listening:
    """Within: SIGTERM and SIGINT ask for a stop after the current step; outside the main thread nothing changes."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        def ask(number: int, _: Any) -> None:
            self._stop.reason = signal.Signals(number).name

        try:
            self._before = {number: signal.signal(number, ask) for number in SIGNALS}
        except ValueError:
            self._before = {}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def free_memory() -> None:
    """Give what a failed attempt held back to the system."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak_memory() -> int:
    """Peak GPU memory reserved by this process in bytes; 0 without a GPU."""
    import torch

    return int(torch.cuda.max_memory_reserved()) if torch.cuda.is_available() else 0


def write_json(file: Path, value: Any) -> None:
    """Write JSON in one step, so that nobody reads half of it."""
    write_atomically(file, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def main(arguments: list[str] | None = None, runner: Callable[[TrainSpec], TrainingResult] = run) -> int:
    """The process: exit code as in ``Ending``; ``result.json`` in the run's folder is written last."""
    try:
        spec = spec_from(sys.argv[1:] if arguments is None else arguments)
        result = runner(spec)
    except NippoError as problem:
        print(problem, file=sys.stderr)
        return Ending.of_error(problem)
    if is_first():
        if result.exit is Ending.OK:
            checkpoints.drop_states(spec.out)
        write_json(spec.out / TRAINED, result.to_json())
        print(summary(result))
    return result.exit


def summary(result: TrainingResult) -> str:
    """A few lines for a person."""
    lines = [f"{'step':>6}  {'loss':>7}  {'dev loss':>8}  {'judge':>6}"]
    for checkpoint in result.checkpoints:
        loss, dev = (f"{value:.4f}" if value is not None else "-" for value in (checkpoint.loss, checkpoint.dev_loss))
        auc = "-" if checkpoint.judge_auc is None else f"{checkpoint.judge_auc:.3f}"
        best = "  best" if checkpoint.step == result.best else ""
        lines.append(f"{checkpoint.step:>6}  {loss:>7}  {dev:>8}  {auc:>6}{best}")
    memory = (
        tr(", {peak_memory_bytes:.1f} GiB at most", peak_memory_bytes=result.peak_memory_bytes / 2**30)
        if result.peak_memory_bytes
        else ""
    )
    lines.append(
        tr(
            "{name} after {seconds:.1f} minutes{memory}",
            name=result.exit.name.lower(),
            seconds=result.seconds / 60,
            memory=memory,
        )
    )
    return "\n".join(lines)


if __name__ == "__main__":
    only_for_this_user()
    raise SystemExit(main())
