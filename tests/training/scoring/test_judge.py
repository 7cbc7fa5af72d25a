"""Every contender is judged as it writes: by sentence or whole, and likelihoods only among equals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daemon.config import Config, EngineSettings, PrivacySettings
from daemon.config.report_form import ReportSettings
from daemon.drafting.result import DraftResult
from daemon.engines.transformers import TransformersEngine
from daemon.errors import TrainingError
from daemon.learning.run_folder import Base
from tests.learning_world import diary_of, labels, report_of
from tests.tiny_model import TinyModel
from training.pairs.rows import Row
from training.scoring import evaluate
from training.scoring.judge import Contender, Judged, judge, need_writer, remembered_lines, serving_engine


@pytest.fixture
def rows() -> list[Row]:
    found = []
    for number in range(2):
        sentences = tuple((text, tuple(lines)) for text, lines in labels(number))
        found.append(Row(f"p-{number}", "2026-01-07", diary_of(number), report_of(number), sentences=sentences))
    return found


@pytest.fixture
def drafted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each report was written, in order."""
    methods: list[str] = []
    draft = evaluate.draft_report

    def told(*arguments: Any) -> DraftResult:
        result = draft(*arguments)
        methods.append(result.method)
        return result

    monkeypatch.setattr(evaluate, "draft_report", told)
    return methods


def judged(tiny: TinyModel, rows: list[Row], *contenders: Contender) -> list[Judged]:
    engine = EngineSettings(model=str(tiny.gguf), context_tokens=4096, max_report_tokens=32, drafts=1, threads=1)
    config = Config(engine=engine, report=ReportSettings(min_characters=1))
    return judge(config, Base("tiny", str(tiny.hf), ""), str(tiny.gguf), contenders, rows)


def test_versions_by_sentence_are_judged_by_their_answers_and_their_reports(
    tiny: TinyModel, rows: list[Row], drafted: list[str]
) -> None:
    unlabelled = replace(rows[1], sentences=None)
    one, other = judged(tiny, [rows[0], unlabelled], *[Contender(None, "sentences")] * 2)
    assert one == other and drafted == ["sentences"] * 4
    assert one.scores[0].log_likelihood is not None and one.scores[0].log_likelihood < 0
    assert one.scores[1].log_likelihood is None
    assert one.scores[0].selection is not None and one.scores[1].selection is None
    assert one.scores[0].edits > 0 and [len(record.sentences) for record in one.records] == [2, 2]


def test_a_version_that_writes_whole_reports_goes_on_doing_so_beside_one_by_sentence(
    tiny: TinyModel, rows: list[Row], drafted: list[str]
) -> None:
    both = judged(tiny, rows, Contender(None, "whole"), Contender(None, "sentences"))
    assert drafted == ["whole", "whole", "sentences", "sentences"]
    assert [score.log_likelihood for one in both for score in one.scores] == [None] * 4


@pytest.mark.parametrize(
    ("kind", "reference", "engine"),
    [("transformers", "starter", "transformers"), ("llamacpp", "starter", "llamacpp"),
     ("server", "starter", "llamacpp"), ("server", "Qwen/Qwen2.5-7B-Instruct", "transformers"),
     ("llamacpp", "Qwen/Qwen2.5-7B-Instruct", "transformers")],
)  # fmt: skip
def test_reports_are_written_by_the_engine_that_will_serve(kind: str, reference: str, engine: str) -> None:
    assert serving_engine(Config(engine=EngineSettings.model_validate({"kind": kind})), reference) == engine


def test_the_starters_days_are_asked_for_as_they_were_made_whatever_the_person_has_set(
    tiny: TinyModel, rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Config] = []
    draft = evaluate.draft_report

    def told(engine: Any, request: Any, config: Config) -> DraftResult:
        seen.append(config)
        return draft(engine, request, config)

    monkeypatch.setattr(evaluate, "draft_report", told)
    engine = EngineSettings(model=str(tiny.gguf), context_tokens=4096, max_report_tokens=32, drafts=1, threads=1)
    own = ReportSettings(lead="【日報】", closing="", instructions="短く。", caution="low")
    config = Config(engine=engine, report=own, privacy=PrivacySettings(deny=("Java",)))
    starters = [replace(row, private=(), facts=()) for row in rows]
    (lines,) = remembered_lines(config, str(tiny.gguf), [Contender(None, "sentences")], starters)
    assert [day.true for day in lines] == [0, 0], "a random model writes nothing true"
    assert {one.report for one in seen} == {ReportSettings(caution="low")} and not any(one.privacy.deny for one in seen)


def test_a_base_that_no_engine_asks_by_sentence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    need_writer("starter")
    need_writer("/models/own.GGUF")
    monkeypatch.setattr(TransformersEngine, "ask", None, raising=False)
    need_writer("Qwen/Qwen2.5-1.5B-Instruct")
    monkeypatch.delattr(TransformersEngine, "ask")
    with pytest.raises(TrainingError, match="GGUF"):
        need_writer("Qwen/Qwen2.5-1.5B-Instruct")
