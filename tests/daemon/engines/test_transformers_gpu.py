"""The transformers engine on a CUDA GPU: ``python -m pytest -m gpu``. Graphs change the speed, never the words.

With ``NIPPO_TEST_STARTER_HF`` (a Hugging Face folder of the starter) its greedy answers are held against llama.cpp's,
which ``python tests/greedy_answers.py`` has written into tests/data beforehand, on any machine.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from daemon.drafting.prompt import NOTHING, Message  # noqa: E402
from daemon.engines import decode  # noqa: E402
from daemon.engines.branching import Asked  # noqa: E402
from daemon.engines.decode import Decoder  # noqa: E402
from daemon.engines.fused import fuse  # noqa: E402
from daemon.engines.host_embedding import HostEmbedding  # noqa: E402
from daemon.engines.protocol import Question, Sampling  # noqa: E402
from daemon.engines.transformers import TransformersEngine  # noqa: E402
from tests import greedy_answers  # noqa: E402
from tests.tiny_model import TinyModel  # noqa: E402

STARTER_HF = os.environ.get("NIPPO_TEST_STARTER_HF", "")
ALIKE, TOGETHER, CHOSEN, APART = 0.35, 0.7, 0.85, 0.15
"""Least likeness of one answer and of all on average, least share of sentences that both give a line or both none, and
how far probabilities may lie apart on average: bounds set beforehand, wide enough for two ways of rounding."""
MESSAGES: list[Message] = [{"role": "user", "content": "今日はJavaを勉強した。" * 4}]
NO_END: frozenset[int] = frozenset()
PROMPT = [40, 41, 200, 7, 9, 130, 77, 12, 3, 88, 91]

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU"),
]


@pytest.fixture(scope="module")
def folder(tiny: TinyModel) -> Path:
    return tiny.hf


@pytest.fixture(scope="module")
def adapter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    peft = pytest.importorskip("peft")
    target = tmp_path_factory.mktemp("adapter")
    base = transformers.AutoModelForCausalLM.from_pretrained(str(folder))
    config = peft.LoraConfig(r=8, lora_alpha=8, target_modules=["q_proj", "o_proj", "down_proj"], task_type="CAUSAL_LM")
    torch.manual_seed(1)
    model = peft.get_peft_model(base, config)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    model.save_pretrained(str(target))
    return target


@pytest.fixture(scope="module", params=["bare", "adapter"])
def model(request: pytest.FixtureRequest, folder: Path, adapter: Path) -> Any:
    from daemon.engines.loading import load

    loaded, _ = load(str(folder), adapter if request.param == "adapter" else None)
    fused = fuse(loaded)
    assert any(type(part).__name__ == "Linear4bit" for part in fused.modules())
    return fused


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_a_graph_writes_what_single_launches_write(model: Any, rows: int) -> None:
    batch = [Sampling(0.8, seed, 200) for seed in range(rows)] if rows > 1 else [Sampling(max_tokens=200)]
    slow, fast = Decoder(model, 1024, graphs=False), Decoder(model, 1024)
    expected = slow.draw(PROMPT, batch, NO_END)
    assert fast.draw(PROMPT, batch, NO_END) == expected
    assert fast.graphs, "the capture failed"
    fast.draw(PROMPT[::-1], batch, NO_END)
    assert fast.draw(PROMPT, batch, NO_END) == expected
    assert all(len(one.tokens) == 200 for one in expected)


def test_the_engine_keeps_its_graph_and_frees_everything(folder: Path, adapter: Path) -> None:
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    engine = TransformersEngine(str(folder), adapter, "tiny-1", 1024)
    samplings = [Sampling(max_tokens=50), *(Sampling(0.8, seed, 50) for seed in (1, 2, 3))]
    pieces: list[str] = []
    first = list(engine.generate(MESSAGES, samplings, pieces.append))
    assert "".join(pieces) == first[0].text
    assert [draft.text for draft in engine.generate(MESSAGES, samplings)] == [draft.text for draft in first]
    assert engine._decoder.graphs
    engine.close()
    assert torch.cuda.memory_allocated() <= before + 2**20


def test_a_batch_that_does_not_fit_is_drawn_one_by_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TransformersEngine(str(folder), None, "tiny-1", 1024)
    samplings = [Sampling(50.0, seed, 30) for seed in (1, 2, 3)]  # the random model is sure of one token
    assert engine._decoder.rows_for(3, 100) == 3
    together = list(engine.generate(MESSAGES, samplings))
    engine._decoder.drop_batch()
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (0, 80 << 30))
    assert engine._decoder.rows_for(3, 100) == 1
    alone = list(engine.generate(MESSAGES, samplings))
    assert [draft.prompt_tokens for draft in alone] == [draft.prompt_tokens for draft in together]
    assert len({draft.text for draft in alone}) == 3
    engine.close()


@pytest.mark.parametrize("rows", [1, 4, 30])
def test_a_graph_answers_what_single_launches_answer(model: Any, rows: int) -> None:
    def asked() -> list[Asked]:
        questions = [Question("", 60, 0.8, seed, choices=("a", "b")) for seed in range(rows)]
        return [Asked(one, PROMPT[: 2 + row % 7], (5, 9)) for row, one in enumerate(questions)]

    slow, fast = Decoder(model, 1024, graphs=False), Decoder(model, 1024)
    expected = slow.answer(PROMPT * 9, asked(), NO_END)
    assert fast.answer(PROMPT * 9, asked(), NO_END) == expected
    assert fast.graphs, "the capture failed"
    fast.answer(PROMPT * 5, asked()[::-1], NO_END)
    assert fast.answer(PROMPT * 9, asked(), NO_END) == expected
    assert all(len(one.tokens) == 60 for one in expected)


def test_a_card_short_of_memory_keeps_the_table_outside_and_the_graph(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daemon.engines.loading import load

    model = fuse(load(str(folder), None)[0])
    head = model.get_output_embeddings()
    head.weight = torch.nn.Parameter(head.weight.detach().clone())
    questions = [Asked(Question("", 40), PROMPT[: 2 + row % 7]) for row in range(9)]
    expected = [one.tokens for one in Decoder(model, 1024).answer(PROMPT * 9, questions, NO_END)]
    monkeypatch.setattr(decode, "SCARCE_BYTES", 1 << 50)
    decoder = Decoder(model, 1024)
    assert isinstance(model.get_input_embeddings(), HostEmbedding) and model.device.type == "cuda"
    assert [one.tokens for one in decoder.answer(PROMPT * 9, questions, NO_END)] == expected
    assert decoder.graphs and all(one.captured for one in decoder._questions.values())


def test_questions_share_the_memory_that_there_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TransformersEngine(str(folder), None, "tiny-1", 1024)
    questions = [Question(f"文: {number}", max_tokens=12) for number in range(40)]
    assert engine._decoder.rows_for_questions(40, 60, 40) == 20
    together = [answer.text for answer in engine.ask(MESSAGES, questions)]
    engine._decoder.drop_batch()
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (0, 80 << 30))
    assert engine._decoder.rows_for_questions(40, 60, 40) == 4
    alone = [answer.text for answer in engine.ask(MESSAGES, questions)]
    assert sum(one == other for one, other in zip(alone, together, strict=True)) > 30
    engine.close()


@pytest.mark.skipif(not STARTER_HF, reason="NIPPO_TEST_STARTER_HF names no folder of the starter")
def test_greedy_answers_are_like_those_of_llamacpp() -> None:
    """Both have rounded the weights to 4 bits, each in its own way, so that words differ and the matter does not: which
    sentences give a line, what it says, and which lines may stand."""
    known = greedy_answers.read()
    engine = TransformersEngine(STARTER_HF, greedy_answers.ADAPTER, "starter", 4096, "sentences")
    own = greedy_answers.answers(engine, greedy_answers.rows())
    engine.close()
    pairs = list(zip(own, known, strict=True))
    told = [(mine, theirs) for mine, theirs in pairs if NOTHING in theirs["choices"]]
    judged = [(mine, theirs) for mine, theirs in pairs if NOTHING not in theirs["choices"]]
    chosen = [(mine.text == NOTHING) == (theirs["text"] == NOTHING) for mine, theirs in told]
    lines = [(mine, theirs) for mine, theirs in told if NOTHING not in (mine.text, theirs["text"])]
    likeness = [greedy_answers.likeness(mine.text, theirs["text"]) for mine, theirs in lines]
    apart = [abs(mine.choices[NOTHING] - theirs["choices"][NOTHING]) for mine, theirs in told]
    apart += [abs(mine.choices["T"] - theirs["choices"]["T"]) for mine, theirs in judged]
    print("chosen", chosen.count(True), "of", len(chosen), "likeness", [round(value, 2) for value in likeness])
    print("probabilities apart", [round(value, 2) for value in apart])
    assert chosen.count(True) >= CHOSEN * len(chosen)
    assert min(likeness) >= ALIKE and sum(likeness) / len(likeness) >= TOGETHER, likeness
    assert sum(apart) / len(apart) <= APART, apart
