"""Reports for many diaries at once, by batched ``generate`` on a GPU (or a CPU).

``python -m training.scoring.generate ROWS.jsonl --out DRAFTS.jsonl``.

Drafts come out as they are, one JSON line per row and adapter; choosing and scoring needs no GPU and happens in
``training.scoring.evaluate``. Neither the Sudachi dictionary nor a terminal library is imported here.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from daemon.config import Config, load
from daemon.engines.protocol import Draft
from daemon.errors import NippoError, UsageError
from daemon.learning.run_folder import Ending
from daemon.system.files import only_for_this_user, private_folder, write_atomically
from daemon.words import tr
from training.model.base import resolve_base
from training.pairs.encoding import messages, prompt_text, row_forms
from training.pairs.rows import Row, read_rows

BATCH_TOKENS = 100_000
"""Prompt and report tokens of one batch: for the 1.5B model 2.9 GB of keys and values in bfloat16."""


@dataclass(frozen=True)
class Drafts:
    """What a model wrote for one row, greedy first. ``adapter`` is the adapter's folder name, "" for the bare base."""

    id: str
    adapter: str
    drafts: tuple[Draft, ...]

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "adapter": self.adapter, "drafts": [asdict(draft) for draft in self.drafts]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Drafts:
        return cls(values["id"], values["adapter"], tuple(Draft(**draft) for draft in values["drafts"]))


