"""A PEFT LoRA as a GGUF LoRA: llama.cpp with it answers as with the merged weights."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from daemon.engines.llamacpp import LlamaCpp, LlamaCppSettings
from daemon.engines.protocol import ModelIdentity
from daemon.errors import ModelMissing
from daemon.versions.gguf_twin import FILLED, ROWS, adapter_hash, gguf_twin, read_safetensors, to_gguf
from tests.tiny_model import LAYERS, TinyModel, random_weights, vocabulary, write_gguf

RANK, ALPHA = 4, 8
MODULES = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
           "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")  # fmt: skip
PROMPT = "<|im_start|>user\n日記です。the Javaのテスト<|im_end|>\n<|im_start|>assistant\n"


def make_adapter(folder: Path, dtype: str = "float32", **changes: object) -> dict[str, np.ndarray[Any, Any]]:
    """Write a random PEFT LoRA of the tiny model and return its tensors as they were meant."""
    rng = np.random.default_rng(3)
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    for name, weight in random_weights(7).items():
        module = name.removesuffix(".weight")
        if module.endswith(MODULES) and not name.endswith("bias"):
            out, size = weight.shape
            for side, shape in (("A", (RANK, size)), ("B", (out, RANK))):
                value = rng.normal(0, 0.2, shape).astype(np.float32)
                tensors[f"base_model.model.{module}.lora_{side}.weight"] = value
    folder.mkdir(parents=True, exist_ok=True)
    if dtype == "bfloat16":
        tensors = {name: bf16(value) for name, value in tensors.items()}
        write_bf16(folder / "adapter_model.safetensors", tensors)
    else:
        save_file({name: value.astype(dtype) for name, value in tensors.items()}, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "base_model_name_or_path": "starter", **changes}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return tensors


def bf16(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (value.view(np.uint32) & 0xFFFF0000).view(np.float32)


def write_bf16(file: Path, tensors: dict[str, np.ndarray[Any, Any]]) -> None:
    header, data = {}, b""
    for name, value in tensors.items():
        raw = (value.view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": value.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    file.write_bytes(struct.pack("<Q", len(head)) + head + data)


def merged_model(folder: Path, tensors: dict[str, np.ndarray[Any, Any]], scale: float) -> Path:
    weights = random_weights(7)
    for name in list(weights):
        key = f"base_model.model.{name.removesuffix('.weight')}"
        if f"{key}.lora_A.weight" in tensors:
            weights[name] = weights[name] + scale * (tensors[f"{key}.lora_B.weight"] @ tensors[f"{key}.lora_A.weight"])
    target = folder / "merged.gguf"
    write_gguf(target, weights, *vocabulary())
    return target


def top_logprobs(model: Path, adapter: Path | None) -> dict[int, float]:
    engine = LlamaCpp(model, adapter, ModelIdentity("v", "tiny", "llamacpp"), LlamaCppSettings(1024, threads=1))
    request = {"prompt": PROMPT, "max_tokens": 1, "temperature": 0, "logprobs": 12}
    answer = engine._server.handle_completions(request)
    engine.close()
    tops = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    return {entry["id"]: entry["logprob"] for entry in tops}


@pytest.mark.parametrize(
    ("dtype", "changes", "scale"),
    [
        ("float32", {}, ALPHA / RANK),
        ("float16", {}, ALPHA / RANK),
        ("bfloat16", {}, ALPHA / RANK),
        ("float32", {"use_rslora": True}, ALPHA / RANK**0.5),
    ],
)
def test_llama_cpp_with_the_twin_answers_as_with_merged_weights(
    tiny: TinyModel, tmp_path: Path, dtype: str, changes: dict[str, object], scale: float
) -> None:
    tensors = make_adapter(tmp_path / "adapter", dtype, **changes)
    twin = gguf_twin(tmp_path / "adapter", tmp_path / "cache")
    found = top_logprobs(tiny.gguf, twin)
    merged = top_logprobs(merged_model(tmp_path, tensors, scale), None)
    bare = top_logprobs(tiny.gguf, None)
    shared = found.keys() & merged.keys()
    assert len(shared) >= 10
    assert max(abs(found[token] - merged[token]) for token in shared) < 0.02
    assert max(abs(found.get(token, -99) - bare[token]) for token in bare) > 0.5


def test_the_file_says_what_llama_cpp_wants(tmp_path: Path) -> None:
    make_adapter(tmp_path / "adapter")
    to_gguf(tmp_path / "adapter", tmp_path / "twin.gguf")
    reader = gguf.GGUFReader(tmp_path / "twin.gguf")
    values = {name: field.contents() for name, field in reader.fields.items()}
    assert values["general.type"] == "adapter"
    assert values["adapter.type"] == "lora"
    assert values["adapter.lora.alpha"] / ROWS == ALPHA / RANK
    assert values["general.architecture"] == "qwen2"
    assert len(reader.tensors) == LAYERS * len(MODULES) * 2
    by_name = {tensor.name: tensor for tensor in reader.tensors}
    down = by_name["blk.1.ffn_down.weight.lora_a"]
    assert (list(down.shape), down.tensor_type.name) == ([128, ROWS], "F16")


@pytest.mark.parametrize(("rank", "rows"), [(1, 32), (32, 32), (40, 64)])
def test_the_rank_is_filled_up_with_zeros_to_whole_steps_of_32(tmp_path: Path, rank: int, rows: int) -> None:
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
    sides = {"A": np.full((rank, 8), 2, np.float32), "B": np.full((12, rank), 3, np.float32)}
    (tmp_path / "adapter").mkdir()
    save_file(
        {name.format(side): value for side, value in sides.items()}, tmp_path / "adapter" / "adapter_model.safetensors"
    )
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "base_model_name_or_path": "starter"}
    (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps(config))
    to_gguf(tmp_path / "adapter", tmp_path / "twin.gguf")
    reader = gguf.GGUFReader(tmp_path / "twin.gguf")
    a, b = (np.array(tensor.data, np.float32) for tensor in reader.tensors)
    assert (a.shape, b.shape) == ((rows, 8), (12, rows))
    assert (b @ a == 6 * rank).all()
    assert reader.fields["adapter.lora.alpha"].contents() / rows == 2


def older(twin: Path) -> None:
    """What was written before ranks were filled up: no such key in it."""
    content = twin.read_bytes()
    assert FILLED.encode() in content
    twin.write_bytes(content.replace(FILLED.encode(), FILLED.encode().swapcase()))


def test_a_version_with_a_twin_of_the_older_kind_is_given_a_new_one_and_left_alone(tmp_path: Path) -> None:
    adapter, cache = tmp_path / "adapter", tmp_path / "cache"
    make_adapter(adapter)
    to_gguf(adapter, adapter / "adapter.gguf")
    older(adapter / "adapter.gguf")
    before = (adapter / "adapter.gguf").read_bytes()
    twin = gguf_twin(adapter, cache)
    assert twin.parent == cache / "adapters"
    assert FILLED.encode() in twin.read_bytes()
    assert (adapter / "adapter.gguf").read_bytes() == before
    (adapter / "adapter_model.safetensors").unlink()
    assert gguf_twin(adapter, cache) == adapter / "adapter.gguf"


def test_the_cached_twin_of_the_older_kind_goes_when_the_new_one_is_there(tmp_path: Path) -> None:
    make_adapter(tmp_path / "adapter")
    adapters = tmp_path / "cache" / "adapters"
    adapters.mkdir(parents=True)
    (adapters / f"{adapter_hash(tmp_path / 'adapter')}.gguf").write_bytes(b"GGUF of old")
    twin = gguf_twin(tmp_path / "adapter", tmp_path / "cache")
    assert list(adapters.iterdir()) == [twin]


def test_a_twin_is_made_once_and_again_for_other_weights(tmp_path: Path) -> None:
    make_adapter(tmp_path / "adapter")
    first = gguf_twin(tmp_path / "adapter", tmp_path / "cache")
    made = first.stat().st_mtime_ns
    assert gguf_twin(tmp_path / "adapter", tmp_path / "cache").stat().st_mtime_ns == made
    assert adapter_hash(tmp_path / "adapter") in first.name
    make_adapter(tmp_path / "adapter", "float16")
    assert gguf_twin(tmp_path / "adapter", tmp_path / "cache") != first


def test_a_gguf_adapter_and_a_shipped_twin_are_used_as_they_are(tmp_path: Path) -> None:
    make_adapter(tmp_path / "adapter")
    shipped = tmp_path / "adapter" / "adapter.gguf"
    to_gguf(tmp_path / "adapter", shipped)
    assert gguf_twin(tmp_path / "adapter", tmp_path / "cache") == shipped
    assert gguf_twin(shipped, tmp_path / "cache") == shipped
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "changes",
    [{"use_dora": True}, {"bias": "all"}, {"modules_to_save": ["lm_head"]}, {"rank_pattern": {"q_proj": 8}},
     {"peft_type": "IA3"}, {"r": "four"}, {"base_model_name_or_path": "meta/Llama-3"}],
)  # fmt: skip
def test_what_a_gguf_lora_cannot_say_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    make_adapter(tmp_path / "adapter", **changes)
    with pytest.raises(ModelMissing):
        gguf_twin(tmp_path / "adapter", tmp_path / "cache")
    assert not list((tmp_path / "cache" / "adapters").iterdir())


def test_an_architecture_with_permuted_rows_is_refused(tmp_path: Path) -> None:
    make_adapter(tmp_path / "adapter")
    with pytest.raises(ModelMissing, match="llama"):
        gguf_twin(tmp_path / "adapter", tmp_path / "cache", "llama")


def test_an_embedding_in_the_adapter_is_refused_not_dropped(tmp_path: Path) -> None:
    tensors = make_adapter(tmp_path / "adapter")
    odd = np.zeros((RANK, 8), np.float32)
    save_file(
        {**tensors, "base_model.model.model.embed_tokens.lora_embedding_A": odd},
        tmp_path / "adapter" / "adapter_model.safetensors",
    )
    with pytest.raises(ModelMissing, match="embed_tokens"):
        gguf_twin(tmp_path / "adapter", tmp_path / "cache")


def test_half_an_adapter_is_refused(tmp_path: Path) -> None:
    tensors = make_adapter(tmp_path / "adapter")
    half = {name: value for name, value in tensors.items() if "lora_A" in name}
    save_file(half, tmp_path / "adapter" / "adapter_model.safetensors")
    with pytest.raises(ModelMissing, match="missing"):
        gguf_twin(tmp_path / "adapter", tmp_path / "cache")


def test_numbers_that_float16_cannot_hold_are_refused(tmp_path: Path) -> None:
    tensors = make_adapter(tmp_path / "adapter")
    first = next(iter(tensors))
    for bad in (1e6, np.nan, np.inf):
        save_file({**tensors, first: tensors[first] * 0 + bad}, tmp_path / "adapter" / "adapter_model.safetensors")
        with pytest.raises(ModelMissing, match="float16"):
            gguf_twin(tmp_path / "adapter", tmp_path / "cache")


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, struct.pack("<Q", 4) + b"nope", struct.pack("<Q", 2) + b"[]"])
def test_a_damaged_weights_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "adapter_model.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelMissing, match="adapter_model"):
        read_safetensors(file)
