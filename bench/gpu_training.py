"""A training cell of ``bench.gpu``: TRL and PEFT as documented, or ``training`` with one of its loaders."""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.gpu_figures import START, Sheet, peak, reset_peak, wait_for_device

STEP = 4
"""Rows of an optimizer step, as the product's settings have it."""
LABELLED = 0.25
"""Share of a fixed-length row that is report; the corpus has 0.17."""


def fixed_rows(length: int, count: int) -> list[Any]:
    """Rows of random tokens without a common beginning: the worst case for packs."""
    from training.pairs.encoding import IGNORED, Example

    rng = random.Random(length)
    rows = []
    for number in range(count):
        ids = [rng.randrange(250) for _ in range(length)]
        ids[0] = number % 250
        report = max(1, int(length * LABELLED))
        rows.append(Example(str(number), ids, [IGNORED] * (length - report) + ids[-report:]))
    return rows


def corpus_rows(tokenizer: Any, corpus: Path, longest: int) -> list[Any]:
    from daemon.config import Config
    from training.pairs.encoding import encode_rows, fitting
    from training.pairs.rows import read_rows

    config = Config()
    rows = [row for row in read_rows([corpus], need_report=True) if row.split == "train"]
    return fitting(encode_rows(tokenizer, rows, config.report, config.privacy), longest)[0]


def corpus_days(tokenizer: Any, corpus: Path, longest: int) -> list[Any]:
    """The corpus' days by sentence, with the judged lines that lie beside it."""
    from daemon.config import PrivacySettings
    from training.fitting.lessons import JUDGED
    from training.pairs.day_encoding import encode_day, fitting_days
    from training.pairs.days import days_of
    from training.pairs.judged import read_judged
    from training.pairs.rows import read_rows

    judged = read_judged([corpus.with_name(name) for name in JUDGED if corpus.with_name(name).is_file()])
    days = [day for day in days_of(read_rows([corpus]), judged) if day.split == "train"]
    return fitting_days([encode_day(tokenizer, day, PrivacySettings()) for day in days], longest)[0]


