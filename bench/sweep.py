"""Compare fine-tuning recipes on one GPU: dev loss per checkpoint and greedy dev reports of every variant.

An experiment script, leaner than ``training/train.py`` so that a dozen recipes fit into ten minutes: one frozen bf16
base, one LoRA at a time, rows grouped by length, right padding without a mask (enough for a causal model), and logits
computed for the report's tokens only. Prints a table; writes reports and adapters under ``--out``.

    python -m bench.sweep BASE_FOLDER data/starter/corpus.jsonl --out OUT --variants 'a={"rank":16}' 'b={"rank":32}'
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from daemon.config import Config
from daemon.drafting.prompt import render_prompt
from daemon.vault.diary import prepare

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True)
class Recipe:
    rank: int = 16
    alpha: int = 32
    rslora: bool = False
    learning_rate: float = 2e-4
    scheduler: str = "cosine"
    warmup: int = 10
    batch: int = 8
    epochs: float = 3.0
    steps: tuple[int, ...] = ()  # absolute checkpoints; empty = the end of each epoch from the second on
    neftune: float = 0.0
    dropout: float = 0.0
    weight_decay: float = 0.01
    seed: int = 3407


def prompt_text(row: dict[str, Any], tokenizer: Any) -> str:
    """The product's own prompt in the model's chat template."""
    config = Config()
    messages = render_prompt(prepare(row["diary"], config.privacy).text, config.report)
    return str(tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))


def encode(rows: list[dict[str, Any]], tokenizer: Any) -> list[tuple[list[int], int]]:
    """Rows as (token ids, length of the prompt)."""
    encoded = []
    for row in rows:
        prompt_ids = tokenizer(prompt_text(row, tokenizer), add_special_tokens=False)["input_ids"]
        answer = tokenizer(row["report"] + "<|im_end|>", add_special_tokens=False)["input_ids"]
        encoded.append((prompt_ids + answer, len(prompt_ids)))
    return encoded


def batches(data: list[tuple[list[int], int]], size: int, rng: random.Random) -> list[list[int]]:
    """One epoch of index batches: shuffled, then grouped by length within windows of 16 batches."""
    order = list(range(len(data)))
    rng.shuffle(order)
    out = []
    for start in range(0, len(order), size * 16):
        window = sorted(order[start : start + size * 16], key=lambda index: len(data[index][0]))
        out += [window[i : i + size] for i in range(0, len(window), size)]
    rng.shuffle(out)
    return out


def parts(data: list[tuple[list[int], int]], indices: list[int], most: int = 4000) -> list[list[int]]:
    """A batch cut so that no part holds more than ``most`` tokens with padding: bounds the memory of long diaries."""
    longest = max(len(data[index][0]) for index in indices)
    size = max(1, most // longest)
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def batch_loss(
    model: Any, data: list[tuple[list[int], int]], indices: list[int], noise: float = 0.0
) -> tuple[Any, int]:
    """Summed cross-entropy of the report tokens of some rows, and how many there are."""
    from torch.nn.functional import cross_entropy

    longest = max(len(data[index][0]) for index in indices)
    ids = torch.zeros(len(indices), longest, dtype=torch.long)
    wanted = torch.zeros(len(indices), longest, dtype=torch.bool)
    for line, index in enumerate(indices):
        tokens, start = data[index]
        ids[line, : len(tokens)] = torch.tensor(tokens)
        wanted[line, start - 1 : len(tokens) - 1] = True
    ids, wanted = ids.to(DEVICE), wanted.to(DEVICE)
    inner = model.base_model.model
    embeds = inner.model.embed_tokens(ids)
    if noise:
        scale = noise / math.sqrt(longest * embeds.shape[-1])  # NEFTune (Jain et al. 2023), eq. 1
        embeds = embeds + torch.empty_like(embeds).uniform_(-scale, scale)
    hidden = inner.model(inputs_embeds=embeds).last_hidden_state
    logits = inner.lm_head(hidden[wanted]).float()
    targets = torch.roll(ids, -1, 1)[wanted]
    return cross_entropy(logits, targets, reduction="sum"), int(targets.numel())


def evaluate(model: Any, data: list[tuple[list[int], int]]) -> float:
    model.eval()
    order = sorted(range(len(data)), key=lambda index: len(data[index][0]))
    total = count = 0.0
    with torch.inference_mode():
        for start in range(0, len(order), 10):
            loss, number = batch_loss(model, data, order[start : start + 10])
            total, count = total + float(loss), count + number
    model.train()
    return total / count


def write_reports(model: Any, tokenizer: Any, rows: list[dict[str, Any]], samples: int, out: Path) -> None:
    """Greedy reports, and ``samples`` sampled ones, of every row as JSON lines {"id", "draft", "text"}."""
    tokenizer.padding_side = "left"
    prompts = [prompt_text(row, tokenizer) for row in rows]
    lines = []
    model.eval()
    model.merge_adapter()
    for draft in range(1 + samples):
        torch.manual_seed(3407 + draft)
        inputs = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(DEVICE)
        options = {"do_sample": False} if draft == 0 else {"do_sample": True, "temperature": 0.7, "top_p": 0.95}
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=900, pad_token_id=tokenizer.pad_token_id, **options)
        for row, tokens in zip(rows, output[:, inputs["input_ids"].shape[1] :], strict=True):
            lines.append({"id": row["id"], "draft": draft, "text": tokenizer.decode(tokens, skip_special_tokens=True)})
    model.unmerge_adapter()
    model.train()
    out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def run(name: str, recipe: Recipe, base: Any, tokenizer: Any, rows: list[dict[str, Any]], options: Any) -> None:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    train_rows = [row for row in rows if row["split"] == "train"]
    dev_rows = [row for row in rows if row["split"] == "dev"]
    train, dev = encode(train_rows, tokenizer), encode(dev_rows, tokenizer)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    lora = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        use_rslora=recipe.rslora,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(base, lora)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()
    optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    plan = [batch for _ in range(math.ceil(recipe.epochs) + 1) for batch in batches(train, recipe.batch, rng)]
    per_epoch = math.ceil(len(train) / recipe.batch)
    steps = max(recipe.steps) if recipe.steps else int(per_epoch * recipe.epochs)
    plan = (plan * (steps // len(plan) + 1))[:steps]
    marks = set(recipe.steps) or {per_epoch * epoch for epoch in range(2, int(recipe.epochs) + 1)} | {steps}

    def factor(step: int) -> float:
        if step < recipe.warmup:
            return (step + 1) / recipe.warmup
        left = (steps - step) / max(1, steps - recipe.warmup)
        if recipe.scheduler == "linear":
            return left
        return 0.5 * (1 - math.cos(math.pi * left)) if recipe.scheduler == "cosine" else 1.0

    began, table, losses = time.monotonic(), [], []
    model.train()
    for step, indices in enumerate(plan):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * factor(step)
        count, total = sum(len(train[index][0]) - train[index][1] for index in indices), 0.0
        for part in parts(train, indices):
            with torch.autocast(DEVICE, dtype=torch.bfloat16):
                loss, _ = batch_loss(model, train, part, recipe.neftune)
            (loss / count).backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(total / count)
        if step + 1 in marks:
            with torch.autocast(DEVICE, dtype=torch.bfloat16):
                table.append((step + 1, sum(losses[-50:]) / len(losses[-50:]), evaluate(model, dev)))
            print(f"{name} step {table[-1][0]} train {table[-1][1]:.3f} dev {table[-1][2]:.4f}", flush=True)
    seconds = time.monotonic() - began
    out = Path(options.out)
    if name in options.save:
        for weight in weights:
            weight.data = weight.data.to(torch.bfloat16)
        model.save_pretrained(out / f"adapter-{name}")
    for weight in weights:
        weight.data = weight.data.to(torch.bfloat16)
    write_reports(model, tokenizer, dev_rows, options.samples, out / f"reports-{name}.jsonl")
    result = {"name": name, "recipe": asdict(recipe), "table": table, "seconds": seconds}
    (out / f"result-{name}.json").write_text(json.dumps(result), encoding="utf-8")
    print(f"{name}: {steps} steps in {seconds:.0f} s, reports after {time.monotonic() - began:.0f} s", flush=True)
    model.unload()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("corpus")
    parser.add_argument("--out", required=True)
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--save", nargs="*", default=[])
    parser.add_argument("--variants", nargs="+", required=True, help='name={"rank": 32, …}')
    options = parser.parse_args()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    from transformers import AutoModelForCausalLM, AutoTokenizer

    rows = [json.loads(line) for line in Path(options.corpus).read_text(encoding="utf-8").splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(options.base)
    base = AutoModelForCausalLM.from_pretrained(options.base, dtype=torch.bfloat16, attn_implementation="sdpa").to(
        DEVICE
    )
    for variant in options.variants:
        name, _, settings = variant.partition("=")
        changes = json.loads(settings or "{}")
        if "steps" in changes:
            changes["steps"] = tuple(changes["steps"])
        run(name, replace(Recipe(), **changes), base, tokenizer, rows, options)


if __name__ == "__main__":
    main()
