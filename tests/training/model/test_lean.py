"""The lean loader computes what transformers computes: losses, gradients, whole runs."""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from daemon.engines.host_embedding import HostEmbedding
from daemon.errors import UsageError
from daemon.learning.run_folder import MachinePlan
from tests.tiny_model import TinyModel
from tests.training.conftest import MakePairs, MakeSpec
from training.fitting.fit import lean_memory
from training.fitting.spec import TrainSpec
from training.model.base import base_config, choose_plan, lean_knows, load_model, resolve_base
from training.model.lean import GIB, RESERVE, Memory, plan_memory, slim
from training.pairs.encoding import IGNORED
from training.pairs.packs import PackCollator, in_packs, pack, shared_beginning
from training.train import run


def rows(count: int, beginning: int = 9, seed: int = 5) -> list[dict[str, list[int]]]:
    """Random rows with a common beginning, prompts and reports of unlike lengths."""
    rng = random.Random(seed)
    head = [rng.randrange(3, 250) for _ in range(beginning)]
    found = []
    for _ in range(count):
        prompt = head + [rng.randrange(3, 250) for _ in range(rng.randrange(3, 30))]
        report = [rng.randrange(3, 250) for _ in range(rng.randrange(2, 12))]
        found.append({"input_ids": prompt + report, "labels": [IGNORED] * len(prompt) + report})
    return found


def test_a_pack_holds_the_shared_beginning_once() -> None:
    first = {"input_ids": [1, 2, 3, 10, 11], "labels": [IGNORED] * 4 + [11]}
    second = {"input_ids": [1, 2, 3, 20, 21, 22], "labels": [IGNORED] * 4 + [21, 22]}
    found = pack([first, second])
    assert found["segments"] == [3, 2, 3]
    assert found["input_ids"].tolist() == [[1, 2, 3, 10, 11, 20, 21, 22]]
    assert found["position_ids"].tolist() == [[0, 1, 2, 3, 4, 3, 4, 5]]
    assert found["places"].tolist() == [3, 5, 6] and found["targets"].tolist() == [11, 21, 22]


def test_a_state_that_predicts_a_label_is_never_shared() -> None:
    row = {"input_ids": [1, 2, 3, 4], "labels": [IGNORED, IGNORED, 3, 4]}
    assert shared_beginning([row, dict(row)]) == 1
    assert shared_beginning([row]) == 0


@pytest.mark.parametrize("budget", [40, 64, 200])
def test_packs_keep_to_the_budget_and_lose_no_row(budget: int) -> None:
    many = rows(12)
    packs = in_packs(many, budget)
    assert sorted(id(row) for group in packs for row in group) == sorted(id(row) for row in many)
    for group in packs:
        assert len(group) == 1 or pack(group)["input_ids"].shape[1] <= budget


def test_the_count_is_that_of_all_labels() -> None:
    many = rows(5)
    batch = PackCollator(60)(many)
    assert batch["count"] == sum(label != IGNORED for row in many for label in row["labels"])


def lora_model(tiny: TinyModel, spec: TrainSpec, loader: str) -> Any:
    model, _ = load_model(resolve_base(str(tiny.hf)), spec, MachinePlan("cpu", loader, 16, "float32"))
    torch.manual_seed(1)
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # zero at the start, which would hide the A matrices' gradients
            weight.data.normal_(0, 0.1)
    return model


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("memory", [Memory(2, False), Memory(1, False), Memory(0, True)], ids=["kept", "half", "host"])
@pytest.mark.parametrize("budget", [70, 4096])
def test_packs_give_the_gradients_of_single_rows(
    tiny: TinyModel, make_pairs: MakePairs, make_spec: MakeSpec, memory: Memory, budget: int
) -> None:
    many = rows(4)
    spec = make_spec(make_pairs())
    plain = lora_model(tiny, spec, "plain")
    plain.train()
    count = sum(label != IGNORED for row in many for label in row["labels"])
    expected = 0.0
    for row in many:
        logits = plain(input_ids=torch.tensor([row["input_ids"]])).logits[0, :-1]
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(row["labels"][1:]), reduction="sum") / count
        torch.autograd.backward(loss)
        expected += float(loss.detach())

    lean = lora_model(tiny, spec, "lean")
    slim(lean, memory)
    lean.train()
    batch = PackCollator(budget)(many)
    total = 0.0
    for part in batch["packs"]:
        loss = lean(**part, count=batch["count"])["loss"]
        torch.autograd.backward(loss)
        total += float(loss.detach())

    assert total == pytest.approx(expected, rel=1e-5)
    one, other = gradients(plain), gradients(lean)
    assert one.keys() == other.keys() and len(one) == 2 * 7 * 2
    for name in one:
        assert torch.allclose(one[name], other[name], rtol=1e-3, atol=1e-6), name


