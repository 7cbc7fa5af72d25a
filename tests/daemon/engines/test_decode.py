"""The decoding loop on tiny models: what it writes is what the libraries' own loops write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from daemon.engines import attention, decode  # noqa: E402
from daemon.engines.attention import Parted, attend  # noqa: E402
from daemon.engines.branching import Asked  # noqa: E402
from daemon.engines.decode import Decoder, Slots  # noqa: E402
from daemon.engines.fused import Adapted, Norm, fuse  # noqa: E402
from daemon.engines.host_embedding import HostEmbedding, move_embedding  # noqa: E402
from daemon.engines.protocol import Question, Sampling  # noqa: E402
from daemon.engines.sampling import pick  # noqa: E402
from tests.tiny_model import TinyModel  # noqa: E402

PROMPT = [40, 41, 200, 7, 9, 130, 77, 12, 3, 88, 91]
NO_END: frozenset[int] = frozenset()
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.fixture(scope="module")
def folder(tiny: TinyModel) -> Path:
    return tiny.hf


def load(folder: Path) -> Any:
    return transformers.AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def plain(folder: Path) -> Any:
    return load(folder)


@pytest.fixture
def decoder(folder: Path) -> Decoder:
    return Decoder(fuse(load(folder)), 512)


def with_adapter(model: Any, rank: int = 4, **options: Any) -> Any:
    peft = pytest.importorskip("peft")
    torch.manual_seed(1)
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=TARGETS, task_type="CAUSAL_LM", **options)
    adapted = peft.get_peft_model(model, config).eval()
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    return adapted


def greedy(model: Any, tokens: int, prompt: list[int] = PROMPT) -> list[int]:
    ids = torch.tensor([prompt])
    with torch.no_grad():
        output = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, eos_token_id=None
        )
    return list(output[0, len(prompt) :].tolist())


def test_a_greedy_draft_is_the_librarys_own(plain: Any, decoder: Decoder) -> None:
    (written,) = decoder.draw(PROMPT, [Sampling(max_tokens=60)], NO_END)
    assert written.tokens == greedy(plain, 60)
    assert len(set(written.tokens)) > 3
    assert written.cut


def test_a_draft_with_an_adapter_is_pefts_own(folder: Path, plain: Any) -> None:
    expected = greedy(with_adapter(load(folder)), 60)
    model = fuse(with_adapter(load(folder)))
    assert sum(isinstance(part, Adapted) for part in model.modules()) == 2 * len(TARGETS)
    assert sum(isinstance(part, Norm) for part in model.modules()) == 5
    (written,) = Decoder(model, 512).draw(PROMPT, [Sampling(max_tokens=60)], NO_END)
    assert written.tokens == expected != greedy(plain, 60)


def test_an_adapter_of_another_kind_keeps_pefts_forward(folder: Path) -> None:
    expected = greedy(with_adapter(load(folder), use_dora=True), 30)
    model = fuse(with_adapter(load(folder), use_dora=True))
    assert not any(isinstance(part, Adapted) for part in model.modules())
    (written,) = Decoder(model, 512).draw(PROMPT, [Sampling(max_tokens=30)], NO_END)
    assert written.tokens == expected


@pytest.mark.parametrize("family", ["Llama", "Qwen3", "Mistral"])
def test_other_families_decode_alike(family: str) -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "vocab_size": 128}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
    more = {"sliding_window": None} if family == "Mistral" else {}
    config = getattr(transformers, f"{family}Config")(**sizes, **heads, **more)
    torch.manual_seed(2)
    model = getattr(transformers, f"{family}ForCausalLM")(config).eval()
    for weight in model.parameters():
        weight.data = weight.data * 8 if weight.ndim > 1 else weight.data
    assert decode.fits(model.config)
    prompt = PROMPT[:2] + PROMPT[3:5]
    expected = greedy(model, 40, prompt)
    (written,) = Decoder(fuse(model), 512).draw(prompt, [Sampling(max_tokens=40)], NO_END)
    assert written.tokens == expected


def test_models_with_other_attention_are_not_taken() -> None:
    config = transformers.Qwen2Config(use_sliding_window=True, sliding_window=64, max_window_layers=1)
    assert not decode.fits(config)
    assert not decode.fits(transformers.Gemma2Config())


def test_a_draft_depends_on_its_seed_and_not_on_its_neighbours(decoder: Decoder) -> None:
    samplings = [Sampling(0.9, seed, 40) for seed in (1, 2, 3)]
    together = [one.tokens for one in decoder.draw(PROMPT, samplings, NO_END)]
    alone = [decoder.draw(PROMPT, [one], NO_END)[0].tokens for one in samplings]
    assert together == alone
    assert len({tuple(tokens) for tokens in together}) == 3
    assert [one.tokens for one in decoder.draw(PROMPT, samplings[::-1], NO_END)] == together[::-1]


def test_each_row_ends_where_its_own_end_stands(decoder: Decoder) -> None:
    samplings = [Sampling(0.9, seed, 40) for seed in (1, 2, 3)]
    full = [one.tokens for one in decoder.draw(PROMPT, samplings, NO_END)]
    end = full[0][10]
    for whole, written in zip(full, decoder.draw(PROMPT, samplings, frozenset({end})), strict=True):
        assert written.tokens == (whole[: whole.index(end)] if end in whole else whole)
        assert written.cut == (end not in whole)


def test_the_context_bounds_a_draft(folder: Path) -> None:
    decoder = Decoder(fuse(load(folder)), len(PROMPT) + 5)
    (written,) = decoder.draw(PROMPT, [Sampling(max_tokens=40)], NO_END)
    assert len(written.tokens) == 5 and written.cut


def test_the_prompt_is_read_once_for_all_drafts(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    forward = decoder._model.forward
    monkeypatch.setattr(
        decoder._model,
        "forward",
        lambda **given: passes.extend(map(len, given.get("input_ids", ()))) or forward(**given),
    )
    decoder.draw(PROMPT, [Sampling(max_tokens=4)], NO_END)
    first = decoder.draw(PROMPT, [Sampling(0.9, seed, 4) for seed in (1, 2)], NO_END)
    assert [length for length in passes if length > 1] == [len(PROMPT)]
    decoder.draw(PROMPT[::-1], [Sampling(max_tokens=4)], NO_END)
    assert [length for length in passes if length > 1] == [len(PROMPT)] * 2
    assert decoder.draw(PROMPT, [Sampling(0.9, seed, 4) for seed in (1, 2)], NO_END) == first


def test_an_old_draft_leaves_no_trace(plain: Any, decoder: Decoder) -> None:
    decoder.draw(list(range(2, 150)), [Sampling(max_tokens=100)], NO_END)
    (written,) = decoder.draw(PROMPT, [Sampling(max_tokens=40)], NO_END)
    assert written.tokens == greedy(plain, 40)


def test_slots_grow_with_the_prompt(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "CAPACITY_STEP", 16)
    made: list[int] = []
    real = Slots.__init__

    def make(self: Slots, model: Any, rows: int, capacity: int) -> None:
        made.append(capacity)
        real(self, model, rows, capacity)

    monkeypatch.setattr(Slots, "__init__", make)
    for length in (5, 9, 20, 6):
        decoder.draw(PROMPT[:5] + PROMPT * 2, [Sampling(max_tokens=length)], NO_END)
    assert made == [32, 48]


def test_a_failed_capture_costs_speed_only(
    folder: Path, plain: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: Slots) -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(Slots, "capture", refuse)
    decoder = Decoder(fuse(load(folder)), 512, graphs=True)
    (written,) = decoder.draw(PROMPT, [Sampling(max_tokens=20)], NO_END)
    decoder.draw(PROMPT, [Sampling(0.9, seed, 4) for seed in (1, 2)], NO_END)
    assert written.tokens == greedy(plain, 20)
    assert [record.getMessage().count("not permitted") for record in caplog.records] == [1]


def test_luck_points_into_the_likeliest_tokens() -> None:
    logits = torch.log(torch.tensor([[0.1, 0.5, 0.1, 0.3]]))

    def chosen(top_p: float) -> Callable[[float], int]:
        return lambda luck: int(pick(logits, Sampling(1.0, top_p=top_p), torch.tensor([luck]))[0])

    assert [chosen(0.75)(luck) for luck in (0.0, 0.6, 0.63, 0.99999994)] == [1, 1, 3, 3]
    assert [chosen(1.0)(luck) for luck in (0.0, 0.49, 0.51, 0.79, 0.85)] == [1, 1, 3, 3, 0]
    assert chosen(1e-9)(0.9) == 1


def test_sampling_follows_the_models_own_chances() -> None:
    chances = torch.tensor([0.05, 0.6, 0.2, 0.15])
    luck = torch.rand(20_000, generator=torch.Generator().manual_seed(5))
    tokens = pick(torch.log(chances).expand(20_000, 4), Sampling(1.0, top_p=1.0), luck)
    assert torch.allclose(torch.bincount(tokens, minlength=4) / 20_000, chances, atol=0.015)


def asked(count: int, tokens: int = 20) -> list[Asked]:
    """Questions of one to seven tokens."""
    return [Asked(Question("", tokens), PROMPT[: 1 + row % 7]) for row in range(count)]


def test_each_answer_is_what_the_library_writes_behind_beginning_and_question(plain: Any, decoder: Decoder) -> None:
    beginning = PROMPT * 9
    for one, said in zip(asked(9), decoder.answer(beginning, asked(9), NO_END), strict=True):
        assert said.tokens == greedy(plain, 20, beginning + one.tokens)


def test_the_beginning_is_kept_once_whatever_the_number_of_questions(decoder: Decoder) -> None:
    decoder.answer(PROMPT * 9, asked(9), NO_END)
    (rows,) = decoder._questions.values()
    assert rows.beginning.rows == 1 and rows.beginning.prompt == tuple(PROMPT * 9)
    assert (rows.rows, rows.capacity) == (9, decode.QUESTION_STEP)
    decoder.answer(PROMPT[::-1] * 9, asked(7), NO_END)
    assert decoder._questions["many questions"] is rows, "another day's questions use the same rows, and their graph"


def test_a_longer_beginning_takes_its_rows_along(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "CAPACITY_STEP", 16)
    short = decoder.answer(PROMPT, asked(6), NO_END)
    decoder.answer(PROMPT * 9, asked(6), NO_END)
    assert decoder.answer(PROMPT, asked(6), NO_END) == short


def test_questions_that_are_read_in_parts_are_read_alike(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = decoder.answer(PROMPT * 9, asked(6), NO_END)
    monkeypatch.setattr(attention, "MOST_SCORES", 2 * 4 * 6 * (len(PROMPT) * 9 + 6))
    in_parts = decoder.answer(PROMPT * 9, asked(6), NO_END)
    assert [one.tokens for one in in_parts] == [one.tokens for one in whole]


def test_attention_in_two_parts_is_attention() -> None:
    """In 16 bits as well: it lies no farther from the truth than the library's own attention over all keys at once."""
    torch.manual_seed(3)
    rows, heads, groups, size, far, near = 3, 4, 2, 16, 10, 5
    query = torch.randn(rows, heads, 1, size)
    shared, own = [
        [torch.randn(count, groups, length, size) for _ in "kv"] for count, length in ((1, far), (rows, near))
    ]
    hidden = torch.zeros(far).masked_fill_(torch.arange(far) >= 7, float("-inf"))
    mask = torch.zeros(rows, 1, 1, near).masked_fill_(
        torch.arange(near) > torch.tensor([0, 2, 4])[:, None, None, None], float("-inf")
    )
    whole = [torch.cat([one.expand(rows, -1, -1, -1), other], 2) for one, other in zip(shared, own, strict=True)]
    everything = torch.cat([hidden.expand(rows, 1, 1, far), mask], -1)
    expected, _ = attend(None, query, *whole, everything)

    def parted(kind: Any) -> Any:
        key, value = (
            Parted(one.to(kind), other.to(kind), hidden.to(kind)) for one, other in zip(shared, own, strict=True)
        )
        return attend(None, query.to(kind), key, value, mask.to(kind))[0].float()

    assert torch.allclose(parted(torch.float32), expected, atol=1e-6)
    plain_error = (attend(None, *(part.bfloat16() for part in (query, *whole, everything)))[0].float() - expected).abs()
    assert (parted(torch.bfloat16) - expected).abs().mean() <= 1.5 * plain_error.mean()


