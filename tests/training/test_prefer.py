from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

import torch

from daemon.config import Config
from tests.tiny_model import TinyModel, make_tiny_model
from training.dataset import Collator, encode
from training.prefer import EncodedPair, Preference, in_parts, likelihoods, load_policy, main, preference_loss

LEAD = "本日は、以下の学習と課題を完了しました:\n\n"
PLAN = "今後は、Mapを学びたいと考えています。"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    return make_tiny_model(tmp_path_factory.mktemp("prefer"))


@pytest.fixture(scope="module")
def adapter(model: TinyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter")
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    get_peft_model(AutoModelForCausalLM.from_pretrained(model.hf), lora).save_pretrained(str(folder))
    return folder


def rows(folder: Path) -> Path:
    file = folder / "rows.jsonl"
    lines = [
        {
            "id": f"r-{number}",
            "date": "2026-04-01",
            "split": "dev" if number % 4 == 0 else "train",
            "diary": f"Javaの課題{number}と餃子。明日はMap。",
            "report": f"{LEAD}* Javaの課題{number}に取り組みました。\n* 復習しました。\n\n{PLAN}",
            "private": ["餃子"],
            "facts": [{"fact": "Java", "any_of": ["Java"]}],
        }
        for number in range(16)
    ]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return file


def test_the_sum_of_a_report_is_that_of_its_tokens_alone(model: TinyModel, adapter: Path) -> None:
    policy, tokenizer = load_policy(str(model.hf), adapter)
    policy.eval()
    prompt = [{"role": "user", "content": "餃子"}]
    examples = [encode(tokenizer, prompt, text) for text in ("学びました。", "長い報告を書きました。")]  # type: ignore[arg-type]
    with torch.no_grad():
        sums, counts = likelihoods(policy, examples, Collator(0, positions=False))
        for example, total, count in zip(examples, sums, counts, strict=True):
            logits = policy(input_ids=torch.tensor([example.input_ids])).logits[0, :-1].log_softmax(-1)
            wanted = [(at, token) for at, token in enumerate(example.labels[1:]) if token != -100]
            assert int(count) == len(wanted)
            assert float(total) == pytest.approx(sum(float(logits[at, token]) for at, token in wanted), rel=1e-4)


def test_the_loss_is_that_of_the_paper() -> None:
    settings = Preference(beta=0.5, likelihood=0.2)

    loss = preference_loss(torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor([0.7]), settings)

    assert float(loss) == pytest.approx(-math.log(1 / (1 + math.exp(-0.5 * 2.0))) + 0.2 * 0.7)


def test_parts_hold_no_more_tokens_than_allowed_and_lose_no_pair(model: TinyModel) -> None:
    _, tokenizer = None, __import__("transformers").AutoTokenizer.from_pretrained(model.hf)
    pairs = []
    for size in (5, 80, 20, 40, 3):
        example = encode(tokenizer, [{"role": "user", "content": "x"}], "あ" * size)
        pairs.append(EncodedPair("lost-fact", example, example))
    parts = in_parts(pairs, 600)

    assert sorted(number for part in parts for number in part) == [0, 1, 2, 3, 4]
    assert all(len(part) == 1 or len(part) * max(pairs[n].tokens for n in part) <= 600 for part in parts)


def test_after_the_stage_good_reports_are_preferred_more_often(
    model: TinyModel, adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    given = ["--pairs", str(rows(tmp_path)), "--base", str(model.hf), "--adapter", str(adapter), "--out", str(out)]
    code = main([*given, "--learning-rate", "0.01", "--epochs", "4", "--batch", "8", "--likelihood", "0.0"])
    figures = json.loads(capsys.readouterr().out)

    assert code == 0
    assert figures["last_loss"] < figures["first_loss"]
    before, after = figures["dev_margin"]
    assert after > before + 0.1
    assert set(figures["dev_after"]) == set(figures["dev_before"])
    assert (out / "adapter_model.safetensors").is_file()
    assert json.loads((out / "preference.json").read_text()) == figures


def test_rows_without_a_report_in_the_default_form_are_said_to_teach_nothing(
    model: TinyModel, adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "a", "date": "2026-04-01", "diary": "x", "report": "・y。"}\n', encoding="utf-8")

    assert main(["--pairs", str(file), "--base", str(model.hf), "--adapter", str(adapter), "--out", str(tmp_path)]) == 2
    assert "no pair to learn from" in capsys.readouterr().err
    assert Config().training.max_seq_length >= 1024
