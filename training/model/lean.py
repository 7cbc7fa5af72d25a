"""A lean model for training: what a LoRA run needs of transformers' model, with less memory and fewer kernels.

Changes nothing that is computed: packs with one shared beginning (``training.pairs.packs``), a LoRA layer as one
function, norms and the gated product without float32 copies, the output head at labelled positions only, as much
recomputing as the memory asks for, and an input embedding that may lie in CPU memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from daemon.engines.host_embedding import HostEmbedding
from training.model.branches import branch_attention
from training.model.loss import states_of, summed_loss
from training.pairs.packs import segment_attention

ATTENTION = "nippo_segments"
GIB = 2**30
RESERVE = 2.5 * GIB
"""Beside weights and kept activations: optimizer, gradients, the head's logits, one layer's working set."""


class LoraFunction(torch.autograd.Function):
    """``x Wᵀ + b + scale · (x Aᵀ) Bᵀ`` with a frozen W, which may be quantised; keeps x and x Aᵀ for the way back."""

    @staticmethod
    def forward(ctx: Any, x: Any, first: Any, second: Any, scale: float, base: Any) -> Any:
        flat = x.reshape(-1, x.shape[-1])
        a, b = first.to(flat.dtype), second.to(flat.dtype)
        bias = None if base.bias is None else base.bias.to(flat.dtype)
        inner = flat @ a.t()
        out = torch.nn.functional.linear(flat, whole_weight(base, flat.dtype), bias)
        out.addmm_(inner, b.t(), alpha=scale)
        ctx.save_for_backward(flat, inner, first, second)
        ctx.base, ctx.scale, ctx.shape = base, scale, x.shape
        return out.view(*x.shape[:-1], out.shape[-1])

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        flat, inner, first, second = ctx.saved_tensors
        grad = grad.reshape(-1, grad.shape[-1]).to(flat.dtype)
        a, b = first.to(flat.dtype), second.to(flat.dtype)
        outer = (grad @ b).mul_(ctx.scale)
        below = None
        if ctx.needs_input_grad[0]:
            below = grad @ whole_weight(ctx.base, flat.dtype)
            below.addmm_(outer, a)
            below = below.view(ctx.shape)
        return (
            below,
            (outer.t() @ flat).to(first.dtype),
            (grad.t() @ inner).mul_(ctx.scale).to(second.dtype),
            None,
            None,
        )


def whole_weight(base: Any, dtype: torch.dtype) -> Any:
    """The weight (out, in) of a linear layer, dequantised where it is a bitsandbytes 4-bit one."""
    state = getattr(base.weight, "quant_state", None)
    if state is None:
        return base.weight.to(dtype)
    from bitsandbytes.functional import dequantize_4bit

    return dequantize_4bit(base.weight.data, state).to(dtype)


class GatedFunction(torch.autograd.Function):
    """``silu(gate) · up``, keeping only gate and up."""

    @staticmethod
    def forward(ctx: Any, gate: Any, up: Any) -> Any:
        ctx.save_for_backward(gate, up)
        return torch.nn.functional.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        gate, up = ctx.saved_tensors
        active = torch.nn.functional.silu(gate)
        above = torch.ops.aten.silu_backward(grad * up, gate)
        return above, active.mul_(grad)


@dataclass(frozen=True)
class Memory:
    """``kept``: layers, counted from the output, that keep their activations; the others compute them twice.
    ``offload``: what those keep, and the input embedding, lie in CPU memory."""

    kept: int
    offload: bool


def plan_memory(free: float, tokens: int, hidden: int, intermediate: int, layers: int, size: int = 2) -> Memory:
    """Given free bytes beside the weights, the tokens that pass at once, the model's shape and the bytes of a number
    (activations in 16 bit: 2), return the plan. Pure.

    A layer keeps about 11 vectors of the hidden width (residuals, norms, queries, keys, values, packed copies) and 4 of
    the intermediate one for each token; a recomputed layer keeps one of the hidden width.
    """
    room = free - RESERVE - tokens * size * hidden * layers
    kept = int(room // (tokens * size * (11 * hidden + 4 * intermediate)))
    return Memory(min(max(kept, 0), layers), offload=kept <= 0)


def recompute(offload: bool) -> Any:
    """The checkpointing function of a layer; with ``offload`` the layer's input waits in pinned CPU memory."""

    def run(layer: Any, *inputs: Any) -> Any:
        if not offload:
            return checkpoint(layer, *inputs, use_reentrant=False, preserve_rng_state=False)
        with torch.autograd.graph.saved_tensors_hooks(_to_host, _from_host):
            return checkpoint(layer, *inputs, use_reentrant=False, preserve_rng_state=False)

    return run


def _to_host(tensor: torch.Tensor) -> tuple[torch.device, torch.Tensor]:
    if not tensor.is_cuda:
        return tensor.device, tensor
    kept = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    kept.copy_(tensor, non_blocking=True)
    return tensor.device, kept


