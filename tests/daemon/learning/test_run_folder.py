"""What one process writes of a run, another one reads: whole, cut short, and as an earlier nippo wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.errors import (
    NippoError,
    OutOfMemory,
    TrainingError,
    TrainingOutOfMemory,
    TrainingStopped,
    UsageError,
)
from daemon.learning.kept import Kept
from daemon.learning.ledger import Ledger, RunRequest, ScheduleMemory, request_run
from daemon.learning.run_folder import (
    PROGRESS,
    Base,
    Checkpoint,
    Ending,
    EventKind,
    MachinePlan,
    Outcome,
    Phase,
    ProgressEvent,
    RunProgress,
    RunRecord,
    RunResult,
    RunScores,
    RunStage,
    RunState,
    TrainingResult,
    losses_of,
    progress_of,
    read_events,
)
from daemon.learning.training_call import check
from daemon.store.store import Store
from training.fitting.progress import Progress

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
CHECKPOINT = Checkpoint(60, "/data/runs/a/checkpoint-60", 1.25, 0.9)
VALUES: list[Kept] = [
    ProgressEvent(EventKind.STEP, 1.5, 3, 240, 1.25, None, 2e-4, 60.0),
    ProgressEvent(EventKind.PHASE, name=Phase.CROSS_VALIDATING),
    RunProgress(Phase.TRAINING, 3, 240, 60.0, 1.25, "3 rows"),
    RunRecord("abc", {"epochs": 2.0, "settings": {"rank": 16}}),
    TrainingResult(
        Ending.TIME_UP, (CHECKPOINT,), 60, Base("starter", "/f", "0" * 64), "c", ("a", "b"), ("long",), 4096
    ),
    TrainingResult(plan=MachinePlan("cuda", "lean", 4, "bfloat16"), seconds=12.5, message="x"),
    RunResult(Outcome.KEPT, "v0.2", "v0.1", ("2026-01-07",), {"p_value": 0.5}, "# 結果\n", ("loss.png",), 9.5),
    RunScores(60, Outcome.PROMOTED, "v0.1", {"pairs": 9}, (CHECKPOINT,), ({"model": "v0.2", "recall": 0.9},)),
    RunState("2026-W47", RunStage.DONE, "asked", NOW, 2, True, NOW, "v0.2", Outcome.KEPT, "nippo/x.md", "", ("line",)),
    RunRequest("forget", NOW),
    ScheduleMemory(NOW, NOW, "4 new pair(s), 5 are needed"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_was_written_is_read(value: Kept, tmp_path: Path) -> None:
    file = tmp_path / "value.json"
    file.write_text(json.dumps(value.to_json(), ensure_ascii=False), encoding="utf-8")
    assert type(value).read(file) == value


@pytest.mark.parametrize("kind", dict.fromkeys(type(value) for value in VALUES), ids=lambda kind: kind.__name__)
def test_what_is_no_value_is_none(kind: type[Kept], tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "cut.json").write_text('{"run": "2026-W4', encoding="utf-8")
    assert [kind.read(tmp_path / name) for name in ("list.json", "cut.json", "none.json")] == [None, None, None]
    with pytest.raises(TrainingError, match=r"cut\.json: is missing or damaged"):
        kind.need(tmp_path / "cut.json")


def test_the_files_of_an_earlier_nippo_are_understood(tmp_path: Path) -> None:
    """As they were written before these classes: without some keys, with others that are gone."""
    old = {"run": "2026-W40", "state": "running", "reason": "schedule", "started": "2026-09-30T03:00:00+00:00"}
    state = RunState.from_json({**old, "attempts": 2, "gone": 1})
    assert state == RunState("2026-W40", RunStage.RUNNING, "schedule", datetime(2026, 9, 30, 3, tzinfo=UTC), 2)
    result = {"exit": "stopped", "checkpoints": [{"event": "checkpoint", "step": 9, "loss": 1.0}], "best": None}
    assert TrainingResult.from_json(result) == TrainingResult(Ending.STOPPED, (Checkpoint(9, loss=1.0),))
    memory = {"last_slot": "2026-09-27T03:00:00.123456+00:00", "next_run": None, "note": ""}
    assert ScheduleMemory.from_json(memory) == ScheduleMemory(datetime(2026, 9, 27, 3, 0, 0, 123456, UTC))
    scores = {"step": 120, "checkpoints": [{"step": 120, "loss": 0.4, "dev_loss": 0.8}], "evaluation": [{"model": "b"}]}
    assert RunScores.from_json(scores) == RunScores(
        120, checkpoints=(Checkpoint(120, "", 0.4, 0.8),), evaluation=({"model": "b"},)
    )


def test_progress_survives_a_line_cut_short_and_lines_of_a_later_nippo(tmp_path: Path) -> None:
    (tmp_path / PROGRESS).write_text(
        '{"event": "phase", "name": "training"}\n{"event": "dream", "step": 1}\n[]\n'
        '{"event": "step", "step": 2, "steps": 4, "left": 9.5, "colour": "red"}\n{"event": "st',
        encoding="utf-8",
    )
    found = progress_of(read_events(tmp_path))
    assert (found.phase, found.step, found.steps, found.left) == (Phase.TRAINING, 2, 4, 9.5)
    assert read_events(tmp_path / "nowhere") == () and progress_of(()) == RunProgress()


def test_the_writer_of_progress_is_read_by_everyone(tmp_path: Path) -> None:
    """A weekly run writes its phases beside a training that begins by removing the old file: none is lost."""
    weekly, training = Progress(tmp_path / PROGRESS, 0), Progress(tmp_path / PROGRESS, 2)
    weekly.tell(ProgressEvent(EventKind.PHASE, name=Phase.TRAINING))
    (tmp_path / PROGRESS).unlink()
    training.begin(0)
    training.step(1, 1.5, 1e-4)
    training.tell(ProgressEvent(EventKind.CHECKPOINT, step=1, loss=1.5, dev_loss=1.25))
    assert progress_of(read_events(tmp_path)).step == 1
    weekly.tell(ProgressEvent(EventKind.PHASE, name=Phase.JUDGING))
    assert progress_of(read_events(tmp_path)).phase is Phase.JUDGING
    assert losses_of(read_events(tmp_path)) == ({1: 1.5}, {1: 1.25})


@pytest.mark.parametrize(
    ("problem", "ending"),
    [
        (UsageError("x"), Ending.USAGE),
        (TrainingOutOfMemory("x"), Ending.OUT_OF_MEMORY),
        (OutOfMemory("x"), Ending.OUT_OF_MEMORY),
        (TrainingStopped("x"), Ending.STOPPED),
        (TrainingError("x"), Ending.FAILED),
        (NippoError("x"), Ending.FAILED),
    ],
)
def test_an_error_ends_a_child_by_a_code_that_is_the_error_again(problem: NippoError, ending: Ending) -> None:
    assert Ending.of_error(problem) is ending is Ending.of_code(int(ending))
    with pytest.raises(NippoError) as caught:
        check(int(ending))
    assert Ending.of_error(caught.value) is ending


def test_a_signal_is_no_exit_code() -> None:
    assert [Ending.of_code(code) for code in (-9, 7, 137)] == [Ending.KILLED] * 3
    with pytest.raises(TrainingError, match="SIGKILL"):
        check(-9)


def test_the_ledger_keeps_what_it_is_given(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        ledger = Ledger(store)
        assert (ledger.state, ledger.request, ledger.schedule) == (None, None, ScheduleMemory())
        request_run(store, NOW, "asked")
        ledger.state = RunState("2026-W47", RunStage.RUNNING)
        ledger.seen, ledger.held_out = {"a", "b"}, {"b", "c"}
    with Store.open(tmp_path) as store:
        ledger = Ledger(store)
        assert ledger.request == RunRequest("asked", NOW)
        assert ledger.state == RunState("2026-W47", RunStage.RUNNING)
        ledger.request = None
        ledger.forget(["b", "x"])
        assert (ledger.request, ledger.seen, ledger.held_out, ledger.forgotten) == (None, {"a"}, {"c"}, {"b", "x"})
