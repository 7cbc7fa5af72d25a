"""A weekly run learns in the way that the version writes which it starts from, or else as its corpus is labelled."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from daemon.errors import TrainingError
from daemon.store.store import Store
from tests.conftest import MakeConfig, MakeVault
from tests.learning_world import accept, add_starter, small_starter, tiny_sections
from tests.tiny_model import TinyModel
from training.fitting.progress import Progress
from training.weekly import run
from training.weekly.run import prepare
from training.weekly.week import Week


@pytest.fixture
def week(make_vault: MakeVault, make_config: MakeConfig, tiny: TinyModel, tmp_path: Path) -> Week:
    return Week(make_config(make_vault(), **tiny_sections(tiny)), tmp_path / "run", Progress(None, 0), time.monotonic())


@pytest.mark.parametrize(
    "starter, labelled, by_sentence",
    [("sentences", True, True), ("whole", True, False), ("", True, True), ("", False, False)],
)
def test_the_starting_point_decides(
    week: Week,
    tiny: TinyModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    starter: str,
    labelled: bool,
    by_sentence: bool,
) -> None:
    folder = small_starter(tmp_path / "starter", by_sentence=labelled)
    if starter:
        add_starter(folder, tiny, starter)
    monkeypatch.setenv("NIPPO_STARTER_FOLDER", str(folder))
    with Store.open(week.config.data_path) as store:
        accept(store, 12)
        material, start = prepare(week, store, store.pairs())
    assert start == (folder / "adapter" if starter else None)
    assert len(material.own) + len(material.held_out) == 12 and material.silent == ()
    for row in (*material.rows, *material.held_out):
        assert (row.sentences is not None) is by_sentence
        assert bool(row.judged) is (by_sentence and not row.accepted)


def test_a_base_that_cannot_be_judged_by_sentence_is_refused_before_anything_is_trained(
    week: Week, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(reference: str) -> None:
        raise TrainingError(f"{reference}: no engine", "Set training.base.")

    monkeypatch.setenv("NIPPO_STARTER_FOLDER", str(small_starter(tmp_path / "starter", by_sentence=True)))
    monkeypatch.setattr(run, "need_writer", refuse)
    with Store.open(week.config.data_path) as store:
        accept(store, 12)
        with pytest.raises(TrainingError, match="no engine"):
            prepare(week, store, store.pairs())
