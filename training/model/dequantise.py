"""A GGUF model of the Qwen2 family becomes a Hugging Face folder, once, and is kept under its hash.

Guarantees: the folder appears under its final name only when complete, and holds the weights that llama.cpp computes
with, rounded to bfloat16. transformers' own ``gguf_file=`` gives the same weights in about twice the time.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

from daemon.errors import ModelMissing
from daemon.system.hashes import known_hash
from daemon.words import tr

RECORD = "nippo-base.json"
"""Written last; says which file the folder was made of."""

PARTS = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
WHOLE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
SHARD_BYTES = 1_000_000_000
BLOCK_ELEMENTS = 4_000_000
"""Dequantised at a time: the float32 intermediates of a whole embedding would take several GB."""

Report = Callable[[str], None]


def dequantised(file: Path, cache: Path, report: Report = lambda _: None) -> Path:
    """Given a GGUF file and the cache folder, return its Hugging Face folder, made now or found there.

    ``report`` hears what takes time. Raises ``ModelMissing`` for a file that is not a GGUF of a known architecture.
    """
    digest = known_hash(file)
    target = cache / "dequantised" / digest[:16]
    if (target / RECORD).is_file():
        return target
    report(f"dequantising {file.name} (once)")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    write_folder(file, partial)
    (partial / RECORD).write_text(json.dumps({"file": file.name, "sha256": digest}, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return target


def write_folder(file: Path, folder: Path) -> None:
    """Write config, tokenizer and weights of a GGUF file into an existing folder."""
    import gguf

    try:
        reader = gguf.GGUFReader(file)
    except (ValueError, OSError) as problem:
        raise ModelMissing(
            tr("{file}: not a GGUF file ({problem})", file=file, problem=problem), tr("Fetch the model again.")
        ) from None
    architecture = _value(reader, "general.architecture")
    if architecture != "qwen2":
        raise ModelMissing(
            tr(
                "{file}: architecture {architecture!r} cannot be dequantised here", file=file, architecture=architecture
            ),
            tr("Name a Hugging Face folder of the model in `training.base` instead."),
        )
    names = {tensor.name for tensor in reader.tensors}
    write_tokenizer(file, reader, folder)
    config = model_config(reader, tied="output.weight" not in names)
    _write_json(folder / "config.json", config)
    generation = {key: config[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    _write_json(folder / "generation_config.json", generation)
    write_weights(reader, folder)


def _value(reader: Any, key: str, default: Any = None) -> Any:
    field = reader.get_field(key)
    return default if field is None else field.contents()


def model_config(reader: Any, tied: bool) -> dict[str, Any]:
    """The Hugging Face ``config.json`` of a Qwen2 GGUF."""

    def read(key: str, default: Any = None) -> Any:
        return _value(reader, f"qwen2.{key}", default)

    eos = _value(reader, "tokenizer.ggml.eos_token_id")
    heads = read("attention.head_count")
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": next(int(tensor.shape[1]) for tensor in reader.tensors if tensor.name == "token_embd.weight"),
        "hidden_size": read("embedding_length"),
        "intermediate_size": read("feed_forward_length"),
        "num_hidden_layers": read("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": read("attention.head_count_kv", heads),
        "max_position_embeddings": read("context_length"),
        "rms_norm_eps": float(f"{read('attention.layer_norm_rms_epsilon', 1e-6):.6g}"),  # stored as float32
        "rope_theta": read("rope.freq_base", 10_000.0),
        "hidden_act": "silu",
        "attention_dropout": 0.0,
        "use_sliding_window": False,
        "tie_word_embeddings": tied,
        "bos_token_id": _value(reader, "tokenizer.ggml.bos_token_id", eos),
        "eos_token_id": eos,
        "pad_token_id": _value(reader, "tokenizer.ggml.padding_token_id", eos),
        "dtype": "bfloat16",
        "transformers_version": metadata.version(
            "transformers"
        ),  # without it the tokenizer is taken for an old Mistral
    }


def write_tokenizer(file: Path, reader: Any, folder: Path) -> None:
    """Let transformers convert the tokenizer, and make sure that template, end and padding token are the file's own."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    tokens = reader.get_field("tokenizer.ggml.tokens")
    for name, key in (("eos_token", "eos_token_id"), ("pad_token", "padding_token_id")):
        number = _value(reader, f"tokenizer.ggml.{key}")
        if number is not None:
            setattr(tokenizer, name, bytes(tokens.parts[tokens.data[number]]).decode())
    template = _value(reader, "tokenizer.chat_template")
    if template:
        tokenizer.chat_template = template
    tokenizer.padding_side = "right"
    tokenizer.save_pretrained(folder)


def hf_name(name: str) -> str:
    """The Hugging Face name of a GGUF tensor. Raises KeyError for one that Qwen2 does not have."""
    if name in WHOLE:
        return WHOLE[name]
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{PARTS[part]}.{kind}"


def write_weights(reader: Any, folder: Path) -> None:
    """Dequantise tensor by tensor in a thread pool (numpy frees the interpreter lock) into bfloat16 safetensors.

    Shards of about 1 GB keep the peak memory low; ``model.safetensors.index.json`` lists them.
    """
    from safetensors.torch import save_file

    index: dict[str, str] = {}
    total = 0
    shards = list(_shards(reader.tensors))
    with ThreadPoolExecutor() as pool:
        for number, tensors in enumerate(shards, start=1):
            name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
            weights = dict(
                zip((hf_name(tensor.name) for tensor in tensors), pool.map(_dequantise, tensors), strict=True)
            )
            save_file(weights, folder / name, metadata={"format": "pt"})
            index.update(dict.fromkeys(weights, name))
            total += sum(weight.numel() * 2 for weight in weights.values())
            del weights
    _write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": index})


def _shards(tensors: Any) -> Iterator[list[Any]]:
    shard: list[Any] = []
    size = 0
    for tensor in tensors:
        if shard and size + int(tensor.n_elements) * 2 > SHARD_BYTES:
            yield shard
            shard, size = [], 0
        shard.append(tensor)
        size += int(tensor.n_elements) * 2
    yield shard


def _dequantise(tensor: Any) -> Any:
    """One tensor as bfloat16, in the shape that PyTorch expects (GGUF counts dimensions from the innermost)."""
    import gguf
    import numpy as np
    import torch

    shape = tuple(int(size) for size in reversed(tensor.shape.tolist()))
    data = tensor.data if len(shape) > 1 else tensor.data[None]
    weight = torch.empty((len(data), shape[-1]), dtype=torch.bfloat16)
    rows = max(1, BLOCK_ELEMENTS // shape[-1])
    for start in range(0, len(data), rows):
        values = gguf.dequantize(np.ascontiguousarray(data[start : start + rows]), tensor.tensor_type)
        weight[start : start + rows] = torch.from_numpy(np.array(values, dtype=np.float32))
    return weight.reshape(shape)


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """``python -m training.model.dequantise FILE.gguf CACHE`` prints the folder."""
    print(dequantised(Path(sys.argv[1]), Path(sys.argv[2]), lambda text: print(text, file=sys.stderr)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