def _from_host(packed: tuple[torch.device, torch.Tensor]) -> torch.Tensor:
    return packed[1].to(packed[0], non_blocking=True)


def pack_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float | None = None,
    segments: Sequence[int] = (),
    **_: Any,
) -> tuple[Any, None]:
    """``branch_attention`` where the beginning is longer than what branches off it, else ``segment_attention``."""
    if len(segments) > 2 and segments[0] >= max(segments[1:]):
        return branch_attention(query, key, value, scaling, segments).transpose(1, 2), None
    return segment_attention(module, query, key, value, attention_mask, scaling, segments)


def slim(model: Any, memory: Memory) -> None:
    """Change a PEFT model in place, once TRL's trainer holds it. Its forward then takes packs and returns the loss."""
    from transformers import AttentionInterface

    AttentionInterface.register(ATTENTION, pack_attention)
    causal = model.get_base_model()
    causal.config._attn_implementation = ATTENTION
    body = causal.model
    for layer in body.layers[: len(body.layers) - memory.kept]:
        layer.gradient_checkpointing = True
        layer._gradient_checkpointing_func = recompute(memory.offload)
    for module in body.modules():
        if hasattr(module, "lora_A") and hasattr(module, "get_base_layer"):
            module.forward = _lora_forward(module)
        elif hasattr(module, "variance_epsilon"):
            module.forward = _norm_forward(module)
        elif hasattr(module, "act_fn") and hasattr(module, "gate_proj"):
            module.forward = _gated_forward(module)
    table = body.embed_tokens
    on_device = isinstance(table, torch.nn.Embedding)
    if memory.offload and on_device and causal.get_output_embeddings().weight is not table.weight:
        body.embed_tokens = HostEmbedding(table)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()  # TRL casts those of a quantised model to bfloat16
    causal.forward = _loss_forward(causal)


def _lora_forward(module: Any) -> Any:
    def forward(x: Any, *_: Any, **__: Any) -> Any:
        base = module.get_base_layer()
        if module.disable_adapters:
            return torch.nn.functional.linear(x, whole_weight(base, x.dtype), base.bias)
        (name,) = module.active_adapters
        first, second = module.lora_A[name].weight, module.lora_B[name].weight
        return LoraFunction.apply(x, first, second, module.scaling[name], base)  # type: ignore[no-untyped-call]

    return forward


def _norm_forward(module: Any) -> Any:
    def forward(x: Any) -> Any:
        return torch.nn.functional.rms_norm(x, x.shape[-1:], module.weight.to(x.dtype), module.variance_epsilon)

    return forward


def _gated_forward(module: Any) -> Any:
    def forward(x: Any) -> Any:
        gated = GatedFunction.apply(module.gate_proj(x), module.up_proj(x))  # type: ignore[no-untyped-call]
        return module.down_proj(gated)

    return forward


def _loss_forward(causal: Any) -> Any:
    head = causal.get_output_embeddings()

    def forward(
        input_ids: Any,
        position_ids: Any,
        places: Any,
        targets: Any,
        segments: Sequence[int],
        count: Any,
        weights: Any = None,
        **_: Any,
    ) -> Any:
        with torch.autocast(input_ids.device.type, enabled=False):  # every weight has its type; autocast would widen
            states = states_of(causal, input_ids, position_ids, places, segments)
            loss = summed_loss(states, targets, head, weights) / count
        return SimpleOutput(loss=loss)

    return forward


class SimpleOutput(dict[str, Any]):
    """A mapping with the loss, which wrappers of the forward pass hand through."""

    @property
    def loss(self) -> Any:
        return self["loss"]


def lean_trainer(trainer: type) -> type:
    """Given TRL's ``SFTTrainer``, return it with a step over packs: one backward pass for each, one exchange between
    processes, every pack divided by the labels of the whole step."""

    class LeanTrainer(trainer):  # type: ignore[misc]
        def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
            model.train()
            inputs = self._prepare_inputs(inputs)
            count: Any = inputs["count"]
            if self.accelerator.num_processes > 1:
                everywhere = torch.tensor(float(count), device=self.args.device)
                count = self.accelerator.reduce(everywhere, "mean")  # gradients are averaged over the processes
            total: Any = 0.0
            for number, part in enumerate(inputs["packs"], 1):
                last = number == len(inputs["packs"])
                with nullcontext() if last else self.accelerator.no_sync(model):
                    loss = model(**part, count=count)["loss"]
                    self.accelerator.backward(loss)
                total = total + loss.detach()
            return total

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            count = inputs["count"] if num_items_in_batch is None else num_items_in_batch
            loss = sum(model(**part, count=count)["loss"] for part in inputs["packs"])
            return (loss, SimpleNamespace(loss=loss)) if return_outputs else loss

    return LeanTrainer
