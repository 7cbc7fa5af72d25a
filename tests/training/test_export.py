"""A run becomes a version that every engine reads alike, and that says nothing about this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bench.experiments.average import average, mean_change, truncate
from daemon.errors import TrainingError
from daemon.versions.artifact import ADAPTER, META, TWIN, read_version
from tests.llama_logits import next_logprobs
from tests.tiny_model import TinyModel
from training.export import export_adapter, main
from training.train import main as train_main

PROMPT = "<|im_start|>user\nJavaを学んだ。<|im_end|>\n<|im_start|>assistant\n"
MakePairs = Callable[..., Path]


@pytest.fixture(scope="module")
def run(tiny: TinyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run over the GGUF form of the tiny model, as the process leaves it."""
    from tests.training.conftest import pair

    folder = tmp_path_factory.mktemp("run")
    pairs = folder / "pairs.jsonl"
    pairs.write_text(
        "".join(json.dumps(pair(number), ensure_ascii=False) + "\n" for number in range(4)), encoding="utf-8"
    )
    command = ["--base", str(tiny.hf), "--pairs", str(pairs), "--out", str(folder / "out"), "--steps", "6", "10", "14"]
    command += ["--rank", "4", "--alpha", "8", "--learning-rate", "2e-2", "--accumulation", "1", "--warmup-steps", "0"]
    assert train_main(command) == 0
    return folder / "out"


def logprobs(tiny: TinyModel, adapter: Path) -> np.ndarray[Any, Any]:
    """The next token's log-probabilities by transformers with a PEFT adapter."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny.hf)
    model = AutoModelForCausalLM.from_pretrained(tiny.hf, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, str(adapter)).eval()
    with torch.inference_mode():
        logits = model(torch.tensor([tokenizer(PROMPT, add_special_tokens=False)["input_ids"]])).logits[0, -1]
    return np.asarray(logits.log_softmax(-1).numpy())


def test_both_engines_agree_on_a_trained_adapter(tiny: TinyModel, run: Path, tmp_path: Path) -> None:
    version = tmp_path / "v0.1"
    assert main([str(run), "--out", str(version)]) == 0
    bare, adapted = next_logprobs(tiny.gguf, PROMPT), next_logprobs(tiny.gguf, PROMPT, version / TWIN)
    here = logprobs(tiny, version)
    for token, value in adapted.items():
        assert here[token] == pytest.approx(value, abs=0.05)
    assert max(abs(here[token] - value) for token, value in bare.items()) > 0.5, "the adapter changes next to nothing"


def test_a_version_names_its_base_and_no_path(run: Path, tmp_path: Path) -> None:
    version = tmp_path / "v0.1"
    assert main([str(run), "--out", str(version), "--base", "starter"]) == 0
    meta = read_version(version).meta
    assert (meta.name, meta.base) == ("v0.1", "starter")
    assert meta.pair_ids == ("p-00", "p-01", "p-02", "p-03")
    assert [one["step"] for one in meta.scores["checkpoints"]] == [6, 10, 14]
    for file in (META, "adapter_config.json", "card.md"):
        assert str(run.parent) not in (version / file).read_text(encoding="utf-8")
    assert {weight.dtype for weight in load_file(version / ADAPTER).values()} == {torch.bfloat16}


def test_an_adapter_that_diverged_is_not_exported(run: Path, tmp_path: Path) -> None:
    source = tmp_path / "diverged"
    source.mkdir()
    weights = load_file(run / "checkpoint-6" / ADAPTER)
    weights[next(iter(weights))][0, 0] = float("nan")
    save_file(weights, source / ADAPTER)
    with pytest.raises(TrainingError, match="not finite"):
        export_adapter(source, tmp_path, "starter", "Qwen2ForCausalLM")


def test_the_average_is_that_of_the_weight_changes(tiny: TinyModel, run: Path, tmp_path: Path) -> None:
    checkpoints = [run / f"checkpoint-{step}" for step in (6, 10, 14)]
    whole = average(checkpoints, tmp_path / "whole", rank=12)
    assert whole.kept == pytest.approx(1.0)
    name = "base_model.model.model.layers.0.mlp.up_proj.lora_{}.weight"

    def change(folder: Path) -> torch.Tensor:
        weights = load_file(folder / ADAPTER)
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        return weights[name.format("B")] @ weights[name.format("A")] * (config["lora_alpha"] / config["r"])

    mean = sum(change(folder) for folder in checkpoints) / 3
    torch.testing.assert_close(change(tmp_path / "whole"), mean, rtol=1e-4, atol=1e-5)
    cut = average(checkpoints, tmp_path / "cut")
    assert cut.rank == 4
    assert 0.8 < cut.kept < 1.0
    assert np.isfinite(logprobs(tiny, tmp_path / "cut")).all()


def test_the_cut_is_the_best_of_its_rank() -> None:
    generator = torch.Generator().manual_seed(1)
    parts = [(torch.randn(9, 3, generator=generator), torch.randn(3, 7, generator=generator), 2.0) for _ in range(2)]
    left, right = mean_change(parts)
    matrix = left @ right
    new_left, new_right, kept, whole = truncate(left, right, 2)
    values = torch.linalg.svdvals(matrix)
    torch.testing.assert_close(torch.linalg.svdvals(matrix - new_left @ new_right)[:4], values[2:6])
    assert kept / whole == pytest.approx(float((values[:2] ** 2).sum() / (values**2).sum()))


def test_adapters_of_other_layers_are_not_averaged(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    weights = load_file(run / "checkpoint-6" / ADAPTER)
    save_file({name: value for name, value in weights.items() if "layers.0" in name}, other / ADAPTER)
    (other / "adapter_config.json").write_bytes((run / "checkpoint-6" / "adapter_config.json").read_bytes())
    with pytest.raises(TrainingError, match="same layers"):
        average([run / "checkpoint-6", other], tmp_path / "mean")