@pytest.mark.parametrize(
    ("free_gib", "rows"),
    [(80.0, 20), (1.7, 20), (1.3, 10), (0.8, 4), (0.0, 4)],
    ids=["much", "12 GB", "less", "little", "none"],
)
def test_as_many_questions_at_once_as_the_card_holds(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch, free_gib: float, rows: int
) -> None:
    """The 14B shape: 192 KiB a token; 1,200 tokens of rules and diary, 200 of question and answer."""
    config = SimpleNamespace(num_hidden_layers=48, num_key_value_heads=8, hidden_size=5120, num_attention_heads=40)
    embeddings = SimpleNamespace(weight=torch.zeros(1, dtype=torch.bfloat16))
    card = SimpleNamespace(config=config, device=torch.device("cuda"), get_input_embeddings=lambda: embeddings)
    monkeypatch.setattr(decoder, "_model", card)
    monkeypatch.setattr(decoder, "_free_bytes", lambda kept: int(free_gib * 2**30))
    assert decoder.rows_for_questions(20, 1200, 200) == rows
    assert decoder._roomy(20, 256) == (24 if free_gib > 1.5 else 20)


def test_a_table_outside_of_the_card_changes_no_word(folder: Path, plain: Any) -> None:
    model = fuse(load(folder))
    head = model.get_output_embeddings()
    head.weight = torch.nn.Parameter(head.weight.detach().clone())
    assert move_embedding(model) and isinstance(model.get_input_embeddings(), HostEmbedding)
    assert "embed_tokens" not in dict(model.named_parameters()) and model.device.type == "cpu"
    decoder = Decoder(model, 512)
    assert decoder.draw(PROMPT, [Sampling(max_tokens=40)], NO_END)[0].tokens == greedy(plain, 40)
    for one, said in zip(asked(5), decoder.answer(PROMPT * 9, asked(5), NO_END), strict=True):
        assert said.tokens == greedy(plain, 20, PROMPT * 9 + one.tokens)
    assert not move_embedding(model), "it has gone already"


def test_a_table_that_is_the_output_as_well_stays() -> None:
    config = transformers.Qwen2Config(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        vocab_size=64,
        num_attention_heads=4,
        tie_word_embeddings=True,
    )
    assert not move_embedding(transformers.Qwen2ForCausalLM(config))
