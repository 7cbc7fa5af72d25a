"""The uniform average of several LoRA adapters, as one adapter of a chosen rank.

The mean of products is not the product of means, so A and B are not averaged: the mean of the weight changes
ΔW = (1/k) Σ sᵢ Bᵢ Aᵢ is exactly one LoRA of rank k·r (A and B stacked), and is cut back to the wanted rank by its
singular values, the best approximation of that rank (Eckart and Young 1936). How much is kept is reported.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.errors import NippoError, TrainingError
from training.model.base import ADAPTER_CONFIG, ADAPTER_FILE

A, B = ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True)
class Averaged:
    """What came of it: the rank, and the share of the mean change's squared norm that the cut kept (1 = exact)."""

    rank: int
    kept: float


def average(folders: Sequence[Path], target: Path, rank: int = 0) -> Averaged:
    """Given adapter folders of one base, write their average to ``target``; ``rank`` 0 takes the first one's.

    Scaling becomes 1 (alpha = rank), the old scalings go into the matrices. Raises ``TrainingError`` for adapters that
    do not adapt the same layers.
    """
    import torch
    from safetensors.torch import load_file, save_file

    if not folders:
        raise TrainingError("no adapter to average", "Name adapter folders.")
    configs = [json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8")) for folder in folders]
    weights = [load_file(folder / ADAPTER_FILE) for folder in folders]
    if any(set(one) != set(weights[0]) for one in weights):
        raise TrainingError("the adapters do not adapt the same layers", "Average checkpoints of one base model.")
    rank = rank or int(configs[0]["r"])
    result: dict[str, Any] = {}
    kept = total = 0.0
    for name in sorted(weights[0]):
        if not name.endswith(A):
            continue
        other = name.removesuffix(A) + B
        change = mean_change(
            [(one[other], one[name], scaling(config)) for one, config in zip(weights, configs, strict=True)]
        )
        left, right, part, whole = truncate(*change, rank)
        result[other], result[name] = left.to(torch.float32), right.to(torch.float32)
        kept, total = kept + part, total + whole
    target.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in result.items()}, target / ADAPTER_FILE, {"format": "pt"})
    config = {**configs[0], "r": rank, "lora_alpha": rank, "use_rslora": False}
    (target / ADAPTER_CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    return Averaged(rank, kept / total if total else 1.0)


def scaling(config: dict[str, Any]) -> float:
    """What PEFT multiplies BA with: alpha / r, for rsLoRA alpha / √r."""
    rank, alpha = int(config["r"]), float(config["lora_alpha"])
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank


def mean_change(parts: Sequence[tuple[Any, Any, float]]) -> tuple[Any, Any]:
    """Given (B, A, scaling) of each adapter, return B (out × k·r) and A (k·r × in) with BA = mean of the changes."""
    import torch

    left = torch.cat([b.double() * (scale / len(parts)) for b, _, scale in parts], dim=1)
    return left, torch.cat([a.double() for _, a, _ in parts], dim=0)


def truncate(left: Any, right: Any, rank: int) -> tuple[Any, Any, float, float]:
    """Given B (out × n) and A (n × in), return the best B (out × rank) and A (rank × in), and the squared norms of the
    result and of the whole. Singular values are shared evenly between both sides.

    Two thin QR decompositions reduce the work to an n × n matrix.
    """
    import torch

    q_left, r_left = torch.linalg.qr(left)
    q_right, r_right = torch.linalg.qr(right.T)
    u, s, v = torch.linalg.svd(r_left @ r_right.T)
    whole = float((s**2).sum())
    rank_now = min(rank, len(s))
    root = s[:rank_now].sqrt()
    new_left, new_right = q_left @ (u[:, :rank_now] * root), (root[:, None] * v[:rank_now]) @ q_right.T
    if rank_now < rank:
        pad = rank - rank_now
        new_left = torch.cat([new_left, new_left.new_zeros(len(new_left), pad)], dim=1)
        new_right = torch.cat([new_right, new_right.new_zeros(pad, new_right.shape[1])], dim=0)
    return new_left, new_right, float((s[:rank_now] ** 2).sum()), whole


def main(arguments: list[str] | None = None) -> int:
    """``python -m training.average DIR DIR … --out DIR [--rank R]``."""
    command = argparse.ArgumentParser(prog="python -m training.average", description="Average LoRA adapters.")
    command.add_argument("adapters", type=Path, nargs="+", metavar="DIR")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--rank", type=int, default=0, help="default: the first adapter's")
    given = command.parse_args(arguments)
    try:
        result = average(given.adapters, given.out, given.rank)
    except NippoError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"average of {len(given.adapters)} adapters, rank {result.rank}, keeps {result.kept:.4%} of the mean change")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
