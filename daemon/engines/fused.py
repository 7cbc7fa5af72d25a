"""Layers rewritten for single tokens: the same numbers from fewer kernels. The weights stay as they are.

Only ``daemon.engines.transformers`` imports this module, inside functions: it needs torch at import.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from daemon.engines.nf4 import quicken

RMS_NORMS = frozenset({"Qwen2RMSNorm", "Qwen3RMSNorm", "LlamaRMSNorm", "MistralRMSNorm"})
"""Norms whose scale is the weight itself; Gemma's, for one, is 1 + weight."""


class Adapted(nn.Module):
    """A linear layer and its LoRA: ``base(x) + x A' B'``, with the scaling already in B.

    peft copies the base's answer, changes number formats and scales in kernels of their own; here a token costs two
    small products more than the bare base. The base's 4-bit weights are not touched.
    """

    def __init__(self, base: nn.Module, down: Tensor, up: Tensor) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(down, requires_grad=False)
        self.up = nn.Parameter(up, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.base(x)
        low = nn.functional.linear(x.reshape(-1, x.shape[-1]), self.down)
        output.view(-1, output.shape[-1]).addmm_(low, self.up.t())
        return output


class Norm(nn.Module):
    """Root mean square norm in one kernel."""

    def __init__(self, weight: nn.Parameter, epsilon: float) -> None:
        super().__init__()
        self.weight, self.epsilon = weight, epsilon

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.rms_norm(x, (x.shape[-1],), self.weight, self.epsilon)


def fuse(model: Any) -> Any:
    """Given a model, or a peft model around it, return the model itself with its LoRA layers and norms rewritten, and
    on a GPU its 4-bit layers read by ``nf4``'s kernel.

    A LoRA layer that is more than ``base + scaling * B A`` (DoRA, several adapters, a bias, embeddings) keeps peft's
    own forward.
    """
    inner = model.get_base_model() if hasattr(model, "peft_config") else model
    dtype = inner.get_input_embeddings().weight.dtype
    for parent in list(inner.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__ in RMS_NORMS:
                setattr(parent, name, Norm(child.weight, child.variance_epsilon))
            elif _is_plain(child):
                (active,) = child.active_adapters
                down = child.lora_A[active].weight.detach().to(dtype)
                up = (child.lora_B[active].weight.detach() * child.scaling[active]).to(dtype)
                setattr(parent, name, Adapted(child.base_layer, down, up))
    quicken(inner, dtype)
    return inner.eval()


def _is_plain(layer: Any) -> bool:
    if not all(hasattr(layer, name) for name in ("base_layer", "lora_A", "lora_B", "active_adapters")):
        return False
    active = list(layer.active_adapters)
    if len(active) != 1 or active[0] not in layer.lora_A or layer.merged or layer.disable_adapters:
        return False
    pair = (layer.lora_A[active[0]], layer.lora_B[active[0]])
    plain = all(isinstance(part, nn.Linear) and part.bias is None for part in pair)
    return plain and active[0] not in getattr(layer, "lora_variant", {})
