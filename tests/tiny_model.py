"""A tiny random Qwen2 model made on the spot, so that tests of real engines need no download.

Both forms hold the same weights and the same byte-level tokenizer: a Hugging Face folder and a float32 GGUF file. Only
numpy, ``gguf`` and ``safetensors`` are needed; torch and transformers are not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import save_file

HIDDEN, LAYERS, HEADS, KV_HEADS, INTERMEDIATE, CONTEXT = 64, 2, 4, 2, 128, 4096
HEAD_SIZE = HIDDEN // HEADS
ROPE_BASE, EPSILON = 1_000_000.0, 1e-6
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen2's own pre-tokenizer, as its tokenizer.json gives it; llama.cpp calls it ``qwen2``."""

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@dataclass(frozen=True)
class TinyModel:
    """The two forms of one model: ``hf`` is a folder, ``gguf`` a file."""

    hf: Path
    gguf: Path


def make_tiny_model(folder: Path, seed: int = 7) -> TinyModel:
    """Write ``folder/hf/`` and ``folder/tiny.gguf``; the folder may be new. Equal seeds give equal weights."""
    hf, target = folder / "hf", folder / "tiny.gguf"
    hf.mkdir(parents=True, exist_ok=True)
    weights = random_weights(seed)
    tokens, merges = vocabulary()
    write_hf(hf, weights, tokens, merges)
    write_gguf(target, weights, tokens, merges)
    return TinyModel(hf, target)


def byte_letters() -> list[str]:
    """The 256 letters of byte-level BPE (GPT-2's ``bytes_to_unicode``), in byte order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters, spare = [], 256
    for byte in range(256):
        if byte in printable:
            letters.append(chr(byte))
        else:
            letters.append(chr(spare))
            spare += 1
    return letters


def vocabulary() -> tuple[list[str], list[str]]:
    """All tokens in id order (bytes, a few merged pairs, the special ones), and the merges."""
    letters = byte_letters()
    kana = sorted({"".join(letters[byte] for byte in chr(code).encode()[:2]) for code in range(0x3041, 0x30FF)})
    pairs = [(pair[0], pair[1]) for pair in kana] + [("t", "h"), ("i", "n"), ("e", "r"), ("th", "e")]
    return [*letters, *(left + right for left, right in pairs), *SPECIAL], [f"{left} {right}" for left, right in pairs]


def random_weights(seed: int) -> dict[str, np.ndarray]:
    """Float32 weights under their Hugging Face names; large enough that the most likely token is a clear one."""
    rng = np.random.default_rng(seed)
    tokens, _ = vocabulary()

    def normal(*shape: int, scale: float = 0.15) -> np.ndarray:
        return rng.normal(0.0, scale, shape).astype(np.float32)

    weights = {
        "model.embed_tokens.weight": normal(len(tokens), HIDDEN, scale=0.5),
        "model.norm.weight": np.ones(HIDDEN, np.float32),
    }
    for layer in range(LAYERS):
        name = f"model.layers.{layer}"
        weights[f"{name}.input_layernorm.weight"] = np.ones(HIDDEN, np.float32)
        weights[f"{name}.post_attention_layernorm.weight"] = np.ones(HIDDEN, np.float32)
        for projection, heads in (("q_proj", HEADS), ("k_proj", KV_HEADS), ("v_proj", KV_HEADS)):
            weights[f"{name}.self_attn.{projection}.weight"] = normal(heads * HEAD_SIZE, HIDDEN)
            weights[f"{name}.self_attn.{projection}.bias"] = normal(heads * HEAD_SIZE)
        weights[f"{name}.self_attn.o_proj.weight"] = normal(HIDDEN, HEADS * HEAD_SIZE)
        weights[f"{name}.mlp.gate_proj.weight"] = normal(INTERMEDIATE, HIDDEN)
        weights[f"{name}.mlp.up_proj.weight"] = normal(INTERMEDIATE, HIDDEN)
        weights[f"{name}.mlp.down_proj.weight"] = normal(HIDDEN, INTERMEDIATE)
    return weights


def write_hf(folder: Path, weights: dict[str, np.ndarray], tokens: list[str], merges: list[str]) -> None:
    end = tokens.index("<|im_end|>")
    config = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": len(tokens),
        "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": EPSILON,
        "rope_theta": ROPE_BASE,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": tokens.index("<|endoftext|>"),
        "eos_token_id": end,
        "torch_dtype": "float32",
    }
    special = [
        {
            "id": tokens.index(text),
            "content": text,
            "special": True,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
        }
        for text in SPECIAL
    ]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
            ],
        },
        "post_processor": {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": False,
            "use_regex": False,
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(tokens) if token not in SPECIAL},
            "merges": [merge.split(" ") for merge in merges],
        },
    }
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "bos_token": None,
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    generation = {"eos_token_id": [end], "pad_token_id": tokens.index("<|endoftext|>"), "do_sample": False}
    for name, content in (
        ("config.json", config),
        ("tokenizer.json", tokenizer),
        ("tokenizer_config.json", tokenizer_config),
        ("generation_config.json", generation),
    ):
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


GGUF_NAMES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name: str) -> str:
    """The GGUF name of a tensor, given its Hugging Face name."""
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    _, _, layer, rest = name.split(".", 3)
    module, _, kind = rest.rpartition(".")
    return f"blk.{layer}.{GGUF_NAMES[module]}.{kind}"


def write_gguf(target: Path, weights: dict[str, np.ndarray], tokens: list[str], merges: list[str]) -> None:
    writer = gguf.GGUFWriter(target, "qwen2")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
    for name, value in weights.items():
        writer.add_tensor(gguf_name(name), value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
