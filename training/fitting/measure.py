"""What a checkpoint is measured by while a run goes on: the loss on dev rows, and how well it judges dev lines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

from daemon.drafting.prompt import LABELS
from training.model.loss import states_of
from training.pairs.day_encoding import DayExample
from training.pairs.day_packs import day_pack, question_spans
from training.pairs.encoding import IGNORED, Example
from training.scoring.discrimination import area_under_curve

MOST_LETTERS = 256
"""States that pass the output head at a time."""


@contextmanager
def _measuring(trainer: Any) -> Any:
    """The trainer's model in evaluation mode, without gradients, and back as it was."""
    import torch

    model = trainer.model
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad(), trainer.compute_loss_context_manager():
            yield model
    finally:
        model.train(was_training)


def dev_loss(trainer: Any, examples: Sequence[Example | DayExample], collate: Any, batch: int) -> float | None:
    """Mean negative log-likelihood per answered token in nats over held-out examples, or None without any.

    Batches are of like length and weighted by their tokens, so that the figure does not depend on the batch size.
    """
    if not examples:
        return None
    ranked = sorted(examples, key=lambda example: example.size)
    total: float = 0.0
    tokens: float = 0.0
    with _measuring(trainer) as model:
        for start in range(0, len(ranked), batch):
            rows: list[dict[str, Any]] = [row.row() for row in ranked[start : start + batch]]
            inputs = trainer._prepare_inputs(collate(rows))
            count = inputs.get("count") or sum(label != IGNORED for row in rows for label in row["labels"])
            total += float(trainer.compute_loss(model, inputs)) * count
            tokens += count
    return total / tokens


def letters(tokenizer: Any) -> list[int]:
    """The tokens of the four answers of a judge."""
    return [tokenizer(label, add_special_tokens=False)["input_ids"][0] for label in LABELS]


def judge_auc(trainer: Any, days: Sequence[DayExample], tokens: Sequence[int], packed: bool) -> float | None:
    """How well the model tells true lines from others: the area under the ROC curve of the probability of T among the
    four letters, over the judged lines of days that hold nothing else. None without lines of both kinds."""
    truths = [one.answer[0] == tokens[0] for day in days for one in day.questions]
    if len(set(truths)) < 2:
        return None
    chances: list[float] = []
    with _measuring(trainer) as model:
        for day in days:
            chances += _chances(model.get_base_model(), day, tokens, packed)
    return area_under_curve(chances, truths)


def _chances(causal: Any, day: DayExample, tokens: Sequence[int], packed: bool) -> list[float]:
    """The probability of T for each judged line of a day, in order."""
    import torch

    device = next(causal.parameters()).device
    states = []
    if packed:
        row = day.row()
        pack = day_pack(row, question_spans(row))
        pack = {key: value.to(device) if hasattr(value, "to") else value for key, value in pack.items()}
        with torch.autocast(device.type, enabled=False):
            states.append(states_of(causal, **pack))
    else:
        for one in day.questions:
            ids = torch.tensor([day.head + one.asked], device=device)
            states.append(causal.model(input_ids=ids, use_cache=False).last_hidden_state[0, -1:])
    head = causal.get_output_embeddings()
    found: list[float] = []
    together: Any = torch.cat(states)
    for part in together.split(MOST_LETTERS):
        logits = head(part.to(head.weight.dtype)).float()[:, list(tokens)]
        found += torch.softmax(logits, -1)[:, 0].tolist()
    return found
