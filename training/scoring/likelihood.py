"""How likely a model finds the text that a person accepted: the mean log-probability per token, in nats.

Plain transformers and peft, never Unsloth, so that champion and challenger are measured by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from daemon.config import Config
from training.model.loss import report_loss
from training.pairs.encoding import IGNORED, encode_rows
from training.pairs.rows import Row
from training.scoring.generate import load_for_generation


def log_likelihoods(
    folder: str, adapters: Sequence[Path | None], rows: Sequence[Row], config: Config, bits: int = 16
) -> list[list[float]]:
    """Given a base folder, adapters (None: the bare base) and rows with reports, return for each adapter one figure per
    row: the mean over the report's tokens, its end token included."""
    import torch

    model, tokenizer = load_for_generation(folder, [adapter for adapter in adapters if adapter], bits)
    examples = encode_rows(tokenizer, rows, config.report, config.privacy)
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
            for example in examples:
                ids = torch.tensor([example.input_ids], device=plain.device)
                labels = torch.tensor([example.labels], device=plain.device)
                hidden = plain.base_model(input_ids=ids, use_cache=False).last_hidden_state
                figures.append(-float(report_loss(hidden, labels, plain.get_output_embeddings())))
                assert any(label != IGNORED for label in example.labels)
        found.append(figures)
    return found


def _switched(model: Any, on: bool) -> AbstractContextManager[Any]:
    """A context in which the adapters work or not."""
    disable = getattr(model, "disable_adapter", None)
    switched: AbstractContextManager[Any] = nullcontext() if on or disable is None else disable()
    return switched
