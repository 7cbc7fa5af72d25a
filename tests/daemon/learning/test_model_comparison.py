"""Another model beside the one in use, on a person's own accepted days: figures, advice, and where the diaries go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from daemon.cli import app
from daemon.config import Config
from daemon.drafting.result import DraftResult
from daemon.errors import ModelMissing, UsageError
from daemon.learning.comparison_run import compare_models
from daemon.learning.model_comparison import WrittenDay, chance, compare, config_of, fitting_days, measured
from daemon.store.store import Pair, Store
from tests.conftest import MakeConfig, MakeVault
from tests.fake_worker import FakeWorker, result
from tests.learning_world import accept, day_of, diary_of, report_of, tiny_sections
from tests.local_servers import Ollama, Reply, serving
from tests.tiny_model import TinyModel


def days(edits: list[int], leaks: int = 0, seconds: float = 1.0) -> list[WrittenDay]:
    return [WrittenDay(str(day_of(at)), one, 100, leaks, 0, 0, seconds) for at, one in enumerate(edits)]


def test_the_chance_of_a_difference_is_exact() -> None:
    assert chance([5] * 5) == 1 / 32, "all signs alike: one way of 32"
    assert chance([]) == chance([0, 0]) == 1.0
    assert chance([1, -1]) == 0.75
    assert chance([3, 2, -1]) == 2 / 8
    assert 0 < chance([40 + at for at in range(60)]) < 1e-15, "sixty days are quick"


@pytest.mark.parametrize(
    ("now", "other", "leaks", "advice", "words"),
    [
        ([40] * 8, [10] * 8, 0, "use", "40% of the text to change now, 10% with the other"),
        ([40] * 7, [10] * 7, 0, "abstain", "only 7 accepted days"),
        ([40] * 8, [10] * 8, 1, "keep", "8 private terms"),
        ([10] * 8, [40] * 8, 0, "keep", "more has to be edited"),
        ([40, 10] * 5, [10, 40] * 5, 0, "keep", "may be chance"),
        ([0] * 9, [0] * 9, 0, "keep", "may be chance"),
    ],
)
def test_the_advice_and_its_reason(now: list[int], other: list[int], leaks: int, advice: str, words: str) -> None:
    found = compare("now", "other", days(now), days(other, leaks))
    assert found.advice == advice and words in "\n".join(found.reasons)
    with pytest.raises(ValueError):
        compare("now", "other", days(now), days(other)[1:])


def test_a_day_is_measured_by_what_the_person_would_do() -> None:
    day = str(day_of(1))
    pair = Pair(day, day, diary_of(1), "", "* 復習しました。", "", "", False, "vault")
    found = {"findings": [{"check": "leak"}, {"check": "form"}, {"check": "grounded"}]}
    one = measured(pair, DraftResult("* 復習した。\n", "draft", ("w",), "x", score=found), 2.5)
    assert one == WrittenDay(day, 2, 9, 1, 2, 1, 2.5)


def test_days_that_the_version_was_trained_on_are_left_out() -> None:
    pairs = [Pair(str(at), str(day_of(at)), "日記", "", "日報", "", "", False, "vault") for at in range(6)]
    assert [one.id for one in fitting_days(pairs, frozenset({"4"}), 3)] == ["2", "3", "5"]


def test_no_version_of_another_base_is_laid_over_and_no_key_goes_to_another_address() -> None:
    engine = {"kind": "server", "server_url": "http://127.0.0.1:1/v1", "server_api_key_env": "KEY"}
    config = Config.model_validate({"engine": engine})
    assert config_of(config, "m", "http://127.0.0.1:1/v1").engine.server_api_key_env == "KEY"
    other = config_of(config, "m", "http://127.0.0.1:2/v1").engine
    assert (other.server_api_key_env, other.server_model, other.adapter) == ("", "m", "none")
    assert config_of(Config(), "qwen2.5-7b", "").engine.adapter == "none"
    assert config_of(Config(), "starter", "").engine.adapter == "auto"


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig, tiny: TinyModel) -> Config:
    sections = tiny_sections(tiny)
    sections["engine"] |= {"adapter": "none"}
    return make_config(make_vault(), **sections)


def evaluate(config: Config, *words: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *words, "--config", str(config.file)])


class Knowing(Ollama):
    """Writes exactly what was accepted, so that nothing is left to change; the day is read off the prompt."""

    def message(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = body["messages"][-1]["content"]
        return {"content": next(report_of(at) for at in range(20) if diary_of(at) in asked)}


def test_a_better_server_is_advised_on_the_persons_own_days(config: Config, tmp_path: Path) -> None:
    with Store.open(config.data_path) as store:
        accept(store, 8)
    server = Knowing([{"name": "qwen3:8b"}])
    with serving(server.answer) as address:
        words = ("--against", "qwen3:8b", "--server", f"{address}/v1")
        found = json.loads(evaluate(config, *words, "--json", "--out", str(tmp_path / "out")).output)
        assert (found["advice"], len(found["days"])) == ("use", 8)
        assert found["other"] == f"qwen3:8b at {address}/v1"
        assert found["summary"]["now"]["edits"] > 0.3 > found["summary"]["other"]["edits"]
        assert found["p_better"] <= 1 / 256
        assert len(list((tmp_path / "out").glob("*-other.md"))) == 8
        shown = evaluate(config, *words, "--days", "2").output
    assert f"{len(server.seen)}" == "10"
    assert "advice: none" in shown and "only 2 accepted days" in shown
    for text in (*map(diary_of, range(8)), *map(report_of, range(8))):
        assert text not in shown


def test_without_accepted_days_and_without_a_model_it_says_what_to_do(config: Config) -> None:
    done = evaluate(config, "--against", "m", "--server", "http://127.0.0.1:9/v1")
    assert isinstance(done.exception, UsageError) and "Tick `accepted`" in done.exception.next_step
    assert isinstance(evaluate(config).exception, UsageError)
    assert "do not go together" in str(evaluate(config, "rows.jsonl", "--against", "m").exception)


@pytest.mark.parametrize(
    ("url", "model", "words"),
    [
        ("https://example.org/v1", "m", "leave this machine"),
        ("http://192.168.0.7:8000/v1", "m", "leave this machine"),
        ("http://127.0.0.1:11434/v1", "gpt-oss:120b-cloud", "runs at its maker's"),
        ("http://example.org/v1", "m", "without encryption"),
        ("127.0.0.1", "m", "no address"),
    ],
)
def test_no_diary_leaves_the_machine_unasked(config: Config, url: str, model: str, words: str) -> None:
    with Store.open(config.data_path) as store:
        accept(store, 1)
    done = evaluate(config, "--against", model, "--server", url)
    assert isinstance(done.exception, UsageError) and words in str(done.exception)


def test_a_server_that_is_in_use_is_compared_with_the_starter(make_vault: MakeVault, make_config: MakeConfig) -> None:
    engine = {"kind": "server", "server_url": "http://127.0.0.1:9/v1", "server_model": "qwen3:8b"}
    config = make_config(make_vault(), engine=engine)
    with Store.open(config.data_path) as store:
        accept(store, 9)
    made: list[Config] = []

    def worker(one: Config) -> FakeWorker:
        made.append(one)
        return FakeWorker(*[result(report_of(at)) for at in range(9)] if len(made) == 1 else [])

    found = compare_models(config, "qwen3:8b", "http://127.0.0.1:9/v1", make_worker=worker)  # type: ignore[arg-type]
    assert [one.engine.kind for one in made] == ["server", "auto"]
    assert (found.now, found.advice) == ("starter + starter-2", "use")


def test_a_model_that_cannot_be_had_is_told_before_anything_is_written(config: Config) -> None:
    with Store.open(config.data_path) as store:
        accept(store, 1)
    done = evaluate(config, "--against", "swallow-8b")
    assert isinstance(done.exception, ModelMissing) and "not verified" in str(done.exception)


def test_a_failing_server_ends_it_in_words(config: Config) -> None:
    with Store.open(config.data_path) as store:
        accept(store, 1)

    def broken(path: str, body: object) -> Reply:
        return 500, {}

    with serving(broken) as address:
        done = evaluate(config, "--against", "m", "--server", f"{address}/v1")
    assert "answered 500" in str(done.exception)
