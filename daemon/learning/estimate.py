"""How long the first training of a base will take and how much memory it wants: an estimate, said before it starts.

Calibrated by two measurements: Qwen2.5-14B in 4 bit, 4 rows of 4,096 tokens a step, 3.45 s and 11.2 GiB
(10.6 GiB with 1,024 tokens) on one H100; a 0.5B model, 700 tokens, 20 s a step on 2 cores. All else is scaled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.config import ReportSettings
from daemon.drafting.prompt import render_prompt
from daemon.system.hardware import Gpu

H100_TOKENS_A_SECOND, H100_PARAMETERS, H100_TFLOPS = 4_750.0, 14.8, 989.0
GIB_4096, GIB_1024 = 11.2, 10.6
CPU_SECONDS_A_TOKEN, CPU_PARAMETERS, CPU_CORES = 20 / 700, 0.49, 2
WARM_UP_MINUTES = (1.0, 3.0)
"""Loading and compiling on a GPU; a download is not in it."""
TOKENS_A_CHARACTER = 0.75
"""Of Japanese with technical terms in Qwen's tokenizer; an estimate."""
NAMED = {"starter": 1.54, "starter-small": 0.49}

TFLOPS = {
    "B200": 2250, "H200": 989, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "T4": 65,
    "RTX 5090": 209, "RTX 5080": 113, "RTX 5070 Ti": 88, "RTX 5070": 62,
    "RTX 4090": 165, "RTX 4080": 97, "RTX 4070 Ti SUPER": 88, "RTX 4070 Ti": 80, "RTX 4070 SUPER": 71, "RTX 4070": 58,
    "RTX 4060 Ti": 44, "RTX 4060": 30, "RTX 3090": 71, "RTX 3080": 60, "RTX 3070": 41, "RTX 3060": 25,
}  # fmt: skip
"""Dense 16-bit tensor TFLOPS with FP32 accumulation: NVIDIA's data sheets (data centre) and white papers; of
GeForce cards twice the shader FP32 rate. From memory of those papers, rounded: good for a range, not for more."""


@dataclass(frozen=True)
class Expected:
    """Minutes and GiB, each from and to. ``measured``: the very card and size that were measured."""

    minutes: tuple[float, float]
    memory: tuple[float, float]
    basis: str


def parameters_of(reference: str) -> float | None:
    """Billions of parameters by a model's name or by its folder's ``config.json``; None when neither tells."""
    if reference in NAMED:
        return NAMED[reference]
    try:
        return _of_config(json.loads((Path(reference).expanduser() / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    sizes = re.findall(r"(?<![\d.])(\d+(?:\.\d+)?)b(?![a-z]|it)", reference.lower())
    return float(sizes[0]) if sizes else None


def _of_config(values: Mapping[str, int]) -> float:
    """Of a Llama- or Qwen-shaped model: attention, gated feed-forward, and the embeddings."""
    hidden, layers = values["hidden_size"], values["num_hidden_layers"]
    heads = values["num_attention_heads"]
    width = values.get("head_dim") or hidden // heads
    attention = 2 * hidden * width * (heads + values.get("num_key_value_heads", heads))
    feed_forward = 3 * hidden * values["intermediate_size"]
    embeddings = values["vocab_size"] * hidden * (1 if values.get("tie_word_embeddings") else 2)
    return (layers * (attention + feed_forward) + embeddings) / 1e9


def mean_tokens(corpus: Path, report: ReportSettings, limit: int) -> float:
    """Mean tokens of a training row: rules, diary and report, at most ``limit`` each; estimated from characters."""
    lengths = []
    for line in corpus.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("split", "train") == "train" and row.get("report"):
            prompt = sum(len(message["content"]) for message in render_prompt(row["diary"], report))
            lengths.append(min(limit, (prompt + len(row["report"])) * TOKENS_A_CHARACTER))
    return sum(lengths) / max(len(lengths), 1)


def tflops_of(name: str) -> float | None:
    """A card's rate by its name; the longest entry that it contains wins."""
    found = [entry for entry in TFLOPS if re.search(rf"\b{re.escape(entry.lower())}\b", name.lower())]
    return float(TFLOPS[max(found, key=len)]) if found else None


def expect(parameters: float, tokens: float, longest: int, rows: int, gpu: Gpu | None, cores: int) -> Expected:
    """Given billions of parameters, mean tokens a row, the limit of a row, rows in all, the GPU or None and
    the processor's cores, return the estimate. Pure."""
    work = parameters * tokens * rows
    if gpu is None:
        minutes = work / CPU_PARAMETERS * CPU_SECONDS_A_TOKEN * CPU_CORES / max(cores, 1) / 60
        floats = parameters * 4e9 / 2**30
        return Expected((minutes * 0.6, minutes * 2), (floats + 1, floats * 1.3 + 4), "the processor")
    rate = tflops_of(gpu.name)
    slow, slower = (0.8, 2.0) if rate else (0.5, 4.0)
    # A card that the table lacks is taken for a middling one, with a range that says so.
    speed = H100_TOKENS_A_SECOND * H100_PARAMETERS * (rate or 60.0) / H100_TFLOPS
    minutes = work / speed / 60
    share = (min(longest, 4096) - 1024) / 3072
    memory = (GIB_1024 + (GIB_4096 - GIB_1024) * max(share, 0)) * parameters / H100_PARAMETERS
    basis = gpu.name if rate else f"{gpu.name}, whose speed is not known"
    spread = (minutes * slow + WARM_UP_MINUTES[0], minutes * slower + WARM_UP_MINUTES[1])
    return Expected(spread, (memory, memory * 1.15 + 1.0), basis)


def words(expected: Expected, gpu: Gpu | None) -> Sequence[str]:
    """The estimate in lines, with a warning when the card's memory will not do. Pure."""
    (short, long), (least, most) = expected.minutes, expected.memory
    hours = f"{short / 60:.1f} to {long / 60:.1f} hours" if long > 180 else f"{short:.0f} to {long:.0f} minutes"
    lines = [f"estimate {hours} and {least:.1f} to {most:.1f} GiB on {expected.basis}; not measured on this machine"]
    if gpu is not None and gpu.memory / 1024 < least:
        lines.append(f"warning  {gpu.name} has {gpu.memory / 1024:.1f} GiB: that will not do; take a smaller base")
    elif gpu is not None and gpu.memory / 1024 < most:
        lines.append(f"warning  {gpu.name} has {gpu.memory / 1024:.1f} GiB: that may not do")
    return lines
