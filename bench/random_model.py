"""A random-weight Qwen2 model of any shape in a folder, for measurements that need no real weights.

The layers are written already quantised, in the layout of the ``-bnb-4bit`` repositories, shard by shard: 10 GB for the
14B shape. The rows of the output head that end an answer are zero, so that greedy decoding never stops.
"""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "vocab.json", "merges.txt")
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True)
class Shape:
    """Qwen2.5-14B unless told otherwise."""

    layers: int = 48
    hidden: int = 5120
    intermediate: int = 13824
    heads: int = 40
    kv_heads: int = 8
    vocabulary: int = 152064
    tied: bool = False
    bits: int = 4

    @property
    def head_width(self) -> int:
        return self.hidden // self.heads

    def sizes(self) -> dict[str, tuple[int, int]]:
        """(out, in) of the seven projections."""
        own, shared = self.heads * self.head_width, self.kv_heads * self.head_width
        return {
            "self_attn.q_proj": (own, self.hidden),
            "self_attn.k_proj": (shared, self.hidden),
            "self_attn.v_proj": (shared, self.hidden),
            "self_attn.o_proj": (self.hidden, own),
            "mlp.gate_proj": (self.intermediate, self.hidden),
            "mlp.up_proj": (self.intermediate, self.hidden),
            "mlp.down_proj": (self.hidden, self.intermediate),
        }


def make_model(folder: Path, shape: Shape, tokenizer: Path, seed: int = 7) -> None:
    """Write the model to ``folder`` and a random adapter to ``folder/adapter``; both are complete once
    ``folder/shape.json`` lies there."""
    import torch
    from safetensors.torch import save_file

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(seed)
    for name in TOKENIZER_FILES:
        if (tokenizer / name).is_file():
            shutil.copyfile(tokenizer / name, folder / name)
    special = json.loads((tokenizer / "config.json").read_text(encoding="utf-8"))
    named = special.get("eos_token_id")
    ends = sorted({*(named if isinstance(named, list) else [named]), *end_tokens(tokenizer)} - {None})
    (folder / "config.json").write_text(json.dumps(config(shape, ends), indent=1), encoding="utf-8")
    generation = {"eos_token_id": ends, "pad_token_id": ends[0], "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation), encoding="utf-8")

    index: dict[str, str] = {}

    def save(name: str, tensors: dict[str, Any]) -> None:
        save_file({key: value.contiguous().cpu() for key, value in tensors.items()}, folder / name, {"format": "pt"})
        index.update(dict.fromkeys(tensors, name))

    def normal(*size: int, scale: float = 0.02) -> Any:
        return torch.empty(size, dtype=torch.bfloat16, device=device).normal_(0.0, scale)

    table = normal(shape.vocabulary, shape.hidden, scale=0.5 if not shape.tied else 0.02)
    ones = torch.ones(shape.hidden, dtype=torch.bfloat16)
    outer = {"model.embed_tokens.weight": table, "model.norm.weight": ones}
    if not shape.tied:
        outer["lm_head.weight"] = normal(shape.vocabulary, shape.hidden)
        outer["lm_head.weight"][ends] = 0.0
    save("outer.safetensors", outer)
    shallow = 0.02 / math.sqrt(2 * shape.layers)
    adapter: dict[str, Any] = {}
    for layer in range(shape.layers):
        tensors = {
            f"model.layers.{layer}.input_layernorm.weight": ones.clone(),
            f"model.layers.{layer}.post_attention_layernorm.weight": ones.clone(),
        }
        for module, size in shape.sizes().items():
            name = f"model.layers.{layer}.{module}"
            scale = shallow if module.endswith(("o_proj", "down_proj")) else 0.02
            tensors.update(stored(f"{name}.weight", normal(*size, scale=scale), shape.bits))
            if module.endswith(("q_proj", "k_proj", "v_proj")):
                tensors[f"{name}.bias"] = normal(size[0])
            adapter[f"base_model.model.{name}.lora_A.weight"] = normal(16, size[1], scale=0.01)
            adapter[f"base_model.model.{name}.lora_B.weight"] = normal(size[0], 16, scale=0.01)
        save(f"layer-{layer:02}.safetensors", tensors)
    listed = {"metadata": {"total_size": 0}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(listed), encoding="utf-8")
    write_adapter(folder, adapter)
    (folder / "shape.json").write_text(json.dumps(asdict(shape)), encoding="utf-8")


def end_tokens(tokenizer: Path) -> set[int]:
    """The ids of the tokens that end an answer or a text, from the tokenizer's own file."""
    added = json.loads((tokenizer / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    return {token["id"] for token in added if token["content"] in ("<|im_end|>", "<|endoftext|>")}


def stored(name: str, weight: Any, bits: int) -> dict[str, Any]:
    """A weight as its tensors on disk: itself with 16 bits, bitsandbytes' NF4 with double quantisation with 4."""
    if bits == 16:
        return {name: weight}
    from bitsandbytes.functional import quantize_4bit

    packed, state = quantize_4bit(weight, blocksize=64, compress_statistics=True, quant_type="nf4")
    return {name: packed, **{f"{name}.{key}": value for key, value in state.as_dict(packed=True).items()}}


def config(shape: Shape, ends: list[int]) -> dict[str, Any]:
    """``config.json`` of the model."""
    values: dict[str, Any] = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": shape.tied,
        "use_sliding_window": False,
        "bos_token_id": None,
        "eos_token_id": ends[-1],
        "torch_dtype": "bfloat16",
    }
    if shape.bits == 4:
        values["quantization_config"] = {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "load_in_8bit": False,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_use_double_quant": True,
            "bnb_4bit_compute_dtype": "bfloat16",
            "bnb_4bit_quant_storage": "uint8",
            "llm_int8_skip_modules": None,
        }
    return values


def write_adapter(folder: Path, tensors: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    target = folder / "adapter"
    target.mkdir()
    save_file({key: value.contiguous().cpu() for key, value in tensors.items()}, target / "adapter_model.safetensors")
    values = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(folder),
        "r": 16,
        "lora_alpha": 16,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": list(PROJECTIONS),
        "inference_mode": True,
    }
    (target / "adapter_config.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
