"""The weekly run itself, killed, starved and refused: the champion works on, the next try goes on or starts clean."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.learning.run_folder import Ending, Outcome, Phase, RunStage, progress_of, read_events
from daemon.learning.training_job import TrainingJob
from daemon.learning.weekly import Teacher
from daemon.store.store import Store
from daemon.system.accelerator import TRAINING
from daemon.system.lock import holder
from daemon.system.processes import end_group
from daemon.versions.artifact import list_versions
from daemon.versions.champion import champion
from tests.conftest import MakeConfig, MakeVault
from tests.learning_world import School, accept, small_starter, tiny_sections
from tests.tiny_model import TinyModel


@pytest.fixture
def school(
    make_vault: MakeVault, make_config: MakeConfig, tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[School]:
    monkeypatch.setenv("NIPPO_STARTER_FOLDER", str(small_starter(tmp_path / "starter")))
    settings = tiny_sections(tiny, checkpoints=[2, 4], learning_rate=1e-12)  # learns nothing, so the base is kept
    config = make_config(make_vault(), **settings)
    with Store.open(config.data_path) as store:
        accept(store, 18)
        yield School(config, store, Teacher(config, store))


def end(job: TrainingJob, seconds: float = 240.0) -> Ending:
    deadline = time.monotonic() + seconds
    while (ending := job.poll()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return ending


def log(job: TrainingJob) -> str:
    return (job.folder / "training.log").read_text(encoding="utf-8", errors="replace")


def test_killed_while_training_and_while_judging_it_goes_on_to_the_end(school: School) -> None:
    """Power goes twice: after the first checkpoint, and while the gate compares. No step is trained twice, nothing but
    the finished version appears, and its name stays the one that was planned."""
    school.ask()
    school.turn()
    school.until(lambda: (school.folder / "checkpoint-2" / "nippo.json").is_file())
    first = school.teacher._job
    assert first is not None
    end_group(first.pid, "SIGKILL")
    school.until(lambda: school.state.attempts == 2)
    assert list_versions(school.config) == ([], {}) and champion(school.config) is None

    school.until(lambda: progress_of(read_events(school.folder)).phase is Phase.JUDGING)
    second = school.teacher._job
    assert second is not None
    end_group(second.pid, "SIGKILL")
    state = school.finish()
    assert state.state is RunStage.DONE, school.log()
    assert state.attempts == 3 and state.version == "v0.1"
    assert [version.name for version in list_versions(school.config)[0]] == ["v0.1"]
    assert holder(school.config.data_path, TRAINING) is None
    page = (school.config.vault_path / state.note).read_text(encoding="utf-8")
    assert "| 2 |" in page and "| 4 |" in page
    base = Path(school.config.engine.model)
    assert state.outcome is Outcome.KEPT and f"# 今の版 {base.name} を" in page
    assert str(base.parent) not in page, "a note names the model, not where it lies"


def test_asked_to_end_it_saves_and_takes_its_children_along(school: School) -> None:
    job = TrainingJob(school.config, school.config.data_path / "runs" / "r")
    deadline = time.monotonic() + 200
    while not (job.folder / "checkpoint-2").exists() and time.monotonic() < deadline:
        assert job.poll() is None, log(job)
        time.sleep(0.02)
    os.kill(job.pid, signal.SIGTERM)
    assert end(job) in (Ending.STOPPED, Ending.OK), log(job)
    assert holder(school.config.data_path, TRAINING) is None, "no grandchild holds the lock any more"
    assert not list(job.folder.rglob("rows.jsonl"))


def test_a_full_disk_is_told_and_harms_nothing(school: School) -> None:
    """The child may write files of 150 kB at most, as on a disk that fills up: the first larger write fails."""
    school.store.scrub()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, before[1]))
    try:
        job = TrainingJob(school.config, school.config.data_path / "runs" / "r")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert end(job) is Ending.FAILED
    assert "File too large" in log(job) or "os error 27" in log(job)
    assert list_versions(school.config) == ([], {}) and champion(school.config) is None
    assert not list(job.folder.rglob("rows.jsonl")) and not (job.folder / "weekly.json").exists()


def test_a_missing_base_model_is_named(school: School) -> None:
    engine = school.config.engine.model_copy(update={"model": "/nowhere/base.gguf"})
    job = TrainingJob(school.config.model_copy(update={"engine": engine}), school.config.data_path / "runs" / "r")
    assert end(job) is Ending.FAILED
    assert "/nowhere/base.gguf" in log(job)


def test_the_second_of_two_trainings_is_refused(school: School) -> None:
    first = TrainingJob(school.config, school.config.data_path / "runs" / "a")
    deadline = time.monotonic() + 60
    while holder(school.config.data_path, TRAINING) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    second = TrainingJob(school.config, school.config.data_path / "runs" / "b")
    assert end(second) is Ending.BUSY
    assert first.poll() is None
    first.stop(60.0)


def test_without_an_accepted_report_there_is_nothing_to_learn(school: School) -> None:
    for pair in school.store.pairs():
        school.store.delete_pair(pair.id)
    job = TrainingJob(school.config, school.config.data_path / "runs" / "r")
    assert end(job) is Ending.FAILED
    assert "no accepted report" in log(job)


def test_no_diary_reaches_the_log_of_a_run_that_breaks(school: School) -> None:
    """Rows of the store that are no text end in an error that names its place, not its text."""
    school.store._database.execute("UPDATE pairs SET report = x'00ff', diary = '秘密の日記' WHERE id = '2026-10-01'")
    job = TrainingJob(school.config, school.config.data_path / "runs" / "r")
    assert end(job) is Ending.FAILED
    assert "秘密" not in log(job)


def test_help_needs_no_settings() -> None:
    done = subprocess.run([sys.executable, "-m", "training.weekly.run", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--run" in done.stdout
