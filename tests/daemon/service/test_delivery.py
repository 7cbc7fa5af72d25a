"""A process killed between any two steps leaves, after a restart, exactly one report."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import EngineError, WorkerStopped
from daemon.service.job_runner import JobRunner
from daemon.service.on_demand import ask
from daemon.service.service import now
from daemon.service.standing import Owner, standing
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.vault.scan import DiaryNote, find_diaries
from daemon.vault.writer import sweep
from tests.fake_worker import BODY, FakeWorker, result

DAY = date(2026, 1, 7)
NOTE = "diary/2026-01-07.md"
REPORT = "nippo/2026-01-07-nippo.md"
KILLED = 77


def work(config: Config, worker: FakeWorker) -> None:
    """What a daemon does with its queue after a start."""
    layout = read_layout(config)
    with Store.open(config.data_path) as store:
        sweep(layout.file(layout.report_folder))
        runner = JobRunner(layout, store, config, worker, lambda: None, retry_seconds=(0.0,))
        end = time.monotonic() + 10
        while store.jobs("waiting"):
            assert time.monotonic() < end
            runner.turn(now(), time.monotonic())
            time.sleep(0.005)


def queue_note(config: Config, source: str = "backfill") -> None:
    layout = read_layout(config)
    with Store.open(config.data_path) as store:
        notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote)]
        assert ask(layout, store, config, notes, source, now()) == [NOTE]  # type: ignore[arg-type]


def killed_before_step(step: int, config: Config) -> bool:
    """Work in a child process that dies at once before its step-th step; False when it came to its end."""
    child = os.fork()
    if child == 0:
        count = 0

        def counted(function: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **named: object) -> object:
                nonlocal count
                if count == step:
                    os._exit(KILLED)
                count += 1
                return function(*arguments, **named)

            return call

        try:
            for owner, name in (
                (Store, "begin_report"),
                (os, "open"),
                (os, "fdopen"),
                (os, "fsync"),
                (Path, "hardlink_to"),
                (Path, "replace"),
                (Path, "unlink"),
                (Store, "finish_report"),
                (Store, "_put_report"),
            ):
                function = getattr(owner, name)
                static = name == "_put_report"
                setattr(owner, name, staticmethod(counted(function)) if static else counted(function))
            work(config, FakeWorker())
        finally:
            os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


@pytest.mark.parametrize("renewed", [False, True])
def test_a_kill_between_any_two_steps_leaves_exactly_one_report(
    make_vault, make_config, read_vault, renewed: bool
) -> None:
    for step in range(100):
        vault = make_vault({NOTE: "日記"}, name=f"vault{step}{renewed}")
        config = make_config(vault, data={"folder": str(vault.parent / f"data{step}{renewed}")})
        if renewed:
            queue_note(config)
            work(config, FakeWorker(result("前の日報。")))
            (vault / NOTE).write_text("日記の続き")
        queue_note(config)
        killed = killed_before_step(step, config)
        work(config, FakeWorker())
        found = read_vault(vault)
        assert sorted(found) == [NOTE, REPORT], f"step {step}"
        assert str(found[REPORT]).endswith(f"---\n{BODY}\n"), f"step {step}"
        with Store.open(config.data_path) as store:
            assert store.jobs() == []
            assert standing(read_layout(config), store, DAY).owner is Owner.DAEMON
        if not killed:
            assert step > 8
            return
    raise AssertionError("the work never came to its end")


def test_a_finished_write_is_not_drafted_again_after_a_crash(make_vault, make_config) -> None:
    vault = make_vault({NOTE: "日記"})
    config = make_config(vault)
    queue_note(config)
    step = 0
    while not (vault / REPORT).exists():
        assert killed_before_step(step, config)
        step += 1
    worker = FakeWorker()
    work(config, worker)
    assert worker.calls == []


def test_a_deleted_report_comes_back_only_on_demand(make_vault, make_config) -> None:
    vault = make_vault({NOTE: "日記"})
    config = make_config(vault)
    queue_note(config)
    work(config, FakeWorker())
    (vault / REPORT).unlink()
    layout = read_layout(config)
    with Store.open(config.data_path) as store:
        note = DiaryNote(NOTE, DAY, 6, 0)
        assert ask(layout, store, config, [note], "backfill", datetime.now()) == []
    queue_note(config, "report")
    work(config, FakeWorker())
    assert (vault / REPORT).exists()


def test_a_draft_that_was_given_up_blames_neither_note_nor_model(make_vault, make_config) -> None:
    config = make_config(make_vault({NOTE: "日記"}))
    queue_note(config)
    layout = read_layout(config)
    worker = FakeWorker(WorkerStopped("the draft was stopped", ""), EngineError("no model", "Fetch it."))
    with Store.open(config.data_path) as store:
        runner = JobRunner(layout, store, config, worker, lambda: None)
        end = time.monotonic() + 10
        while runner.trouble is None:
            assert time.monotonic() < end
            runner.turn(now(), time.monotonic())
        assert len(worker.calls) == 2, "after the first one the queue went on at once"
        assert (runner.trouble.what, runner.trouble.next_step) == ("no model", "Fetch it.")
        assert [job.attempts for job in store.jobs("waiting")] == [0]
