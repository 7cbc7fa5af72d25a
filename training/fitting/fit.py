"""One pass of TRL's trainer over prepared examples: checkpoints at named steps, held-out loss, a clean stop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from daemon.learning.run_folder import Checkpoint, EventKind, MachinePlan, ProgressEvent
from daemon.words import tr
from training.fitting.checkpoints import mark
from training.fitting.measure import dev_loss, judge_auc, letters
from training.fitting.progress import Progress
from training.fitting.spec import TrainSpec
from training.model.loss import cpu_trainer
from training.model.ranks import agreed, processes
from training.pairs.day_encoding import DayExample
from training.pairs.day_packs import DayCollator
from training.pairs.encoding import Collator, Example
from training.pairs.order import mixed_order, plan_order, steps_for
from training.pairs.packs import PackCollator

FLOAT32 = 4


@dataclass(frozen=True)
class Course:
    """What is trained: examples (reports or single questions, or days in packs), the steps that are kept (the last one
    ends the run), how steps are made up, dev days with nothing but judged lines, the ids of a person's days
    and what they are known by (``daemon.drafting.prompt.HABITS``; "" without such days)."""

    train: Sequence[Example | DayExample]
    dev: Sequence[Example | DayExample]
    checkpoints: tuple[int, ...]
    accumulation: int
    judged: Sequence[DayExample] = ()
    own: frozenset[str] = frozenset()
    habits: str = ""

    @property
    def steps(self) -> int:
        return self.checkpoints[-1]


def plan_course(
    spec: TrainSpec,
    train: Sequence[Example | DayExample],
    dev: Sequence[Example | DayExample],
    processes: int = 1,
    pieces: float = 1.0,
    judged: Sequence[DayExample] = (),
) -> Course:
    """Given the run and its examples, return the course. With several processes (GPUs) each takes a share of the
    accumulation, so that an optimizer step sees as many rows as on one. ``pieces``: into how many examples a row was
    taken apart on average; a step takes as many more, so that it sees as many days as with packs."""
    settings = spec.settings
    accumulation = max(1, round(settings.accumulation * pieces) // processes)
    if not spec.epochs:
        return Course(train, dev, tuple(sorted(set(settings.checkpoints))), accumulation, judged)
    steps = steps_for(len(train), spec.epochs, settings.batch_size, accumulation * processes)
    count = min(spec.evaluations, steps)
    marks = tuple(sorted({round(steps * number / count) for number in range(1, count + 1)}))
    return Course(train, dev, marks, accumulation, judged)


def arguments(spec: TrainSpec, plan: MachinePlan, course: Course, checkpointing: bool) -> dict[str, Any]:
    """The keyword arguments of ``SFTConfig``. Pure."""
    settings = spec.settings
    optimizer = settings.optimizer
    if plan.device == "cpu" and ("8bit" in optimizer or "fused" in optimizer or "paged" in optimizer):
        optimizer = "adamw_torch"
    scheduler: str = settings.scheduler
    if scheduler == "constant" and settings.warmup_steps:
        scheduler = "constant_with_warmup"
    rows = course.accumulation if plan.loader == "lean" else 1  # a lean step takes its rows at once
    return {
        "output_dir": str(spec.out),
        "max_steps": course.steps,
        "per_device_train_batch_size": settings.batch_size * rows,
        "per_device_eval_batch_size": settings.batch_size,
        "gradient_accumulation_steps": course.accumulation // rows,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": scheduler,
        "warmup_steps": min(settings.warmup_steps, course.steps // 2),
        "weight_decay": settings.weight_decay,
        "max_grad_norm": spec.max_grad_norm,
        "optim": optimizer,
        "neftune_noise_alpha": settings.neftune_alpha or None,
        "seed": settings.random_state,
        "bf16": plan.device == "cuda",
        "use_cpu": plan.device == "cpu",
        "gradient_checkpointing": checkpointing and plan.loader != "lean",
        "train_sampling_strategy": "sequential",
        "max_length": None if plan.loader != "unsloth" else settings.max_seq_length,
        "packing": False,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "remove_unused_columns": False,
        "logging_steps": 1,
        "save_strategy": "no",
        "eval_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "ddp_find_unused_parameters": False,
        "ddp_broadcast_buffers": False,
        "dataloader_pin_memory": plan.device == "cuda",
    }


def build(model: Any, tokenizer: Any, spec: TrainSpec, plan: MachinePlan, course: Course, checkpointing: bool) -> Any:
    """Return TRL's ``SFTTrainer`` over the course. The dataset holds every row as often as the run sees it, in the
    planned order, read in sequence: the trainer's own shuffling is not the same after a resume."""
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    lengths = [example.size for example in course.train]
    settings = spec.settings
    own, share = [example.id in course.own for example in course.train], spec.own_share
    size, rows_a_step = settings.batch_size, course.accumulation * processes()
    if share:
        order = mixed_order(lengths, own, share, course.steps, size, rows_a_step, spec.order, settings.random_state)
    else:
        order = plan_order(lengths, course.steps, size, rows_a_step, spec.order, settings.random_state)
    rows = Dataset.from_list([example.row() for example in course.train])
    kind: Any = SFTTrainer
    collate: Any = Collator(tokenizer.pad_token_id, positions=plan.loader == "plain")
    if plan.loader == "lean":
        from training.model.lean import lean_trainer

        by_day = isinstance(course.train[0], DayExample)
        kind = lean_trainer(SFTTrainer)
        collate = (DayCollator if by_day else PackCollator)(settings.max_seq_length)
    elif plan.device == "cpu":
        kind = cpu_trainer(SFTTrainer)
    trainer = kind(
        model=model,
        args=SFTConfig(**arguments(spec, plan, course, checkpointing)),
        train_dataset=rows.select(order),
        data_collator=collate,
        processing_class=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.create_model_card = lambda *_, **__: None
    if plan.loader == "lean":
        from training.model.lean import slim

        longest = max(example.size for example in (*course.train, *course.dev, *course.judged))
        slim(model, lean_memory(model, spec, plan, checkpointing, min(longest, settings.max_seq_length)))
    return trainer


def lean_memory(model: Any, spec: TrainSpec, plan: MachinePlan, checkpointing: bool, longest: int) -> Any:
    """How a lean model spends memory: no recomputing with "off", all with "on", what is needed else.

    ``longest``: the tokens of the largest pack, which on a CPU decides: a GPU may have been full with another's work
    before, and is planned for the limit.
    """
    import torch

    from training.model.lean import GIB, Memory, plan_memory

    config = model.get_base_model().config
    layers = config.num_hidden_layers
    if plan.device == "cpu":
        if spec.gradient_checkpointing != "auto":
            return Memory(0 if checkpointing else layers, offload=False)
        free: float = 0.9 * psutil.virtual_memory().available
        planned = plan_memory(free, longest, config.hidden_size, config.intermediate_size, layers, FLOAT32)
        return replace(planned, offload=False)
    if spec.gradient_checkpointing != "auto" and not spec.gpu_memory:
        return Memory(0, offload=True) if checkpointing else Memory(layers, offload=False)
    held = torch.cuda.memory_allocated()
    free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - held
    if spec.gpu_memory:
        free = min(free, spec.gpu_memory * GIB - held)
    return plan_memory(0.95 * free, spec.settings.max_seq_length, config.hidden_size, config.intermediate_size, layers)


@dataclass
class Stop:
    """Set by a signal or the clock; read after every optimizer step."""

    reason: str = ""


def watch(trainer: Any, spec: TrainSpec, course: Course, progress: Progress, stop: Stop, seconds: float) -> Any:
    """Attach the callback that keeps checkpoints, measures, reports and stops, after ``seconds`` at the latest."""
    from transformers import TrainerCallback

    deadline = time.monotonic() + seconds
    losses: list[float] = []
    scoring_batch = max(spec.settings.batch_size, 1 if trainer.args.use_cpu else 8)
    packed = bool(course.train) and isinstance(course.train[0], DayExample)

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress.begin(state.global_step)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if not stop.reason and time.monotonic() > deadline:
                stop.reason = "time"
            stop.reason = agreed(stop.reason, trainer.accelerator)
            if state.global_step in course.checkpoints:
                control.should_save = True
            if stop.reason and state.global_step < course.steps:
                control.should_save = control.should_training_stop = True

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            if logs and "loss" in logs:
                losses.append(float(logs["loss"]))
                progress.step(state.global_step, losses[-1], float(logs.get("learning_rate", 0.0)))

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            interim = state.global_step not in course.checkpoints
            measured = None if interim else dev_loss(trainer, course.dev, trainer.data_collator, scoring_batch)
            asked = course.judged if not interim else ()
            auc = judge_auc(trainer, asked, letters(trainer.processing_class), packed) if asked else None
            mean = sum(losses) / len(losses) if losses else None
            losses.clear()
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            if trainer.is_world_process_zero():
                mark(Checkpoint(state.global_step, str(folder), mean, measured, interim, auc, course.habits))
                figure = "" if measured is None else tr(", dev loss {measured:.4f}", measured=measured)
                figure += "" if auc is None else tr(", judge {auc:.3f}", auc=auc)
                progress.tell(
                    ProgressEvent(
                        EventKind.CHECKPOINT, step=state.global_step, loss=mean, dev_loss=measured, judge_auc=auc
                    )
                )
                progress.say(
                    tr("checkpoint at step {global_step}{figure}", global_step=state.global_step, figure=figure)
                )

    trainer.add_callback(Watch())
    return trainer
