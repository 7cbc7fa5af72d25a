"""A week by sentence: accepted reports become labels, starter days are mixed in, and the version says so."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from daemon.drafting.prompt import digest
from daemon.learning.run_folder import Outcome
from daemon.store.store import Store
from daemon.versions.artifact import models_folder, read_version
from tests.conftest import MakeConfig, MakeVault
from tests.learning_world import NOW, accept, small_starter, tiny_sections
from tests.tiny_model import TinyModel
from training.fitting.progress import Progress
from training.weekly.run import method_of_week, prepare, starter_corpus, teach
from training.weekly.week import Week

PAIRS = 16


@pytest.fixture
def week(
    make_vault: MakeVault, make_config: MakeConfig, tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Week:
    starter = small_starter(tmp_path / "starter", by_sentence=True)
    judged = {"id": "c-0", "lines": [["* 遊びました。", "P"]]}
    own = {"id": "t-0", "date": "2026-01-07", "diary": "Goを学んだ。", "lines": [["* Goを学びました。", "T"]]}
    (starter / "judged.jsonl").write_text("\n".join(map(json.dumps, (judged, own))) + "\n", encoding="utf-8")
    monkeypatch.setenv("NIPPO_STARTER_FOLDER", str(starter))
    config = make_config(make_vault(), **tiny_sections(tiny, checkpoints=[2]))
    with Store.open(config.data_path) as store:
        accept(store, PAIRS)
    folder = tmp_path / "run"
    folder.mkdir()
    return Week(config, folder, Progress(None, 0), time.monotonic())


def test_accepted_reports_are_learned_by_sentence_beside_starter_days(week: Week) -> None:
    with Store.open(week.config.data_path) as store:
        material, start = prepare(week, store, store.pairs())
    assert start is None, "the small starter ships no adapter"
    rows = {row.id: row for row in material.rows}
    assert {"c-0", "t-0"} <= set(rows), "a model that starts from nothing sees the whole corpus"
    assert rows["c-0"].judged == (("* 遊びました。", "P", 1.0),) and rows["t-0"].report is None
    own = [row for row in material.rows if row.accepted]
    lines = {line for row in own for _, found in row.sentences or () for line in found or ()}
    assert "* SQLの問題を15問解きました。" in lines, "in the writer's own form, whatever the person's is"
    assert len(material.held_out) == 8 and all(row.sentences for row in material.held_out)


def test_whole_reports_are_learned_where_they_are_asked_for_or_nothing_is_labelled(week: Week) -> None:
    corpus = starter_corpus()
    assert method_of_week(week.config, corpus) == "sentences"
    asked = week.config.model_copy(update={"engine": week.config.engine.model_copy(update={"method": "whole"})})
    assert method_of_week(asked, corpus) == "whole"
    assert method_of_week(week.config, []) == "whole"


def test_a_week_gives_a_version_that_writes_by_sentence(week: Week) -> None:
    """Training, the gate on held-out days written sentence by sentence, and the export, on a tiny model."""
    result = teach(week, NOW)
    assert result.outcome in (Outcome.PROMOTED, Outcome.KEPT) and result.verdict["pairs"] == 8
    assert result.verdict["likelihood_gain"] is not None
    meta = read_version(models_folder(week.config) / result.version).meta
    assert (meta.method, meta.prompt) == ("sentences", digest())
    assert {"c-0", "t-0"} <= set(meta.pair_ids)
    left = [file for file in week.folder.rglob("*.jsonl") if "問解いた" in file.read_text(encoding="utf-8")]
    assert left == [], "no diary stays in the run's folder"
