"""What ``bench.gpu`` measures, each in a process of its own: ``python -m bench.gpu_cells NAME …``.

Results are appended to a file of JSON lines as they come: {"cell", "key", "value"}.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

START = float(os.environ.get("NIPPO_BENCH_START", time.time()))
"""When the process was started, so that imports count."""
GIB = 2**30
LABELLED = 0.25
"""Share of a fixed-length row that is report; the corpus has 0.17."""


class Sheet:
    """Appends figures of one cell to the results."""

    def __init__(self, file: Path, cell: str) -> None:
        self._file, self._cell = file, cell

    def put(self, key: str, value: Any) -> None:
        line = json.dumps({"cell": self._cell, "key": key, "value": value})
        with self._file.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
        print(line, flush=True)


def reset_peak() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak() -> dict[str, float]:
    import torch

    if not torch.cuda.is_available():
        return {"reserved": 0.0, "allocated": 0.0}
    return {
        "reserved": round(torch.cuda.max_memory_reserved() / GIB, 2),
        "allocated": round(torch.cuda.max_memory_allocated() / GIB, 2),
    }


def wait_for_device() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


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

    def make(examples: list[Any], steps: int) -> Any:
        settings = SFTConfig(
            output_dir=str(out),
            max_steps=steps,
            per_device_train_batch_size=1,
            gradient_accumulation_steps=4,
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

    def make(examples: list[Any], steps: int) -> Any:
        settings = spec.settings.model_copy(update={"checkpoints": (steps,)})
        course = Course(examples, (), (steps,), settings.accumulation)
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
    rows = corpus_rows(tokenizer, given.corpus, longest)
    random.Random(3407).shuffle(rows)
    rows = (rows * 4)[: given.steps * 4]
    began = time.time()
    trainer = make(rows, given.steps)
    ends, losses = timed_steps(trainer)
    each = [later - earlier for earlier, later in pairwise(ends)]
    sheet.put("corpus_peak", peak())
    sheet.put("corpus_losses", losses)
    sheet.put("first_step_seconds", round(ends[0] - began, 2))
    if each:
        sheet.put("corpus_step_seconds", round(mean(each), 3))
        sheet.put("whole_seconds", round(ends[0] - START + (given.whole - 1) * mean(each), 1))
        sheet.put("from_load_seconds", round(ends[0] - loaded + (given.whole - 1) * mean(each), 1))
    for length in given.lengths:
        del trainer
        reset_peak()
        trainer = make(fixed_rows(length, 4 * (given.timed + 1)), given.timed + 1)
        ends, _ = timed_steps(trainer)
        sheet.put(f"step_seconds_{length}", round(median(b - a for a, b in pairwise(ends)), 3))
        sheet.put(f"peak_{length}", peak())


MESSAGES = [
    {"role": "system", "content": "学習日報を書いてください。"},
    {"role": "user", "content": "今日はSQLの結合を学びました。" * 20},
]


def generation_times(draw: Any, tokens: int) -> tuple[float, float]:
    """Given ``draw(tokens)``, return the seconds of its first call and the tokens a second of one row, from the
    difference of a long and a short call, so that the prompt does not count."""
    started = time.time()
    draw(8)
    wait_for_device()
    first = time.time() - started
    spent = []
    for size in (8, tokens + 8):
        draw(8)
        wait_for_device()
        started = time.time()
        draw(size)
        wait_for_device()
        spent.append(time.time() - started)
    return first, tokens / (spent[1] - spent[0])


def hub_model(kind: str, folder: Path, context: int) -> tuple[Any, Any]:
    """Plain transformers with PEFT, or Unsloth, with the random adapter, ready to generate."""
    adapter = folder / "adapter"
    if kind == "unsloth":
        from unsloth import FastLanguageModel

        model, tokenizer = FastLanguageModel.from_pretrained(
            model_name=str(adapter), max_seq_length=context, dtype=None, load_in_4bit=True
        )
        FastLanguageModel.for_inference(model)
        return model, tokenizer
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16, "device_map": {"": 0}} if cuda else {}
    model = AutoModelForCausalLM.from_pretrained(str(folder), **options)
    return PeftModel.from_pretrained(model, str(adapter)).eval(), AutoTokenizer.from_pretrained(str(folder))


def measure_decoding(given: argparse.Namespace, sheet: Sheet) -> None:
    import torch

    if given.kind == "ours":
        from daemon.engines.protocol import Sampling
        from daemon.engines.transformers import TransformersEngine

        engine = TransformersEngine(str(given.model), given.model / "adapter", "random", given.context)

        def draw(batch: int, tokens: int) -> None:
            heat = 0.0 if batch == 1 else 0.7
            samplings = [Sampling(heat, seed, tokens) for seed in range(batch)]
            drafts = list(engine.generate(MESSAGES, samplings))  # type: ignore[arg-type]
            wrong = [draft.generated_tokens for draft in drafts if draft.generated_tokens != tokens]
            if wrong or len(drafts) != batch:
                raise RuntimeError(f"{len(drafts)} drafts, of other lengths than {tokens}: {wrong}")
    else:
        if given.kind == "unsloth":
            import unsloth  # noqa: F401
        model, tokenizer = hub_model(given.kind, given.model, given.context)
        prompt = tokenizer.apply_chat_template(MESSAGES, add_generation_prompt=True, tokenize=False)
        ids = torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]], device=model.device)

        def draw(batch: int, tokens: int) -> None:
            sampling = {"do_sample": False} if batch == 1 else {"do_sample": True, "temperature": 0.7, "top_p": 0.95}
            inputs = ids.expand(batch, -1).contiguous()
            with torch.inference_mode():
                model.generate(
                    input_ids=inputs,
                    attention_mask=torch.ones_like(inputs),
                    max_new_tokens=tokens,
                    min_new_tokens=tokens,
                    pad_token_id=tokenizer.pad_token_id,
                    **sampling,
                )

    wait_for_device()
    sheet.put("load_seconds", round(time.time() - START, 1))
    for batch in (1, 4):
        first, rate = generation_times(lambda tokens, batch=batch: draw(batch, tokens), given.tokens)
        sheet.put(f"first_seconds_{batch}", round(first, 2))
        sheet.put(f"tokens_per_second_{batch}", round(rate * batch, 1))
        sheet.put(f"decode_peak_{batch}", peak())


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
    command.add_argument("--context", type=int, default=4096)
    given = command.parse_args(arguments)
    what, _, given.kind = given.cell.partition(":")
    sheet = Sheet(given.out / "results.jsonl", given.cell)
    (measure_training if what == "train" else measure_decoding)(given, sheet)
    sheet.put("done", round(time.time() - START, 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
