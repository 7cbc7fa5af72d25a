"""How long the first training of a base will take and how much memory it wants: an estimate, said before it starts.

Calibrated by four measurements: Qwen2.5-14B in 4 bit, 4 rows of 4,096 tokens a step, 3.45 s and 11.2 GiB (10.6 GiB with
1,024 tokens) on one H100; the starter on days by sentence, 734 steps of 4 days in 5 minutes on one H200; a 0.5B model,
700 tokens, 20 s a step on 2 cores; the starter on days by sentence on a core with AVX-512. All else is scaled.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.config.report_form import ReportSettings
from daemon.drafting.prompt import beginning, line_question, render_prompt, sentence_question
from daemon.system.hardware import Gpu
from daemon.words import tr

H100_TOKENS_A_SECOND, H100_PARAMETERS, H100_TFLOPS = 4_750.0, 14.8, 989.0
GIB_4096, GIB_1024 = 11.2, 10.6
CPU_CORE_SECONDS = 0.08
"""Of one core for a token and a billion parameters: between 0.12 (the 0.5B model) and 0.05 (the starter, 88 s for a day
of 1,184 tokens, 14.5 GiB)."""
FORWARD = 1 / 3
"""What a row costs that is only measured on, beside one that is learned from."""
WARM_UP_MINUTES = (1.0, 3.0)
"""Loading and compiling on a GPU; a download is not in it."""
TOKENS_A_CHARACTER = 0.68
"""Of the corpus' diaries in Qwen's tokenizer (lines of reports 0.63, the rules 0.70)."""
TOKENS_A_QUESTION = 8
"""What the chat template puts around a question and its answer."""
JUDGED = ("judged.jsonl", "judged-dev.jsonl")
"""Lines of the corpus' days that the same training learns to judge; they lie beside it."""
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


@dataclass(frozen=True)
class CorpusSize:
    """What a corpus asks of a training: mean tokens of a row to learn from, and all tokens of its dev rows, on which
    every checkpoint is measured. ``days``: rows are days by sentence, judged lines among their questions."""

    tokens: float
    dev_tokens: float
    days: bool


def size_of(corpus: Path, report: ReportSettings, limit: int) -> CorpusSize:
    """Given a corpus, return its rows' sizes, estimated from characters: days where any row has labels by sentence,
    else rules, diary and report, at most ``limit`` each."""
    rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines() if line.strip()]
    days = any(row.get("sentences") is not None for row in rows)
    judged = _judged_beside(corpus) if days else {}
    sizes: dict[str, list[float]] = {"train": [], "dev": []}
    for row in rows:
        if days and row.get("sentences") is not None:
            sizes[row.get("split", "train")].append(_day_tokens(row, judged.get(row.get("id", ""), ()), limit))
        elif not days and row.get("report"):
            prompt = sum(len(message["content"]) for message in render_prompt(row["diary"], report))
            sizes[row.get("split", "train")].append(min(limit, (prompt + len(row["report"])) * TOKENS_A_CHARACTER))
    return CorpusSize(sum(sizes["train"]) / max(len(sizes["train"]), 1), sum(sizes["dev"]), days)


def _day_tokens(row: Mapping[str, Any], judged: Sequence[str], limit: int) -> float:
    """A day as the lean loader learns it: rules and diary once, then each question with its answer; a day above the
    limit becomes several packs, each with the diary."""
    head = sum(len(message["content"]) for message in beginning(row["diary"])) * TOKENS_A_CHARACTER
    told = [(sentence_question(text), "".join(lines)) for text, lines in row["sentences"] if lines is not None]
    told += [(line_question(line), "T") for line in judged]
    asked = sum((len(one) + len(answer)) * TOKENS_A_CHARACTER + TOKENS_A_QUESTION for one, answer in told)
    packs = max(1, math.ceil(asked / max(limit - head, 1)))
    return asked + head * packs


def _judged_beside(corpus: Path) -> dict[str, list[str]]:
    """The judged lines of each row."""
    found: dict[str, list[str]] = {}
    for file in (corpus.with_name(name) for name in JUDGED):
        if file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                found.setdefault(row["id"], []).extend(text for text, _ in row["lines"])
    return found


def tflops_of(name: str) -> float | None:
    """A card's rate by its name; the longest entry that it contains wins."""
    found = [entry for entry in TFLOPS if re.search(rf"\b{re.escape(entry.lower())}\b", name.lower())]
    return float(TFLOPS[max(found, key=len)]) if found else None


def expect(
    parameters: float, tokens: float, longest: int, rows: int, gpu: Gpu | None, cores: int, measured: float = 0.0
) -> Expected:
    """Given billions of parameters, mean tokens a row, the limit of a row, rows in all, the GPU or None, the
    processor's cores and the tokens that are only measured on, return the estimate. Pure."""
    work = parameters * (tokens * rows + measured * FORWARD)
    if gpu is None:
        minutes = work * CPU_CORE_SECONDS / max(cores, 1) / 60
        floats = parameters * 4e9 / 2**30
        return Expected((minutes * 0.6, minutes * 2), (floats * 1.6 + 1, floats * 2 + 4), tr("the processor"))
    rate = tflops_of(gpu.name)
    slow, slower = (0.8, 2.0) if rate else (0.5, 4.0)
    # A card that the table lacks is taken for a middling one, with a range that says so.
    speed = H100_TOKENS_A_SECOND * H100_PARAMETERS * (rate or 60.0) / H100_TFLOPS
    minutes = work / speed / 60
    share = (min(longest, 4096) - 1024) / 3072
    memory = (GIB_1024 + (GIB_4096 - GIB_1024) * max(share, 0)) * parameters / H100_PARAMETERS
    basis = gpu.name if rate else tr("{name}, whose speed is not known", name=gpu.name)
    spread = (minutes * slow + WARM_UP_MINUTES[0], minutes * slower + WARM_UP_MINUTES[1])
    return Expected(spread, (memory, memory * 1.15 + 1.0), basis)


def words(expected: Expected, gpu: Gpu | None) -> Sequence[str]:
    """The estimate in lines, with a warning when the card's memory will not do. Pure."""
    (short, long), (least, most) = expected.minutes, expected.memory
    hours = (
        tr("{short:.1f} to {long:.1f} hours", short=short / 60, long=long / 60)
        if long > 180
        else tr("{short:.0f} to {long:.0f} minutes", short=short, long=long)
    )
    lines = [
        tr(
            "estimate {hours} and {least:.1f} to {most:.1f} GiB on {basis}; not measured on this machine",
            hours=hours,
            least=least,
            most=most,
            basis=expected.basis,
        )
    ]
    if gpu is not None and gpu.memory / 1024 < least:
        lines.append(
            tr(
                "warning  {name} has {memory:.1f} GiB: that will not do; take a smaller base",
                name=gpu.name,
                memory=gpu.memory / 1024,
            )
        )
    elif gpu is not None and gpu.memory / 1024 < most:
        lines.append(
            tr("warning  {name} has {memory:.1f} GiB: that may not do", name=gpu.name, memory=gpu.memory / 1024)
        )
    return lines
