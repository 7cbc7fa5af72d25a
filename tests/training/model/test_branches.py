"""Many questions about one diary at once give the loss and the gradients of each question alone."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from tests.tiny_model import TinyModel
from tests.training.conftest import MakePairs, MakeSpec
from tests.training.model.test_lean import gradients, lora_model
from training.model import branches
from training.model.branches import branch_attention, groups_of
from training.model.lean import Memory, pack_attention, slim
from training.pairs.day_encoding import DayExample, QuestionTokens
from training.pairs.day_packs import DayCollator
from training.pairs.packs import segment_attention


def days(count: int, seed: int = 3) -> list[DayExample]:
    """Random days: a diary of 60 to 90 tokens, questions of unlike lengths and weights."""
    rng = random.Random(seed)

    def tokens(low: int, high: int) -> list[int]:
        return [rng.randrange(3, 250) for _ in range(rng.randrange(low, high))]

    return [
        DayExample(
            f"d{number}",
            tokens(60, 90),
            tuple(QuestionTokens(tokens(3, 30), tokens(1, 12), rng.choice([0.5, 1.0, 2.0])) for _ in range(7)),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("memory", [Memory(2, False), Memory(1, False), Memory(0, True)], ids=["kept", "half", "host"])
@pytest.mark.parametrize("budget", [150, 4096])
def test_packs_of_days_give_the_weighted_loss_of_single_questions(
    tiny: TinyModel, make_pairs: MakePairs, make_spec: MakeSpec, memory: Memory, budget: int
) -> None:
    many = days(3)
    spec = make_spec(make_pairs())
    plain = lora_model(tiny, spec, "plain")
    plain.train()
    whole = sum(one.weight * len(one.answer) for day in many for one in day.questions)
    expected = 0.0
    for day in many:
        for one in day.questions:
            ids = day.head + one.asked + one.answer
            logits = plain(input_ids=torch.tensor([ids])).logits[0, -len(one.answer) - 1 : -1]
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(one.answer), reduction="sum")
            torch.autograd.backward(loss * one.weight / whole)
            expected += float(loss.detach()) * one.weight / whole

    lean = lora_model(tiny, spec, "lean")
    slim(lean, memory)
    lean.train()
    batch = DayCollator(budget)([day.row() for day in many])
    assert batch["count"] == pytest.approx(whole)
    assert len(batch["packs"]) == 3 if budget == 4096 else len(batch["packs"]) > 3
    total = 0.0
    for part in batch["packs"]:
        loss = lean(**part, count=batch["count"])["loss"]
        torch.autograd.backward(loss)
        total += float(loss.detach())

    assert total == pytest.approx(expected, rel=1e-4)
    one, other = gradients(plain), gradients(lean)
    assert one.keys() == other.keys() and len(one) == 2 * 7 * 2
    for name in one:
        assert torch.allclose(one[name], other[name], rtol=1e-3, atol=1e-6), name


@pytest.mark.parametrize("key_heads", [4, 2, 1])
def test_branches_attend_as_single_rows_do(key_heads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branches, "MOST_SCORES", 4 * 3 * 9 * 40)  # several groups
    torch.manual_seed(2)
    segments = [30, 3, 4, 4, 9, 9, 1]
    parts: list[Any] = [torch.randn(1, heads, sum(segments), 8) for heads in (4, key_heads, key_heads)]
    for part in parts:
        part.requires_grad_()
    expected, _ = segment_attention(None, *parts, None, None, segments)
    found, _ = pack_attention(None, *parts, None, None, segments)
    assert torch.allclose(found, expected, atol=1e-5)
    weight = torch.randn_like(expected)
    one = torch.autograd.grad((expected * weight).sum(), parts)
    other = torch.autograd.grad((found * weight).sum(), parts)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(one, other, strict=True))


def test_a_question_sees_no_other_question() -> None:
    torch.manual_seed(2)
    query, key, value = (torch.randn(1, 2, 16, 4) for _ in range(3))
    before = branch_attention(query, key, value, None, [8, 4, 4])
    for part in (key, value):
        part[:, :, 8:12] += 1.0
    after = branch_attention(query, key, value, None, [8, 4, 4])
    assert torch.equal(before[:, :, :8], after[:, :, :8]) and torch.equal(before[:, :, 12:], after[:, :, 12:])
    assert not torch.equal(before[:, :, 8:12], after[:, :, 8:12])


def test_groups_bound_padding_and_memory() -> None:
    assert list(groups_of([10, 11, 12, 80, 90], 100, 4)) == [(0, 3), (3, 5)]
    assert list(groups_of([], 100, 4)) == []
    sizes = [50] * 100
    found = list(groups_of(sizes, 2000, 40))
    assert [first for first, _ in found[1:]] == [last for _, last in found[:-1]] and found[-1][1] == 100
    assert all(40 * (last - first) * 50 * 2050 <= branches.MOST_SCORES for first, last in found)
