"""The loss of a run on a CPU, where TRL's fused head (a Triton kernel) cannot run.

Same formula as TRL's: the sum of the negative log-likelihoods of the labelled tokens, divided by their number in the
whole optimizer step. Only labelled positions pass the head, which saves most of its time: a report is a quarter of a
row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BLOCK = 256
"""Positions that pass the head at a time: 256 × 152,064 float32 logits are 156 MB."""


def report_loss(hidden: Any, labels: Any, head: Any, count: Any = None) -> Any:
    """Given hidden states (batch, length, width), labels (batch, length) with -100 for ignored, the output head and the
    number of labelled tokens to divide by (default: those of this batch), return the loss as a scalar tensor."""
    import torch

    targets = labels[:, 1:]
    mask = targets != -100
    divisor = mask.sum() if count is None else torch.as_tensor(count)
    return summed_loss(hidden[:, :-1][mask], targets[mask], head) / divisor.clamp(min=1)


def states_of(causal: Any, input_ids: Any, position_ids: Any, places: Any, segments: Sequence[int], **_: Any) -> Any:
    """The last hidden states (places, width) of a pack at its places, from a model whose attention knows packs
    (``training.model.lean``)."""
    inner = causal.model(input_ids=input_ids, position_ids=position_ids, use_cache=False, segments=list(segments))
    return inner.last_hidden_state[0].index_select(0, places)


def summed_loss(states: Any, targets: Any, head: Any, weights: Any = None) -> Any:
    """Given states (tokens, width) and the tokens they should predict (tokens,), return the sum of the negative
    log-likelihoods in nats, each times its weight (tokens,) if there are any, as a scalar tensor."""
    import torch
    from torch.utils.checkpoint import checkpoint

    def block(part: Any, wanted: Any, counts: Any) -> Any:
        if counts is None:
            return torch.nn.functional.cross_entropy(head(part).float(), wanted, reduction="sum")
        return (torch.nn.functional.cross_entropy(head(part).float(), wanted, reduction="none") * counts).sum()

    total = states.sum() * 0.0
    for start in range(0, len(targets), BLOCK):
        part, wanted = states[start : start + BLOCK], targets[start : start + BLOCK]
        counts = None if weights is None else weights[start : start + BLOCK]
        total = total + checkpoint(block, part, wanted, counts, use_reentrant=False, preserve_rng_state=False)
    return total


def cpu_trainer(trainer: type) -> type:
    """Given TRL's ``SFTTrainer``, return it with ``report_loss`` in place of the fused head."""

    class CpuTrainer(trainer):  # type: ignore[misc]
        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            plain = model.get_base_model()
            outputs = plain.base_model(
                input_ids=inputs["input_ids"], position_ids=inputs["position_ids"], use_cache=False
            )
            loss = report_loss(
                outputs.last_hidden_state, inputs["labels"], plain.get_output_embeddings(), num_items_in_batch
            )
            return (loss, outputs) if return_outputs else loss

    return CpuTrainer
