"""The verifier's training: labels are learned, what torch answers llama.cpp answers too, faults are told by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daemon.assets import starter_folder
from daemon.config import ReportSettings
from daemon.engines.llamacpp import LlamaCppSettings, VerifyingLlamaCpp
from daemon.engines.protocol import ModelIdentity, Sampling
from daemon.errors import UsageError
from daemon.lora import to_gguf
from daemon.prompt import render_prompt
from daemon.verifier import LABELS
from tests.tiny_model import TinyModel, make_tiny_model
from training.lean import ATTENTION
from training.packs import segment_attention
from training.verifier import Day, auc, loss_of, main, packs_of, parted, read_days, upper_layers

DIARIES = {"a": "朝はJavaの授業。Mapの練習をした。凌とカレー。", "b": "SQLのJOINを4問といた。のこりは明日。"}
LINES = {
    "a": [["* Mapの練習をしました。", "T"], ["* 凌とカレーを食べました。", "P"], ["* Listの練習をしました。", "F"]],
    "b": [
        ["* JOINの問題を4問解きました。", "T"],
        ["今後は、残りの問題を解きたいと考えています。", "T"],
        ["* のこり。", "U"],
    ],
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


def files(folder: Path) -> tuple[Path, Path]:
    """A corpus of two days, one of them held out, and their lines."""
    corpus, lines = folder / "corpus.jsonl", folder / "lines.jsonl"
    rows = [{"id": key, "split": "dev" if key == "b" else "train", "diary": text} for key, text in DIARIES.items()]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines.write_text("".join(json.dumps({"id": key, "lines": each}) + "\n" for key, each in LINES.items()))
    return corpus, lines


def test_a_run_learns_its_lines_and_llamacpp_answers_as_torch_does(tiny: TinyModel, tmp_path: Path) -> None:
    corpus, lines = files(tmp_path)
    out = tmp_path / "run"
    options = ["--base", str(tiny.hf), "--epochs", "25", "--days", "1", "--learning-rate", "0.02"]
    assert main(["--lines", str(lines), "--corpus", str(corpus), "--out", str(out), *options]) == 0
    epochs = json.loads((out / "result.json").read_text())["epochs"]
    assert epochs[-1]["train_nll"] < 0.1 * epochs[0]["train_nll"]
    told = [json.loads(line) for line in (out / "dev-25.jsonl").read_text().splitlines()]
    assert [one["line"] for one in told] == [line for line, _ in LINES["b"]]

    twin = tmp_path / "verifier.gguf"
    to_gguf(out / "adapter", twin, "qwen2")
    engine = VerifyingLlamaCpp(
        tiny.gguf, None, ModelIdentity("t", "t", "llamacpp"), LlamaCppSettings(4096, threads=1), twin
    )

    def draft() -> str:
        return next(engine.generate(render_prompt(DIARIES["a"], ReportSettings()), [Sampling(max_tokens=24)])).text

    first = draft()
    for name, days in (("a", LINES["a"]), ("b", LINES["b"])):
        found = engine.verify(DIARIES[name], [line for line, _ in days])
        if name == "b":
            expected = [tuple(one["probabilities"]) for one in told]
            for verdict, wanted in zip(found, expected, strict=True):
                values = (verdict.right, verdict.wrong, verdict.private, verdict.rough)
                assert values == pytest.approx(wanted, abs=0.03)
        else:
            best = [max((v.right, "T"), (v.wrong, "F"), (v.private, "P"), (v.rough, "U"))[1] for v in found]
            assert best == [label for _, label in days]
    assert draft() == first, "a verifier must leave the drafts as they were"
    engine.close()


def test_the_lines_of_a_day_share_its_diary(tiny: TinyModel) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny.hf)
    day = Day("a", "train", DIARIES["a"], tuple((line, label) for line, label in LINES["a"]))
    (part,) = packs_of(tokenizer, day)
    assert part["segments"][0] > len(tokenizer(DIARIES["a"])["input_ids"])
    assert [tokenizer.decode([token]) for token in part["targets"]] == ["T", "P", "F"]


def test_layers_that_stay_as_they_are_run_once_and_change_no_gradient(tiny: TinyModel) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AttentionInterface, AutoModelForCausalLM, AutoTokenizer

    AttentionInterface.register(ATTENTION, segment_attention)
    torch.manual_seed(1)
    plain = AutoModelForCausalLM.from_pretrained(tiny.hf, attn_implementation=ATTENTION)
    lora = LoraConfig(r=4, target_modules=["q_proj", "down_proj"], layers_to_transform=[1], init_lora_weights=False)
    model = get_peft_model(plain, lora)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    day = Day("a", "train", DIARIES["a"], tuple((line, label) for line, label in LINES["a"]))
    (part,) = packs_of(AutoTokenizer.from_pretrained(tiny.hf), day)
    whole = torch.autograd.grad(loss_of(model, part), weights)
    with upper_layers(model, 1, [part]):
        assert len(model.get_base_model().model.layers) == 1
        upper = torch.autograd.grad(loss_of(model, part), weights)
    assert len(model.get_base_model().model.layers) == 2
    assert weights and all(torch.allclose(*both, atol=1e-6) for both in zip(whole, upper, strict=True))
    assert any(gradient.abs().max() > 1e-4 for gradient in whole)


@pytest.mark.parametrize("line", ["[]", "{}", '{"id": "a", "lines": [["* x", "Q"]]}', '{"id": "z", "lines": []}', "x"])
def test_a_line_that_is_no_day_is_named(tmp_path: Path, line: str) -> None:
    corpus, lines = files(tmp_path)
    lines.write_text(f"{lines.read_text()}{line}\n")
    with pytest.raises(UsageError, match="line 3"):
        read_days([lines], corpus)


def test_dev_days_are_held_out_and_others_only_when_asked() -> None:
    days = [Day(str(number), "dev" if number == 4 else "train", "", ()) for number in range(7)]
    ids = [["".join(day.id for day in part) for part in parted(days, every)] for every in (0, 3)]
    assert ids == [["012356", "4"], ["125", "0346"]]


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    corpus, lines = files(tmp_path)
    assert main(["--lines", str(lines), "--corpus", str(corpus), "--out", str(tmp_path)]) != 0
    assert "not empty" in capfd.readouterr().err


def test_auc_counts_pairs() -> None:
    assert auc([0.9, 0.4, 0.5, 0.1], [True, True, False, False]) == 0.75
    assert auc([0.5, 0.5], [True, False]) == 0.5


def test_the_lines_that_ship_are_of_the_corpus() -> None:
    days = read_days([starter_folder() / "lines.jsonl"], starter_folder() / "corpus.jsonl")
    labels = [label for day in days for _, label in day.lines]
    assert len({day.id for day in days}) == len(days) >= 150
    assert set(labels) == set(LABELS) and 0.6 < labels.count("T") / len(labels) < 0.85
