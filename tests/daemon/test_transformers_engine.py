"""The transformers engine on a tiny model: the same protocol as every other engine."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from daemon.engines.protocol import Sampling  # noqa: E402
from daemon.engines.transformers import TransformersEngine, batches  # noqa: E402
from daemon.errors import ModelMissing  # noqa: E402
from daemon.prompt import Message  # noqa: E402
from tests.tiny_model import make_tiny_model  # noqa: E402

MESSAGES: list[Message] = [{"role": "user", "content": "今日はJavaを勉強した。"}]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TransformersEngine:
    tiny = make_tiny_model(tmp_path_factory.mktemp("tiny"))
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
    real = engine._generate_batch
    monkeypatch.setattr(engine, "_generate_batch", lambda *a: calls.append(1) or real(*a))
    next(engine.generate(MESSAGES, [Sampling(max_tokens=4), Sampling(0.8, 1, 4)]))
    assert len(calls) == 1


def test_the_first_draft_streams(engine: TransformersEngine) -> None:
    pieces: list[str] = []
    (draft,) = engine.generate(MESSAGES, [Sampling(max_tokens=12)], pieces.append)
    assert "".join(pieces).strip() == draft.text.strip()


def test_sampled_neighbours_share_a_batch() -> None:
    greedy, one, two, hot = Sampling(), Sampling(0.7, 1), Sampling(0.7, 2), Sampling(1.0, 3)
    assert batches([greedy, one, two, hot]) == [[greedy], [one, two], [hot]]


def test_a_missing_model_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"engine\.model"):
        TransformersEngine(str(tmp_path / "nowhere"), None, "x", 512)
