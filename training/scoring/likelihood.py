"""How likely a model finds what a person decided: the mean log-probability, in nats, per token of the report as a
whole, or by sentence.

By sentence it is that of the answers that are the person's own doing: lines they added or reworded, `なし` where they
deleted one. What a version wrote and was let stand does not count: it is what that version was likeliest to write, so
that no other could ever find it likelier.

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
from daemon.versions.artifact import habits_of
from training.model.loss import report_loss, summed_loss
from training.pairs.day_encoding import DayExample, encode_day
from training.pairs.days import day_of
from training.pairs.encoding import IGNORED, Example, encode_rows
from training.pairs.rows import Row
from training.scoring.generate import load_for_generation


def log_likelihoods(
    folder: str,
    adapters: Sequence[Path | None],
    rows: Sequence[Row],
    config: Config,
    bits: int = 16,
    by_sentence: bool = False,
) -> list[list[float | None]]:
    """Given a base folder, adapters (None: the bare base) and rows with reports, return for each adapter one figure per
    row: the mean over the report's tokens, its end token included, or ``by_sentence`` over those of the answers that
    are the person's own, each version asked as it learned to be; None for a row without such answers."""
    import torch

    model, tokenizer = load_for_generation(folder, [adapter for adapter in adapters if adapter], bits)
    found: list[list[float | None]] = []
    number = 0
    for adapter in adapters:
        if adapter is not None:
            model.set_adapter(str(number))
            number += 1
        with torch.inference_mode(), _switched(model, adapter is not None):
            plain = model.get_base_model() if hasattr(model, "get_base_model") else model
            if by_sentence:
                rule = own_rule(config, habits_of(adapter))
                days = [_answers(tokenizer, row, config, rule) for row in rows]
                found.append([_of_day(plain, day) if day else None for day in days])
            else:
                examples = encode_rows(tokenizer, rows, config.report, config.privacy)
                found.append([_of_report(plain, example) for example in examples])
    return found


def _answers(tokenizer: Any, row: Row, config: Config, rule: str) -> DayExample | None:
    """What a row's labels answer about the person's own sentences. Its judged lines are nothing that anybody wrote."""
    day = day_of(row)
    if day is None:
        return None
    asked = encode_day(tokenizer, replace(day, judged=(), weight=1.0), config.privacy, rule)
    own = tuple(one for one in asked.questions if row.own is None or one.sentence in row.own)
    return replace(asked, questions=own) if own else None


def _of_report(causal: Any, example: Example) -> float:
    import torch

    assert any(label != IGNORED for label in example.labels)
    ids = torch.tensor([example.input_ids], device=causal.device)
    labels = torch.tensor([example.labels], device=causal.device)
    hidden = causal.base_model(input_ids=ids, use_cache=False).last_hidden_state
    return -float(report_loss(hidden, labels, causal.get_output_embeddings()))


def _of_day(causal: Any, day: DayExample) -> float:
    """The diary is evaluated once; every question goes on from there, and is forgotten before the next."""
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=causal.config)
    causal.base_model(input_ids=torch.tensor([day.head], device=causal.device), past_key_values=cache, use_cache=True)
    total, tokens = 0.0, 0
    for one in day.questions:
        ids = torch.tensor([one.asked + one.answer[:-1]], device=causal.device)
        hidden = causal.base_model(input_ids=ids, past_key_values=cache, use_cache=True).last_hidden_state[0]
        cache.crop(len(day.head))
        answer = torch.tensor(one.answer, device=causal.device)
        total += float(summed_loss(hidden[len(one.asked) - 1 :], answer, causal.get_output_embeddings()))
        tokens += len(one.answer)
    return -total / tokens


def _switched(model: Any, on: bool) -> AbstractContextManager[Any]:
    """A context in which the adapters work or not."""
    disable = getattr(model, "disable_adapter", None)
    switched: AbstractContextManager[Any] = nullcontext() if on or disable is None else disable()
    return switched
