"""A preference stage after fine-tuning: ``python -m training.prefer``.

Direct preference optimisation (Rafailov et al. 2023, eq. 7) of an adapter on pairs of a good and a bad report of one
diary, with the likelihood of the good one added (Pang et al. 2024), which keeps it from falling together with the bad
one's. The reference model is the adapter as it was at the start.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.config import Config, load
from daemon.errors import NippoError, UsageError
from training.contrast import Contrast, contrasts_of, corrected
from training.dataset import IGNORED, Collator, Example, encode, messages, row_forms
from training.exits import ExitCode
from training.generate import read_drafts
from training.rows import Row, read_rows


@dataclass(frozen=True)
class Preference:
    """Settings of the stage. ``beta``: how dear it is to leave the reference; ``likelihood``: weight of the good
    report's mean negative log-likelihood. ``batch``: pairs of an optimizer step; ``tokens``: most tokens, with
    padding, that pass the model at once."""

    beta: float = 0.1
    likelihood: float = 0.2
    learning_rate: float = 2e-5
    epochs: float = 1.0
    batch: int = 16
    warmup_steps: int = 10
    tokens: int = 8_000
    seed: int = 3407


@dataclass(frozen=True)
class EncodedPair:
    """Both reports behind the same prompt, as tokens; ``reference`` is filled before training: log-likelihood of the
    good one minus that of the bad one under the reference, in nats."""

    kind: str
    chosen: Example
    rejected: Example
    reference: float = 0.0

    @property
    def tokens(self) -> int:
        return 2 * max(len(self.chosen.input_ids), len(self.rejected.input_ids))


def encode_pairs(
    tokenizer: Any, rows: Sequence[Row], contrasts: Sequence[Contrast], config: Config, max_length: int
) -> list[EncodedPair]:
    """Given contrasts of these rows, return them as tokens; those longer than ``max_length`` are left out."""
    prompts = {
        row.id: messages(row, form, config.privacy)
        for row, form in zip(rows, row_forms(rows, config.report), strict=True)
    }
    pairs = []
    for contrast in contrasts:
        prompt = prompts[contrast.id]
        chosen = encode(tokenizer, prompt, contrast.chosen, contrast.id)
        rejected = encode(tokenizer, prompt, contrast.rejected, contrast.id)
        if max(len(chosen.input_ids), len(rejected.input_ids)) <= max_length:
            pairs.append(EncodedPair(contrast.kind, chosen, rejected))
    return pairs


def likelihoods(model: Any, examples: Sequence[Example], collate: Collator) -> tuple[Any, Any]:
    """The summed log-likelihood of each example's report in nats, shape (rows,), and its number of tokens (rows,).

    Only labelled positions pass the output head.
    """
    import torch

    batch = collate([{"input_ids": example.input_ids, "labels": example.labels} for example in examples])
    device = model.device
    ids, labels = batch["input_ids"].to(device), batch["labels"].to(device)
    plain = model.get_base_model()
    hidden = plain.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    mask = targets != IGNORED
    logits = plain.get_output_embeddings()(hidden[mask]).float()
    picked = -torch.nn.functional.cross_entropy(logits, targets[mask], reduction="none")
    rows = torch.arange(len(examples), device=device)[:, None].expand_as(targets)[mask]
    return torch.zeros(len(examples), device=device).index_add(0, rows, picked), mask.sum(1)


def preference_loss(margin: Any, reference: Any, chosen_nll: Any, settings: Preference) -> Any:
    """Given the margins (pairs,) of policy and reference in nats, and each good report's mean NLL per token, return the
    loss of each pair, shape (pairs,)."""
    import torch

    return -torch.nn.functional.logsigmoid(settings.beta * (margin - reference)) + settings.likelihood * chosen_nll


def in_parts(pairs: Sequence[EncodedPair], tokens: int) -> list[list[int]]:
    """Numbers of pairs, grouped so that no group passes ``tokens`` with padding (but each holds one). Pure."""
    ranked = sorted(range(len(pairs)), key=lambda number: pairs[number].tokens)
    groups: list[list[int]] = []
    for number in ranked:
        if groups and (len(groups[-1]) + 1) * pairs[number].tokens <= tokens:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def margins(model: Any, pairs: Sequence[EncodedPair], collate: Collator, tokens: int) -> list[float]:
    """The log-likelihood of the good report minus that of the bad one, for every pair, without gradients."""
    import torch

    found = [0.0] * len(pairs)
    model.eval()
    with torch.no_grad(), _autocast(model):
        for group in in_parts(pairs, tokens * 3):
            both = [pairs[n].chosen for n in group] + [pairs[n].rejected for n in group]
            sums, _ = likelihoods(model, both, collate)
            for place, number in enumerate(group):
                found[number] = float(sums[place] - sums[len(group) + place])
    model.train()
    return found


def train(model: Any, pairs: Sequence[EncodedPair], collate: Collator, settings: Preference) -> list[float]:
    """Train the model's adapter in place; return the mean loss of each step. ``pairs`` hold their reference margins."""
    import torch

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=settings.learning_rate, weight_decay=0.0)
    steps = max(1, int(len(pairs) * settings.epochs / settings.batch))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / settings.warmup_steps) * (1.0 - step / steps)
    )
    rng = random.Random(settings.seed)
    order: list[int] = []
    losses: list[float] = []
    for _ in range(steps):
        if len(order) < settings.batch:
            order += rng.sample(range(len(pairs)), len(pairs))
        chosen, order = order[: settings.batch], order[settings.batch :]
        part = [pairs[number] for number in chosen]
        total = 0.0
        for group in in_parts(part, settings.tokens):
            both = [part[n].chosen for n in group] + [part[n].rejected for n in group]
            with _autocast(model):
                sums, counts = likelihoods(model, both, collate)
            size = len(group)
            reference = torch.tensor([part[n].reference for n in group], device=sums.device)
            loss = preference_loss(
                sums[:size] - sums[size:], reference, -sums[:size] / counts[:size], settings
            ).sum() / len(part)
            loss.backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        losses.append(total)
    return losses


