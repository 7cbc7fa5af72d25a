"""The whole loop on a tiny model: accept, train, gate, promote, and the next draft is the new version's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.drafting.prompt import HABITS, digest
from daemon.drafting.result import DraftRequest
from daemon.learning.reviewer import Reviewer
from daemon.learning.run_folder import Outcome, RunStage
from daemon.learning.weekly import Teacher
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.versions.artifact import find_version
from daemon.versions.champion import champion
from daemon.worker.shared import SharedWorker
from tests.conftest import MakeConfig, MakeVault
from tests.learning_world import NOW, School, add_starter, small_starter, tiny_sections, vault_files
from tests.tiny_model import TinyModel

PAIRS = 40


@pytest.fixture
def school(
    make_vault: MakeVault, make_config: MakeConfig, tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[School]:
    starter = small_starter(tmp_path / "starter", by_sentence=True)
    add_starter(starter, tiny)
    monkeypatch.setenv("NIPPO_STARTER_FOLDER", str(starter))
    config = make_config(make_vault(vault_files(PAIRS)), **tiny_sections(tiny, checkpoints=[20, 40]))
    with Store.open(config.data_path) as store:
        yield School(config, store, Teacher(config, store))


def test_accept_train_gate_promote_draft(school: School) -> None:
    vault = school.config.vault_path
    diaries = {file: file.read_bytes() for file in (vault / "diary").iterdir()}
    Reviewer(school.config, school.store).scanned(NOW)
    assert len(school.store.pairs()) == PAIRS

    with SharedWorker(school.config) as worker:
        request = DraftRequest("2026-11-21", "Javaの授業。3問解いた。")
        before = worker.draft(request)
        assert (before.version, before.method) == ("starter-2", "sentences")
        worker.tick(0.0)

        school.ask()
        school.until(lambda: school.state is not None and school.state.state is RunStage.RUNNING)
        school.until(lambda: (worker.tick(0.0) or True) and school.state.state is not RunStage.RUNNING)
        state = school.finish()
        assert state.state is RunStage.DONE, school.log()
        assert state.outcome is Outcome.PROMOTED, (vault / state.note).read_text(encoding="utf-8")
        assert champion(school.config) == "v0.1" == state.version

        after = worker.draft(request)
        assert (after.version, after.method) == ("v0.1", "sentences")

    version = find_version(school.config, "v0.1")
    assert (version.meta.method, version.meta.prompt, version.meta.habits) == ("sentences", digest(), HABITS)
    held_out = school.ledger.held_out
    assert len(held_out) >= 8 and not held_out & set(version.meta.pair_ids)
    assert school.ledger.seen == {pair.id for pair in school.store.pairs()}
    page = (vault / state.note).read_text(encoding="utf-8")
    assert state.note == "nippo/_training/2026-W47.md"
    assert "新しい版 v0.1 を採用しました" in page and "![[2026-W47-loss.png]]" in page and "★" in page
    gate = version.meta.scores["gate"]
    assert version.meta.scores["against"] == "starter-2" and gate["measured"] == gate["pairs"] == len(held_out)
    assert gate["likelihood_gain"] > 0 and "対数尤度の差" in page
    assert "あなたが直した文だけで比べました" in page
    assert gate["selection"] is not None and "文の選び違い" in page and "直す量" in page
    known = gate["remembered"]
    assert known["days"] == 2 and known["parent_written"] >= known["parent"] and known["written"] >= known["lines"]
    assert "見本の日記2件での正しい行/全行" in page
    assert (vault / "nippo/_training/2026-W47-loss.png").read_bytes().startswith(b"\x89PNG")
    assert {file: file.read_bytes() for file in (vault / "diary").iterdir()} == diaries
    files = [file for file in school.folder.rglob("*") if file.is_file()]
    left = [file for file in files if "問解いた" in file.read_text(encoding="utf-8", errors="replace")]
    assert left == [], "no diary or report stays in the run's folder"
    assert json.loads((school.folder / "plan.json").read_text())["version"] == "v0.1"
    everything = [school.config.data_path, *school.config.data_path.rglob("*")]
    assert [path for path in everything if path.stat().st_mode & 0o077] == [], "its user's alone, libraries' files too"


def test_the_layout_of_the_vault_knows_no_verdicts(school: School) -> None:
    layout = read_layout(school.config)
    assert layout.report_date("nippo/_training/2026-W47.md") is None
    assert layout.diary_date("nippo/_training/2026-W47.md") is None
    assert Path(layout.report_folder).name == "nippo"