def test_a_lean_run_ends_like_a_plain_one(make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    pairs = make_pairs(8, dev=2)
    settings: dict[str, Any] = {"checkpoints": (3, 6), "accumulation": 4}
    plain = run(make_spec(pairs, "plain", loader="plain", **settings))
    lean = run(make_spec(pairs, "lean", loader="lean", **settings))
    for one, other in zip(plain.checkpoints, lean.checkpoints, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-3)
        assert other.dev_loss == pytest.approx(one.dev_loss, rel=1e-3)


def test_a_table_in_cpu_memory_gives_the_same_rows() -> None:
    table = torch.nn.Embedding(11, 4)
    ids = torch.tensor([[3, 10, 3]])
    host = HostEmbedding(table)
    assert torch.equal(host(ids), table(ids))
    assert not list(host.parameters()) and not host.state_dict()


def test_memory_decides_what_is_computed_twice() -> None:
    shape = {"tokens": 4096, "hidden": 5120, "intermediate": 13824, "layers": 48}
    assert plan_memory(70 * GIB, **shape) == Memory(48, offload=False)
    assert plan_memory(3 * GIB, **shape) == Memory(0, offload=True)
    middle = plan_memory(20 * GIB, **shape)
    assert 0 < middle.kept < 48 and not middle.offload
    assert plan_memory(RESERVE, **shape).offload


def test_a_processor_keeps_what_its_free_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The starter in float32, a day of 2,000 tokens: kept whole it took 18 GiB in all on a machine that had them."""
    config = SimpleNamespace(num_hidden_layers=28, hidden_size=1536, intermediate_size=8960)
    model = SimpleNamespace(get_base_model=lambda: SimpleNamespace(config=config))
    plan = SimpleNamespace(device="cpu")

    def kept(gib: float, checkpointing: str = "auto") -> Memory:
        monkeypatch.setattr("training.fitting.fit.psutil.virtual_memory", lambda: SimpleNamespace(available=gib * GIB))
        spec = SimpleNamespace(gradient_checkpointing=checkpointing)
        return lean_memory(model, spec, plan, checkpointing == "on", 2000)

    assert kept(16) == Memory(28, offload=False)
    assert 0 < kept(8).kept < 28 and not kept(8).offload
    assert kept(1) == Memory(0, offload=False)
    assert kept(1, "off") == Memory(28, offload=False) and kept(16, "on") == Memory(0, offload=False)


QWEN = {"model_type": "qwen2", "hidden_act": "silu", "sliding_window": 32768, "use_sliding_window": False}


def test_lean_knows_dense_models_with_full_attention() -> None:
    assert lean_knows(QWEN)
    assert not lean_knows({**QWEN, "model_type": "gemma2"})
    assert not lean_knows({**QWEN, "use_sliding_window": True})
    assert not lean_knows({**QWEN, "layer_types": ["full_attention", "sliding_attention"]})
    assert not lean_knows({})


def test_a_hub_model_is_known_before_its_weights_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else days of a 14B base would be learned question by question, each with the whole diary before it."""
    import huggingface_hub

    asked: list[tuple[str, str]] = []

    def download(reference: str, file: str) -> str:
        asked.append((reference, file))
        if reference.startswith("no/"):
            raise FileNotFoundError(reference)
        (tmp_path / file).write_text(json.dumps(QWEN), encoding="utf-8")
        return str(tmp_path / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert lean_knows(base_config("unsloth/Qwen2.5-14B-Instruct-bnb-4bit"))
    assert base_config("no/such-model") == {} == base_config("no model at all")
    assert asked == [("unsloth/Qwen2.5-14B-Instruct-bnb-4bit", "config.json"), ("no/such-model", "config.json")]


def test_the_loader_follows_the_machine(tiny: TinyModel, make_pairs: MakePairs, make_spec: MakeSpec) -> None:
    spec = make_spec(make_pairs())
    assert lean_knows(base_config(str(tiny.hf))) and lean_knows(base_config("starter"))
    assert choose_plan(spec, cuda=False, unsloth=False, known=True) == MachinePlan("cpu", "plain", 16, "float32")
    assert choose_plan(spec, cuda=True, unsloth=True, known=True) == MachinePlan("cuda", "lean", 4, "bfloat16")
    assert choose_plan(spec, cuda=True, unsloth=True, known=False).loader == "unsloth"
    assert choose_plan(spec, cuda=True, unsloth=False, known=False) == MachinePlan("cuda", "plain", 16, "bfloat16")
    with_dropout = make_spec(make_pairs(), dropout=0.1)
    assert choose_plan(with_dropout, cuda=True, unsloth=True, known=True).loader == "unsloth"
    with pytest.raises(UsageError, match="dropout"):
        choose_plan(make_spec(make_pairs(), dropout=0.1, loader="lean"), cuda=True, unsloth=True)
