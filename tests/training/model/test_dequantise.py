"""A GGUF model and its Hugging Face folder say the same."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import pytest

from daemon.errors import ModelMissing
from tests.tiny_model import CHAT_TEMPLATE, TinyModel
from training.model.base import resolve_base
from training.model.dequantise import RECORD, dequantised, hf_name

TEXT = "今日はJavaのインターフェースを3時間。defaultメソッド!\n\n  ok"


@pytest.fixture(scope="module")
def folder(tiny: TinyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dequantised(tiny.gguf, tmp_path_factory.mktemp("cache"))


def test_the_tokenizer_is_the_models_own(tiny: TinyModel, folder: Path) -> None:
    from transformers import AutoTokenizer

    made, own = (AutoTokenizer.from_pretrained(path) for path in (folder, tiny.hf))
    assert made(TEXT)["input_ids"] == own(TEXT)["input_ids"]
    assert (made.eos_token, made.pad_token, made.chat_template) == ("<|im_end|>", "<|endoftext|>", CHAT_TEMPLATE)
    assert made.padding_side == "right"


def test_its_logits_are_llama_cpps_within_rounding(tiny: TinyModel, folder: Path) -> None:
    """bfloat16 keeps 8 bits, so weights differ by up to 0.4 %, and log-probabilities by a few hundredths."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tests.llama_logits import next_logprobs

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompt = "<|im_start|>user\nJavaを学んだ。<|im_end|>\n<|im_start|>assistant\n"
    with torch.inference_mode():
        logits = model(torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]])).logits[0, -1]
    here = logits.log_softmax(-1).numpy()
    there = next_logprobs(tiny.gguf, prompt)
    assert len(there) >= 10
    for token, value in there.items():
        assert here[token] == pytest.approx(value, abs=0.1)
    assert int(np.argmax(here)) == max(there, key=lambda token: there[token])


def test_it_is_made_once_and_found_by_content(tiny: TinyModel, folder: Path) -> None:
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    heard: list[str] = []
    assert dequantised(tiny.gguf, folder.parent.parent, heard.append) == folder
    assert heard == []
    base = resolve_base(str(folder))
    assert (base.reference, base.sha256) == ("tiny.gguf", record["sha256"])


def test_a_conversion_that_was_cut_off_is_done_again(tiny: TinyModel, tmp_path: Path) -> None:
    first = dequantised(tiny.gguf, tmp_path)
    (first / RECORD).unlink()
    (first / "config.json").write_text("{", encoding="utf-8")
    assert dequantised(tiny.gguf, tmp_path) == first
    assert json.loads((first / "config.json").read_text(encoding="utf-8"))["model_type"] == "qwen2"


def test_what_is_no_qwen2_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    writer = gguf.GGUFWriter(other, "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelMissing, match="architecture 'llama'"):
        dequantised(other, tmp_path / "cache")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model at all")
    with pytest.raises(ModelMissing, match="not a GGUF file"):
        dequantised(broken, tmp_path / "cache")
    assert not list((tmp_path / "cache" / "dequantised").glob("*[!l]"))


def test_names_of_tensors() -> None:
    assert hf_name("blk.3.attn_output.weight") == "model.layers.3.self_attn.o_proj.weight"
    assert hf_name("blk.0.attn_q.bias") == "model.layers.0.self_attn.q_proj.bias"
    assert hf_name("token_embd.weight") == "model.embed_tokens.weight"
    with pytest.raises(KeyError):
        hf_name("blk.0.attn_q_norm.weight")
