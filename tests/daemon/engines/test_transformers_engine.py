"""The transformers engine on a tiny model: the same protocol as every other engine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from daemon.drafting.prompt import Message  # noqa: E402
from daemon.engines import decode, loading  # noqa: E402
from daemon.engines.batches import batches, question_batches  # noqa: E402
from daemon.engines.pieces import Pieces  # noqa: E402
from daemon.engines.protocol import Question, Sampling  # noqa: E402
from daemon.engines.transformers import TransformersEngine  # noqa: E402
from daemon.errors import EngineError, ModelMissing, OutOfMemory  # noqa: E402
from tests.tiny_model import CONTEXT, TinyModel  # noqa: E402

MESSAGES: list[Message] = [{"role": "user", "content": "今日はJavaを勉強した。"}]


@pytest.fixture(scope="module")
def engine(tiny: TinyModel) -> TransformersEngine:
    return TransformersEngine(str(tiny.hf), None, "tiny-1", 512)


def test_drafts_come_in_order_and_count_their_tokens(engine: TransformersEngine) -> None:
    samplings = [Sampling(max_tokens=8), *(Sampling(0.8, seed, 8) for seed in (1, 2))]
    drafts = list(engine.generate(MESSAGES, samplings))
    assert len(drafts) == 3
    assert all(0 < draft.generated_tokens <= 8 and draft.prompt_tokens > 4 for draft in drafts)
    assert engine.identity.version == "tiny-1"
    assert engine.count_tokens("日報") > 0


def test_equal_seeds_give_equal_drafts(engine: TransformersEngine) -> None:
    samplings = [Sampling(max_tokens=8), Sampling(0.8, 7, 8), Sampling(0.8, 8, 8)]
    first, second = ([draft.text for draft in engine.generate(MESSAGES, samplings)] for _ in range(2))
    assert first == second


def test_an_early_stop_draws_no_second_batch(engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = engine._draw
    monkeypatch.setattr(engine, "_draw", lambda *a: calls.append(1) or real(*a))
    next(engine.generate(MESSAGES, [Sampling(max_tokens=4), Sampling(0.8, 1, 4)]))
    assert len(calls) == 1


def test_the_first_draft_streams(engine: TransformersEngine) -> None:
    pieces: list[str] = []
    first, _ = engine.generate(MESSAGES, [Sampling(max_tokens=30), Sampling(0.8, 1, 30)], pieces.append)
    assert "".join(pieces) == first.text
    assert len(pieces) > 3


def test_half_a_letter_waits_for_its_other_half(engine: TransformersEngine) -> None:
    pieces: list[str] = []
    listener = Pieces(engine._text, pieces.append)
    tokens = list(engine._tokenizer("あ日x")["input_ids"])
    for count in range(1, len(tokens) + 1):
        listener.hear(tokens[:count])
    listener.end(tokens)
    assert pieces == ["あ", "日", "x"]


def test_a_listener_that_raises_ends_the_draft(engine: TransformersEngine) -> None:
    heard: list[str] = []

    def stop(piece: str) -> None:
        heard.append(piece)
        raise BrokenPipeError("nobody listens")

    with pytest.raises(BrokenPipeError):
        next(engine.generate(MESSAGES, [Sampling(max_tokens=40)], stop))
    assert len(heard) == 1
    assert next(engine.generate(MESSAGES, [Sampling(max_tokens=4)])).generated_tokens == 4


def test_a_prompt_beyond_the_context_is_a_message(engine: TransformersEngine) -> None:
    with pytest.raises(EngineError, match=r"prompt of \d+ tokens, context of 512.*\n?.*engine\.context_tokens"):
        next(engine.generate([{"role": "user", "content": "あ" * 600}], [Sampling()]))


def test_the_models_own_context_bounds_the_configured_one(tiny: TinyModel) -> None:
    engine = TransformersEngine(str(tiny.hf), None, "tiny-1", 100_000)
    assert engine.context_tokens == CONTEXT


def test_an_adapter_changes_the_words(engine: TransformersEngine, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    transformers = pytest.importorskip("transformers")
    base = transformers.AutoModelForCausalLM.from_pretrained(engine.identity.base)
    model = peft.get_peft_model(base, peft.LoraConfig(r=4, target_modules=["o_proj"], task_type="CAUSAL_LM"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.5)
    model.save_pretrained(str(tmp_path))
    adapted = TransformersEngine(engine.identity.base, tmp_path, "tiny-2", 512)
    sampling = [Sampling(max_tokens=20)]
    assert next(adapted.generate(MESSAGES, sampling)).text != next(engine.generate(MESSAGES, sampling)).text
    adapted.close()


def test_a_batch_too_large_for_the_memory_is_drawn_one_by_one(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    samplings = [Sampling(0.8, seed, 12) for seed in (1, 2, 3)]
    expected = [draft.text for draft in engine.generate(MESSAGES, samplings)]
    real, sizes = engine._decoder.draw, []

    def draw(prompt: list[int], batch: list[Sampling], *rest: Any) -> Any:
        sizes.append(len(batch))
        if len(batch) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return real(prompt, batch, *rest)

    monkeypatch.setattr(engine._decoder, "draw", draw)
    assert [draft.text for draft in engine.generate(MESSAGES, samplings)] == expected
    assert sizes == [3, 1, 1, 1]


def test_a_model_of_another_kind_goes_through_the_librarys_loop(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    samplings = [Sampling(max_tokens=20), *(Sampling(0.8, seed, 20) for seed in (1, 2))]
    own = list(engine.generate(MESSAGES, samplings))
    monkeypatch.setattr(decode, "fits", lambda config: False)
    other = TransformersEngine(engine.identity.base, None, "tiny-1", 512)
    pieces: list[str] = []
    drafts = list(other.generate(MESSAGES, samplings, pieces.append))
    assert "".join(pieces) == drafts[0].text == own[0].text
    assert [draft.text for draft in other.generate(MESSAGES, samplings)] == [draft.text for draft in drafts]
    other.close()


@pytest.mark.parametrize(
    ("problem", "kind", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), OutOfMemory, "smaller model"),
        (RuntimeError("CUDA error: out of memory\nmore"), OutOfMemory, "context_tokens"),
        (RuntimeError("Found no NVIDIA driver on your system."), EngineError, "nvidia-smi"),
        (RuntimeError("CUDA error: unknown error"), EngineError, "llamacpp"),
        (ModuleNotFoundError("No module named 'bitsandbytes'", name="bitsandbytes"), EngineError, r"\[gpu\]"),
    ],
)
def test_what_goes_wrong_on_a_gpu_is_a_message_with_a_remedy(
    problem: Exception, kind: type[EngineError], words: str, engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise problem

    monkeypatch.setattr(engine._decoder, "draw", fail)
    with pytest.raises(kind, match=words):
        next(engine.generate(MESSAGES, [Sampling(max_tokens=4)]))


def test_a_gpu_without_a_driver_is_a_message(
    engine: TransformersEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / ("nvidia-smi.exe" if os.name == "nt" else "nvidia-smi")
    tool.write_text("")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EngineError, match="nvidia-smi"):
        TransformersEngine(engine.identity.base, None, "x", 512)


def test_a_model_too_large_without_a_gpu_is_a_message(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "memory_bytes", lambda: 100_000)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(OutOfMemory, match="sees no CUDA GPU"):
        TransformersEngine(engine.identity.base, None, "x", 512)


def test_sampled_neighbours_share_a_batch() -> None:
    greedy, one, two, hot = Sampling(), Sampling(0.7, 1), Sampling(0.7, 2), Sampling(1.0, 3)
    assert batches([greedy, one, two, hot]) == [[greedy], [one, two], [hot]]


def test_questions_of_equal_settings_are_asked_together() -> None:
    greedy, other, hot = Question("文: あ"), Question("文: い", max_tokens=8), Question("文: う", temperature=0.7)
    nothing = Question("文: え", max_tokens=0)
    assert question_batches([greedy, other, hot, nothing, greedy]) == [[greedy, other], [hot], [nothing], [greedy]]


QUESTIONS = [Question(f"文: {letter}を読んだ。", max_tokens=6, choices=("T", "F")) for letter in "あいうえおかきくけこ"]


def test_a_diary_is_read_once_for_all_questions_and_for_drafts(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    real = decode.Slots.read

    def watch(self: Any, prompt: Any, other: Any = None) -> None:
        if self.prompt != tuple(prompt) and (other is None or other.prompt != tuple(prompt)):
            read.append(len(prompt))
        real(self, prompt, other)

    monkeypatch.setattr(decode.Slots, "read", watch)
    beginning: list[Message] = [{"role": "user", "content": "【日記】本を読んだ。\n\n"}]
    many = list(engine.ask(beginning, QUESTIONS))
    few = list(engine.ask(beginning, QUESTIONS[2:4]))
    assert len(read) == 1
    assert [answer.text for answer in few] == [answer.text for answer in many[2:4]]
    list(engine.ask([{"role": "user", "content": "【日記】寝た。\n\n"}], QUESTIONS[:1]))
    assert len(read) == 2


def test_questions_too_many_for_the_memory_are_answered_in_smaller_parts(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [answer.text for answer in engine.ask(MESSAGES, QUESTIONS)]
    real, sizes = engine._decoder.answer, []

    def answer(prompt: list[int], asked: list[Any], ends: frozenset[int]) -> Any:
        sizes.append(len(asked))
        if len(asked) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return real(prompt, asked, ends)

    monkeypatch.setattr(engine._decoder, "answer", answer)
    assert [answer.text for answer in engine.ask(MESSAGES, QUESTIONS)] == expected
    assert sizes == [5, 2, 3, 1, 2] * 2


def test_answers_of_later_batches_are_drawn_only_when_wanted(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sizes = engine._decoder.answer, []
    monkeypatch.setattr(engine._decoder, "answer", lambda *given: sizes.append(len(given[1])) or real(*given))
    next(engine.ask(MESSAGES, QUESTIONS))
    assert sizes == [5], "ten questions in two batches of like size"


def test_a_missing_model_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"engine\.model"):
        TransformersEngine(str(tmp_path / "nowhere"), None, "x", 512)