def read_drafts(file: Path) -> list[Drafts]:
    """Given a file of ``python -m training.scoring.generate``, return its drafts."""
    return [
        Drafts.from_json(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()
    ]


def batches_of(lengths: Sequence[int], most_tokens: int, answer_tokens: int) -> list[list[int]]:
    """Given prompt lengths, return row numbers in batches of like length, each within ``most_tokens`` (padded prompts
    and whole answers), longest first, so that a batch too large for the memory shows at once. Pure."""
    ranked = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    batches: list[list[int]] = []
    for row in ranked:
        widest = lengths[batches[-1][0]] + answer_tokens if batches else 0
        if batches and (len(batches[-1]) + 1) * widest <= most_tokens:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    samples: int = 1,
    max_tokens: int = 700,
    temperature: float = 0.7,
    top_p: float = 0.95,
    seed: int = 3407,
    most_tokens: int = BATCH_TOKENS,
    report: Callable[[int, int], None] | None = None,
) -> list[list[Draft]]:
    """Given finished prompts, return ``samples`` drafts for each: the first greedy, the others drawn.

    Left padding with a mask. ``report`` hears how many of how many rows are done. ``seconds`` of a draft is its share
    of the batch's time.
    """
    import torch

    ids = [list(tokenizer(prompt, add_special_tokens=False)["input_ids"]) for prompt in prompts]
    ends = end_tokens(tokenizer, model)
    drafts: list[list[Draft]] = [[] for _ in prompts]
    torch.manual_seed(seed)
    rounds = [(1, False)] + ([(samples - 1, True)] if samples > 1 else [])
    done = 0
    for copies, sampled in rounds:
        for batch in batches_of([len(row) for row in ids], most_tokens // copies, max_tokens):
            started = time.monotonic()
            width = max(len(ids[row]) for row in batch)
            inputs = torch.full((len(batch), width), tokenizer.pad_token_id, dtype=torch.long)
            mask = torch.zeros((len(batch), width), dtype=torch.long)
            for place, row in enumerate(batch):
                inputs[place, width - len(ids[row]) :] = torch.tensor(ids[row])
                mask[place, width - len(ids[row]) :] = 1
            options: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
            if sampled:
                options = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0}
                options["num_return_sequences"] = copies
            with torch.inference_mode():
                output = model.generate(
                    input_ids=inputs.to(model.device),
                    attention_mask=mask.to(model.device),
                    max_new_tokens=max_tokens,
                    eos_token_id=sorted(ends),
                    pad_token_id=tokenizer.pad_token_id,
                    repetition_penalty=1.0,
                    **options,
                )
            seconds = (time.monotonic() - started) / len(output)
            for place, tokens in enumerate(output[:, width:].tolist()):
                row = batch[place // copies]
                stop = next((at for at, token in enumerate(tokens) if token in ends), None)
                text = tokenizer.decode(tokens[:stop], skip_special_tokens=True)
                drafts[row].append(Draft(text, len(ids[row]), len(tokens[:stop]), seconds, cut=stop is None))
            done += len(batch)
            if report:
                report(done, len(prompts) * len(rounds))
    return drafts


def end_tokens(tokenizer: Any, model: Any) -> frozenset[int]:
    """Every token that ends an answer: the tokenizer's and the generation settings' own."""
    named = model.generation_config.eos_token_id
    more = named if isinstance(named, list) else [] if named is None else [named]
    return frozenset({tokenizer.eos_token_id, *more} - {None})


def load_for_generation(folder: str, adapters: Sequence[Path], bits: int = 16) -> tuple[Any, Any]:
    """Return the base in bfloat16 (float32 on a CPU; NF4 with ``bits`` 4) with every adapter loaded under its number,
    and the tokenizer."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if cuda else torch.float32}
    if bits == 4:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    if cuda:
        options["device_map"] = {"": 0}
    model = AutoModelForCausalLM.from_pretrained(folder, **options)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for number, adapter in enumerate(adapters):
        if number == 0:
            model = PeftModel.from_pretrained(model, str(adapter), adapter_name="0")
        else:
            model.load_adapter(str(adapter), adapter_name=str(number))
    return model.eval(), tokenizer


def prompts_of(rows: Sequence[Row], tokenizer: Any, config: Config) -> list[str]:
    """The prompts of rows as the daemon would send them, in the model's chat template."""
    forms = row_forms(rows, config.report)
    return [prompt_text(tokenizer, messages(row, form, config.privacy)) for row, form in zip(rows, forms, strict=True)]


def run(
    rows: Sequence[Row],
    base: str,
    adapters: Sequence[Path],
    config: Config,
    samples: int,
    bits: int = 16,
    most_tokens: int = BATCH_TOKENS,
    bare: bool = False,
) -> list[Drafts]:
    """Given rows, a base reference and adapter folders, return the drafts of each adapter in turn (and of the bare base
    with ``bare`` or without adapters)."""
    model, tokenizer = load_for_generation(resolve_base(base, _say).folder, adapters, bits)
    prompts = prompts_of(rows, tokenizer, config)

    def write(name: str) -> list[Drafts]:
        started = time.monotonic()
        engine = config.engine
        texts = generate(
            model,
            tokenizer,
            prompts,
            samples,
            engine.max_report_tokens,
            engine.temperature,
            0.95,
            engine.seed,
            most_tokens,
        )
        _say(
            tr(
                "{name}: {count} rows in {time:.0f} s",
                name=name or tr("base"),
                count=len(rows),
                time=time.monotonic() - started,
            )
        )
        return [Drafts(row.id, name, tuple(drafts)) for row, drafts in zip(rows, texts, strict=True)]

    found: list[Drafts] = []
    if bare or not adapters:
        if adapters:
            with model.disable_adapter():
                found += write("")
        else:
            found += write("")
    for number, adapter in enumerate(adapters):
        model.set_adapter(str(number))
        found += write(adapter_name(adapter))
    return found


def adapter_name(adapter: Path) -> str:
    """``run/checkpoint-60`` is named by run and step, other adapters by their folder."""
    adapter = adapter.resolve()
    return f"{adapter.parent.name}/{adapter.name}" if adapter.name.startswith("checkpoint-") else adapter.name


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """``python -m training.scoring.generate ROWS.jsonl … --out DRAFTS.jsonl``."""
    command = argparse.ArgumentParser(prog="python -m training.scoring.generate", description="Write drafts.")
    command.add_argument("rows", type=Path, nargs="+", metavar="FILE")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines: id, adapter, drafts")
    command.add_argument("--base", default="")
    command.add_argument("--adapter", type=Path, nargs="*", default=[], metavar="DIR")
    command.add_argument("--bare", action="store_true", help="the bare base model too")
    command.add_argument("--split", choices=("train", "dev"))
    command.add_argument("--samples", type=int, default=1, help="drafts for each diary; the first is greedy")
    command.add_argument("--bits", type=int, choices=(4, 16), default=16)
    command.add_argument("--batch-tokens", type=int, default=BATCH_TOKENS)
    command.add_argument("--config", type=Path)
    given = command.parse_args(arguments)
    try:
        config = load(given.config)
        rows = [row for row in read_rows(given.rows) if given.split in (None, row.split)]
        if not rows:
            raise UsageError(tr("no row to write for"), tr("Name files with rows of that split."))
        base = given.base or config.training.base or config.engine.model
        found = run(rows, base, given.adapter, config, given.samples, given.bits, given.batch_tokens, given.bare)
    except NippoError as problem:
        print(problem, file=sys.stderr)
        return Ending.of_error(problem)
    private_folder(given.out.absolute().parent)
    lines = (json.dumps(drafts.to_json(), ensure_ascii=False) for drafts in found)
    write_atomically(given.out, "".join(f"{line}\n" for line in lines))
    return Ending.OK


if __name__ == "__main__":
    only_for_this_user()
    raise SystemExit(main())
