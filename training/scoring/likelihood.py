"""How likely a model finds the text that a person accepted: the mean log-probability per token, in nats.

Plain transformers and peft, never Unsloth, so that champion and challenger are measured by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.drafting.draft import own_rule
from training.model.loss import report_loss
from training.pairs.day_encoding import encode_day, one_by_one
from training.pairs.days import day_of
from training.pairs.encoding import IGNORED, Example, encode_rows
from training.pairs.rows import Row
from training.scoring.generate import load_for_generation


def log_likelihoods(
    folder: str, adapters: Sequence[Path | None], rows: Sequence[Row], config: Config, bits: int = 16
) -> list[list[float]]:
    """Given a base folder, adapters (None: the bare base) and rows, return for each adapter one figure per row: the
    mean over the tokens of the report, or of what its sentences give where that is known, end tokens included. A row
    that teaches nothing has 0."""
    import torch

    model, tokenizer = load_for_generation(folder, [adapter for adapter in adapters if adapter], bits)
    examples = _examples(tokenizer, rows, config)
    found: list[list[float]] = []
    number = 0
    for adapter in adapters:
        if adapter is not None:
            model.set_adapter(str(number))
            number += 1
        layers = _switched(model, adapter is not None)
        figures: list[float] = []
        with torch.inference_mode(), layers:
            plain = model.get_base_model() if hasattr(model, "get_base_model") else model
            for answers in examples:
                total, tokens = 0.0, 0
                for example in answers:
                    ids = torch.tensor([example.input_ids], device=plain.device)
                    labels = torch.tensor([example.labels], device=plain.device)
                    hidden = plain.base_model(input_ids=ids, use_cache=False).last_hidden_state
                    total -= float(report_loss(hidden, labels, plain.get_output_embeddings(), 1))
                    tokens += sum(label != IGNORED for label in example.labels)
                figures.append(total / max(tokens, 1))
        found.append(figures)
    return found


def _examples(tokenizer: Any, rows: Sequence[Row], config: Config) -> list[list[Example]]:
    """For each row what its report is made of: single answers where they are known, else the report."""
    days = [day_of(row) for row in rows]
    whole = [row for row, day in zip(rows, days, strict=True) if day is None]
    reports = iter(encode_rows(tokenizer, whole, config.report, config.privacy))
    found = []
    for day in days:
        if day is None:
            found.append([next(reports)])
            continue
        asked = encode_day(tokenizer, replace(day, judged=(), weight=1.0), config.privacy, own_rule(config))
        found.append(one_by_one([asked], seed=0))
    return found


def _switched(model: Any, on: bool) -> AbstractContextManager[Any]:
    """A context in which the adapters work or not."""
    disable = getattr(model, "disable_adapter", None)
    switched: AbstractContextManager[Any] = nullcontext() if on or disable is None else disable()
    return switched