def lessons(tokenizer: Any, given: argparse.Namespace, longest: int) -> tuple[list[Any], int]:
    """The examples of ``given.steps`` steps, and how many one step takes: four reports or, with ``given.days``, all
    questions of ``given.step_days`` days: lean asks them of one diary, the others have the diary before each."""
    from training.pairs.day_encoding import one_by_one

    rows = (corpus_days if given.days else corpus_rows)(tokenizer, given.corpus, longest)
    random.Random(3407).shuffle(rows)
    step = given.step_days if given.days else STEP
    rows = (rows * (given.steps * step // len(rows) + 1))[: given.steps * step]
    if not given.days or given.kind.startswith("lean"):
        return rows, step
    questions = one_by_one(rows, 3407)
    each = len(questions) // given.steps
    return questions[: each * given.steps], each


def plain_trainer(folder: str, out: Path) -> tuple[Any, Any, Any]:
    """(a): TRL and PEFT as their documents show QLoRA. Returns model, tokenizer and a maker of trainers."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
    from trl import SFTConfig, SFTTrainer

    from training.model.base import PROJECTIONS
    from training.model.loss import cpu_trainer
    from training.pairs.encoding import Collator

    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if cuda else torch.float32}
    if cuda:
        options["device_map"] = {"": 0}
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    model = AutoModelForCausalLM.from_pretrained(folder, **options)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    lora = LoraConfig(r=16, lora_alpha=16, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=list(PROJECTIONS))
    model = get_peft_model(model, lora)

    def make(examples: list[Any], steps: int, each: int = STEP) -> Any:
        settings = SFTConfig(
            output_dir=str(out),
            max_steps=steps,
            per_device_train_batch_size=1,
            gradient_accumulation_steps=each,
            learning_rate=2e-4,
            warmup_steps=5,
            optim="paged_adamw_8bit" if cuda else "adamw_torch",
            bf16=cuda,
            use_cpu=not cuda,
            gradient_checkpointing=True,
            train_sampling_strategy="sequential",
            max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True},
            remove_unused_columns=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        rows = [{"input_ids": row.input_ids, "labels": row.labels} for row in examples]
        kind = SFTTrainer if cuda else cpu_trainer(SFTTrainer)
        return kind(
            model=model,
            args=settings,
            train_dataset=Dataset.from_list(rows),
            data_collator=Collator(tokenizer.pad_token_id),
            processing_class=tokenizer,
        )

    return model, tokenizer, make


def own_trainer(loader: str, folder: str, out: Path, gpu_memory: float, longest: int) -> tuple[Any, Any, Any]:
    """(b) and (c): ``training`` itself with one of its loaders."""
    from daemon.config import TrainingSettings
    from daemon.learning.run_folder import Base
    from training.fitting.fit import Course, build
    from training.fitting.spec import TrainSpec
    from training.model.base import load_model, machine_plan, wants_checkpointing

    spec = TrainSpec(
        base=folder,
        pairs=(),
        out=out,
        settings=TrainingSettings(max_seq_length=longest),
        order="given",
        loader=loader,  # type: ignore[arg-type]
        gpu_memory=gpu_memory,
    )
    plan = machine_plan(spec)
    model, tokenizer = load_model(Base("random", folder, ""), spec, plan)
    checkpointing = wants_checkpointing(spec, plan, 14_000_000_000)

    def make(examples: list[Any], steps: int, each: int = STEP) -> Any:
        settings = spec.settings.model_copy(update={"checkpoints": (steps,)})
        course = Course(examples, (), (steps,), each)
        return build(model, tokenizer, replace(spec, settings=settings), plan, course, checkpointing)

    return model, tokenizer, make


def timed_steps(trainer: Any) -> tuple[list[float], list[float]]:
    """Run a trainer to its end; return when each step ended (seconds since the epoch) and the losses."""
    from transformers import TrainerCallback

    ends: list[float] = []
    losses: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            wait_for_device()
            ends.append(time.time())

        def on_log(self, *_: Any, logs: dict[str, Any] | None = None, **__: Any) -> None:
            if logs and "loss" in logs:
                losses.append(round(float(logs["loss"]), 4))

    trainer.add_callback(Clock())
    trainer.train()
    return ends, losses


def measure_training(given: argparse.Namespace, sheet: Sheet) -> None:
    """Load, real steps over the corpus (the run's start included), then steps of fixed lengths."""
    longest = max(given.lengths)
    if given.kind == "trl":
        _, tokenizer, make = plain_trainer(str(given.model), given.out / "run-trl")
    else:
        loader, _, memory = given.kind.partition("-")
        _, tokenizer, make = own_trainer(
            loader, str(given.model), given.out / f"run-{given.kind}", float(memory or 0), longest
        )
    wait_for_device()
    loaded = time.time()
    sheet.put("load_seconds", round(loaded - START, 1))
    sheet.put("loaded", peak())
    rows, each = lessons(tokenizer, given, longest)
    sheet.put("examples_a_step", each)
    began = time.time()
    trainer = make(rows, given.steps, each)
    ends, losses = timed_steps(trainer)
    took = [later - earlier for earlier, later in pairwise(ends)]
    sheet.put("corpus_peak", peak())
    sheet.put("corpus_losses", losses)
    sheet.put("first_step_seconds", round(ends[0] - began, 2))
    if took:
        sheet.put("corpus_step_seconds", round(mean(took), 3))
        sheet.put("whole_seconds", round(ends[0] - START + (given.whole - 1) * mean(took), 1))
        sheet.put("from_load_seconds", round(ends[0] - loaded + (given.whole - 1) * mean(took), 1))
    for length in given.lengths:
        del trainer
        reset_peak()
        trainer = make(fixed_rows(length, STEP * (given.timed + 1)), given.timed + 1)
        ends, _ = timed_steps(trainer)
        sheet.put(f"step_seconds_{length}", round(median(b - a for a, b in pairwise(ends)), 3))
        sheet.put(f"peak_{length}", peak())