def preferred(pairs: Sequence[EncodedPair], found: Sequence[float]) -> dict[str, tuple[float, int]]:
    """By kind: the share of pairs whose good report is the likelier one, and their number."""
    wins: dict[str, list[bool]] = defaultdict(list)
    for pair, margin in zip(pairs, found, strict=True):
        wins[pair.kind].append(margin > 0)
    return {kind: (sum(values) / len(values), len(values)) for kind, values in sorted(wins.items())}


def load_policy(folder: str, adapter: Path) -> tuple[Any, Any]:
    """The base in bfloat16 (float32 on a CPU) with a trainable adapter in float32, and the tokenizer."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if cuda else torch.float32}
    if cuda:
        options["device_map"] = {"": 0}
    base = AutoModelForCausalLM.from_pretrained(folder, **options)
    model = PeftModel.from_pretrained(base, str(adapter), is_trainable=True)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
    return model, AutoTokenizer.from_pretrained(folder)


def run(
    rows: Sequence[Row],
    drafts: dict[str, list[str]],
    base: str,
    adapter: Path,
    out: Path,
    config: Config,
    settings: Preference,
    rules: int = 2,
    corrections: Sequence[Contrast] = (),
) -> dict[str, Any]:
    """Train ``adapter`` on the contrasts of the train rows, write it to ``out`` and return (and write) the figures."""
    from dataclasses import asdict, replace

    from training.base import resolve_base

    started = time.monotonic()
    model, tokenizer = load_policy(resolve_base(base, _say).folder, adapter)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    collate = Collator(pad, positions=False)
    longest = config.training.max_seq_length

    def pairs_of(split: str) -> list[EncodedPair]:
        part = [row for row in rows if row.split == split]
        return encode_pairs(
            tokenizer, part, contrasts_of(part, drafts, settings.seed, rules, corrections), config, longest
        )

    train_pairs, dev_pairs = pairs_of("train"), pairs_of("dev")
    if not train_pairs:
        raise UsageError("no pair to learn from", "Name rows with references in the default form.")
    before = margins(model, dev_pairs, collate, settings.tokens)
    reference = margins(model, train_pairs, collate, settings.tokens)
    train_pairs = [replace(pair, reference=margin) for pair, margin in zip(train_pairs, reference, strict=True)]
    _say(f"{len(train_pairs)} pairs, {len(dev_pairs)} dev pairs after {time.monotonic() - started:.0f} s")
    losses = train(model, train_pairs, collate, settings)
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(str(out))
    after = margins(model, dev_pairs, collate, settings.tokens)
    figures = {
        "settings": asdict(settings),
        "pairs": len(train_pairs),
        "first_loss": sum(losses[:10]) / len(losses[:10]),
        "last_loss": sum(losses[-10:]) / len(losses[-10:]),
        "dev_margin": [_mean(before), _mean(after)],
        "dev_before": preferred(dev_pairs, before),
        "dev_after": preferred(dev_pairs, after),
        "train_before": preferred(train_pairs, reference),
        "seconds": round(time.monotonic() - started, 1),
    }
    (out / "preference.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _autocast(model: Any) -> Any:
    import torch

    return torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=model.device.type == "cuda")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """``python -m training.prefer --pairs ROWS.jsonl --adapter DIR --out DIR``."""
    command = argparse.ArgumentParser(prog="python -m training.prefer", description="Prefer good reports to bad ones.")
    command.add_argument("--pairs", type=Path, nargs="+", required=True, metavar="FILE")
    command.add_argument("--drafts", type=Path, nargs="*", default=[], metavar="FILE", help="of training.generate")
    command.add_argument(
        "--corrections", type=Path, nargs="*", default=[], metavar="FILE", help="drafts with what a person made of them"
    )
    command.add_argument("--base", default="starter")
    command.add_argument("--adapter", type=Path, required=True, metavar="DIR")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--config", type=Path)
    command.add_argument("--rules", type=int, default=2, help="rule-spoiled contrasts of a row, at most")
    for name, default in vars(Preference()).items():
        command.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    given = command.parse_args(arguments)
    settings = Preference(**{name: getattr(given, name) for name in vars(Preference())})
    try:
        rows = read_rows(given.pairs, need_report=True)
        texts: dict[str, list[str]] = defaultdict(list)
        for file in given.drafts:
            for found in read_drafts(file):
                texts[found.id] += [draft.text for draft in found.drafts]
        corrections = [found for file in given.corrections for found in corrected(file.read_text(encoding="utf-8"))]
        config = load(given.config)
        figures = run(rows, texts, given.base, given.adapter, given.out, config, settings, given.rules, corrections)
    except NippoError as problem:
        print(problem, file=sys.stderr)
        return ExitCode.USAGE if isinstance(problem, UsageError) else ExitCode.FAILED
    print(json.dumps(figures))
    return ExitCode.OK


if __name__ == "__main__":
    raise SystemExit(main())
