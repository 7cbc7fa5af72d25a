"""The teacher in the daemon's loop, with a child that does as it is told: every end leaves a working champion."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psutil
import pytest

import daemon.learning.training_job as training_job
from daemon.config import Config
from daemon.errors import UsageError
from daemon.learning.announcement import settle_all
from daemon.learning.ledger import Ledger
from daemon.learning.run_folder import Ending, Outcome, RunStage, RunState
from daemon.learning.run_report import follow, line_of, summary, training_status
from daemon.learning.training_job import TrainingJob, run_name, weekly_argv
from daemon.learning.weekly import Teacher, stop_run
from daemon.store.store import Store
from daemon.system.accelerator import ACCELERATOR, TRAINING, FileLock
from daemon.system.clock import local_time
from daemon.system.lock import holder
from daemon.vault.layout import read_layout
from daemon.versions.artifact import ADAPTER, ADAPTER_CONFIG, Meta, models_folder, seal
from daemon.versions.champion import champion, history, promote, rollback
from tests.conftest import MakeConfig, MakeVault
from tests.every_step import killed_before
from tests.learning_world import NOW, School, accept

CHILD = """
import json, os, signal, sys, time
from pathlib import Path
from daemon.system.accelerator import TRAINING, FileLock
from daemon.worker.messages import read_config
config = read_config(json.loads(sys.stdin.readline()))
folder = Path(sys.argv[1])
lock = FileLock(config.data_path, TRAINING)
if not lock.wait(1.0):
    raise SystemExit(6)
def tell(**event):
    with (folder / "progress.jsonl").open("a") as stream:
        stream.write(json.dumps(event) + "\\n")
def done(**changes):
    values = {"outcome": "promoted", "version": "v0.1", "pairs": ["2026-10-01"], "note": "# 結果\\n", "pictures": []}
    (folder / "weekly.json").write_text(json.dumps({**values, **changes}))
"""


@pytest.fixture
def school(make_vault: MakeVault, make_config: MakeConfig) -> Iterator[School]:
    vault = make_vault({"diary/2026-10-01.md": "Java", "nippo/.keep": ""})
    schedule = {"retrain": "sun 03:00", "jitter_minutes": 0.0, "min_new_pairs": 5}
    config = make_config(vault, schedule=schedule, engine={"model": "starter"})
    with Store.open(config.data_path) as store:
        yield School(config, store, Teacher(config, store, zone=UTC))


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``child("done()")``: from now on a training is a real process that runs these lines."""

    def make(lines: str) -> None:
        file = tmp_path / "child.py"
        file.write_text(CHILD + textwrap.dedent(lines), encoding="utf-8")
        monkeypatch.setattr(training_job, "weekly_argv", lambda folder, python, *_: [python, str(file), str(folder)])

    return make


def make_version(config: Config, name: str, base: str = "starter") -> Path:
    """A sealed version without a model behind it."""
    from daemon.models.known import KNOWN

    folder = models_folder(config) / name
    folder.mkdir(parents=True)
    (folder / ADAPTER).write_bytes(b"weights")
    (folder / ADAPTER_CONFIG).write_text("{}")
    sha = KNOWN[base].sha256 if base in KNOWN else "0" * 64
    seal(folder, Meta(name, "2026-11-22T04:00:00+00:00", base, sha, "", ("2026-10-01",)))
    return folder


def test_sunday_comes_the_run_is_promoted_and_its_verdict_is_in_the_vault(
    school: School, child: Callable[[str], None]
) -> None:
    accept(school.store, 8)
    make_version(school.config, "v0.1")
    child('tell(event="phase", name="training"); tell(event="step", step=3, steps=9, left=60); done()')
    school.moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    school.turn()
    assert school.state is None
    assert school.ledger.schedule.next_run == datetime(2026, 11, 22, 3, tzinfo=UTC)
    school.moment = NOW
    school.turn()
    assert school.state.state is RunStage.RUNNING and school.state.run == "2026-W47"
    state = school.finish()
    assert (state.state, state.outcome, champion(school.config)) == (RunStage.DONE, Outcome.PROMOTED, "v0.1")
    assert (school.config.vault_path / state.note).read_text(encoding="utf-8") == "# 結果\n"
    assert not (school.folder / "weekly.json").exists(), "its text does not stay in the data folder"
    assert school.ledger.seen == {"2026-10-01"}
    for _ in range(3):
        school.turn()
    assert school.state == state, "the same Sunday does not come twice"


def test_too_few_new_pairs_wait_for_the_next_week(school: School, child: Callable[[str], None]) -> None:
    accept(school.store, 7)
    child("raise SystemExit(1)")
    school.moment = NOW - timedelta(days=1)
    school.turn()
    school.moment = NOW
    school.turn()
    assert school.state is None
    assert "7 new pair(s), 8 are needed" in school.ledger.schedule.note
    accept(school.store, 1, first=7)
    school.turn()
    assert school.state is None, "this Sunday is over"


def test_drafts_that_are_good_as_they_are_wait_until_five_were_changed(
    school: School, child: Callable[[str], None]
) -> None:
    accept(school.store, 9)
    for pair in school.store.pairs()[4:]:
        school.store.put_pair(replace(pair, draft=f"{pair.report}\n"))
    child("raise SystemExit(1)")
    school.moment = NOW - timedelta(days=1)
    school.turn()
    school.moment = NOW
    school.turn()
    assert school.state is None and "4 accepted report(s) were changed" in school.ledger.schedule.note
    status = training_status(school.config, school.store)
    assert status.missing_changes == 1 and summary(status)[-1].startswith("4 accepted report(s) differ")
    accept(school.store, 1, first=9)
    assert not training_status(school.config, school.store).missing_changes
    school.moment = NOW + timedelta(days=7)
    school.turn()
    assert school.state is not None and school.state.reason == "schedule"


def test_pairs_of_earlier_runs_count_while_they_are_there(school: School, child: Callable[[str], None]) -> None:
    """Eight that a run has seen leave it to the setting; of two, six more make a verdict possible."""
    accept(school.store, 12)
    child("raise SystemExit(1)")
    school.ledger.seen = [pair.id for pair in school.store.pairs()][:8]
    assert training_status(school.config, school.store).needed_pairs == 5
    for pair in school.store.pairs()[:6]:
        school.store.delete_pair(pair.id)
    assert training_status(school.config, school.store).needed_pairs == 6
    school.moment = NOW - timedelta(days=1)
    school.turn()
    school.moment = NOW
    school.turn()
    assert school.state is None and "4 new pair(s), 6 are needed" in school.ledger.schedule.note
    accept(school.store, 2, first=12)
    school.moment = NOW + timedelta(days=7)
    school.turn()
    assert school.state is not None and school.state.reason == "schedule"


def test_without_the_training_packages_sunday_passes_with_a_word(school: School, child: Callable[[str], None]) -> None:
    def missing() -> None:
        raise UsageError("not installed: torch", 'Install them with `pip install "nippo[train]"`.')

    accept(school.store, 8)
    child("done()")
    school.teacher = Teacher(school.config, school.store, zone=UTC, need=missing)
    school.moment = NOW - timedelta(days=1)
    school.turn()
    school.moment = NOW
    school.turn()
    assert school.state is None
    assert "not installed: torch" in school.ledger.schedule.note
    assert "pip install" in school.ledger.schedule.note
    assert summary(training_status(school.config, school.store, missing)) == [
        'none on this machine: not installed: torch. Install them with `pip install "nippo[train]"`.'
    ]
    school.ask()
    school.turn()
    assert school.state.state is RunStage.FAILED and school.state.message == "not installed: torch"


def test_without_the_training_packages_few_pairs_are_no_promise_of_a_run(school: School) -> None:
    def missing() -> None:
        raise UsageError("not installed: torch", 'Install them with `pip install "nippo[train]"`.')

    accept(school.store, 2)
    school.teacher = Teacher(school.config, school.store, zone=UTC, need=missing)
    school.moment = NOW - timedelta(days=1)
    school.turn()
    school.moment = NOW
    school.turn()
    assert "are needed" not in school.ledger.schedule.note
    assert all(
        "next" not in line and "needed" not in line
        for line in summary(training_status(school.config, school.store, missing))
    )


def test_a_kept_version_changes_nothing_but_leaves_its_verdict(school: School, child: Callable[[str], None]) -> None:
    child('done(outcome="kept")')
    school.ask()
    state = school.finish()
    assert state.outcome is Outcome.KEPT and champion(school.config) is None
    assert (school.config.vault_path / "nippo/_training/2026-W47.md").is_file()
    school.ask()
    school.turn()
    assert school.finish().run == "2026-W47-2", "a second run of the week has a name of its own"


def test_a_failed_run_keeps_its_last_lines(school: School, child: Callable[[str], None]) -> None:
    child('[print("line", n, file=sys.stderr) for n in range(40)]; raise SystemExit(3)')
    make_version(school.config, "v0.1")
    promote(school.config, "v0.1", NOW)
    school.ask()
    state = school.finish()
    assert state.message == "the training ran out of memory"
    assert state.last_lines == tuple(f"line {number}" for number in range(15, 40))
    assert champion(school.config) == "v0.1"
    with pytest.raises(Exception, match="ran out of memory"):
        follow(school.config, lambda line: None)


def test_a_killed_run_is_taken_up_and_not_for_ever(school: School, child: Callable[[str], None]) -> None:
    child('(folder / "tries").open("a").write("x"); os.kill(os.getpid(), signal.SIGKILL)')
    school.ask()
    state = school.finish()
    assert state.message == "the training was killed"
    assert (school.folder / "tries").read_text() == "xxx"


def test_a_run_killed_once_finishes_the_second_time(school: School, child: Callable[[str], None]) -> None:
    child(
        """
        mark = folder / "once"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        done(outcome="kept")
        """
    )
    school.ask()
    assert school.finish().outcome is Outcome.KEPT


def test_beyond_its_memory_the_child_is_killed(school: School, child: Callable[[str], None]) -> None:
    child("hoard = bytearray(300_000_000); time.sleep(60)")
    limits = school.config.training.model_copy(update={"max_memory_gigabytes": 0.2})
    school.teacher.reconfigure(school.config.model_copy(update={"training": limits}))
    school.ask()
    state = school.finish()
    assert "ran out of memory; memory: 0." in state.message


def test_a_second_training_is_refused(school: School, child: Callable[[str], None]) -> None:
    with_lock = FileLock(school.config.data_path, TRAINING)
    assert with_lock.acquire()
    child("done()")
    school.ask()
    try:
        state = school.finish()
    finally:
        with_lock.release()
    assert state.message == "the training was refused: another training is running"


def test_a_daemon_that_was_killed_finds_its_child_again(school: School, child: Callable[[str], None]) -> None:
    """The new daemon neither starts a second one nor loses the result of the first."""
    child(
        """
        tell(event="start", step=0, steps=9)
        (folder / "pid").touch()
        time.sleep(3)
        done(outcome="kept")
        """
    )
    school.ask()
    school.until(lambda: school.state is not None and (school.folder / "pid").is_file())
    old = school.teacher._job
    assert old is not None
    school.teacher = Teacher(school.config, school.store, zone=UTC)
    school.turn()
    status = training_status(school.config, school.store)
    assert status.running and status.progress.steps == 9
    assert line_of(status) == "2026-W47: training, step 0 of 9"
    school.until(lambda: school.state.state is RunStage.DONE)
    assert school.state.attempts == 1
    old.poll()


def test_a_stopped_daemon_stops_its_child_which_goes_on_later(school: School, child: Callable[[str], None]) -> None:
    child(
        """
        if (folder / "saved").exists():
            done(outcome="kept")
            raise SystemExit(0)
        def save(*_):
            (folder / "saved").touch()
            raise SystemExit(4)
        signal.signal(signal.SIGTERM, save)
        (folder / "ready").touch()
        time.sleep(60)
        """
    )
    school.ask()
    school.until(lambda: school.state is not None and (school.folder / "ready").is_file())
    school.teacher.stop()
    assert holder(school.config.data_path, TRAINING) is None
    school.teacher = Teacher(school.config, school.store, zone=UTC)
    assert school.finish().outcome is Outcome.KEPT


def test_a_person_can_stop_a_run_for_good(school: School, child: Callable[[str], None]) -> None:
    child('signal.signal(signal.SIGTERM, lambda *_: sys.exit(4)); (folder / "ready").touch(); time.sleep(60)')
    school.ask()
    school.until(lambda: school.state is not None and (school.folder / "ready").is_file())
    assert stop_run(school.config, school.store)
    assert school.finish().message.startswith("the training was stopped")


@pytest.mark.parametrize("damage", ["adapter", "meta", "base"])
def test_a_version_that_cannot_be_used_is_not_promoted(
    school: School, child: Callable[[str], None], damage: str
) -> None:
    make_version(school.config, "v0.1")
    promote(school.config, "v0.1", NOW)
    folder = make_version(school.config, "v0.2", base="another.gguf" if damage == "base" else "starter")
    if damage == "adapter":
        (folder / ADAPTER).write_bytes(b"weightz")
    elif damage == "meta":
        (folder / "meta.json").write_text((folder / "meta.json").read_text().replace("2026-10-01", "2026-10-02"))
    child('done(version="v0.2")')
    school.ask()
    state = school.finish()
    assert (state.outcome, champion(school.config)) == (Outcome.KEPT, "v0.1")
    assert "v0.2 は採用できませんでした" in (school.config.vault_path / state.note).read_text(encoding="utf-8")


PROMOTER = """
import os, sys, time
from datetime import datetime
from pathlib import Path
from daemon.versions import champion as versions
from daemon.config import load
from daemon.store.store import Store
from daemon.learning.weekly import Teacher
config = load(Path(sys.argv[1]))
before = versions.write_atomically
def die_before(file, text):
    if file.name == "champion":
        os._exit(9)
    before(file, text)
def die_after(file, text):
    before(file, text)
    if file.name == "champion":
        os._exit(9)
versions.write_atomically = {"before": die_before, "after": die_after}[sys.argv[2]]
with Store.open(config.data_path) as store:
    Teacher(config, store).turn(datetime.fromisoformat(sys.argv[3]), time.monotonic())
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_promoting_the_champion_is_the_old_or_the_new_one(school: School, moment: str) -> None:
    """A real process dies around the one step that moves the pointer; the next daemon completes the promotion."""
    make_version(school.config, "v0.1")
    promote(school.config, "v0.1", NOW)
    make_version(school.config, "v0.2")
    run = school.config.data_path / "runs" / "2026-W47"
    run.mkdir(parents=True)
    values = {"outcome": "promoted", "version": "v0.2", "pairs": [], "note": "# 結果\n", "pictures": []}
    (run / "weekly.json").write_text(json.dumps(values))
    school.ledger.state = RunState("2026-W47", RunStage.SETTLING, "asked")
    command = [sys.executable, "-c", PROMOTER, str(school.config.file), moment, NOW.isoformat()]
    assert subprocess.run(command).returncode == 9
    assert champion(school.config) == ("v0.1" if moment == "before" else "v0.2")
    assert not (school.config.vault_path / "nippo/_training").exists()
    assert school.finish().state is RunStage.DONE
    assert champion(school.config) == "v0.2"
    assert [entry["name"] for entry in history(school.config)][-1] == "v0.2"
    assert (school.config.vault_path / "nippo/_training/2026-W47.md").is_file()


def test_a_verdict_waits_for_a_vault_that_is_away(school: School, child: Callable[[str], None]) -> None:
    child('done(outcome="kept")')
    school.ask()
    school.turn()
    away = school.config.vault_path.rename(school.config.vault_path.with_name("away"))
    school.until(lambda: school.state.state is RunStage.SETTLING)
    away.rename(school.config.vault_path)
    assert school.finish().state is RunStage.DONE


def test_the_status_line_names_the_next_run(school: School) -> None:
    accept(school.store, 2)
    school.turn()
    assert summary(training_status(school.config, school.store)) == [
        f"next {local_time(datetime(2026, 11, 29, 3, tzinfo=UTC))}, 2 new of 8 needed"
    ]


def test_the_child_and_what_it_starts_have_low_priority_where_the_machine_offers_it(
    school: School, child: Callable[[str], None], tmp_path: Path
) -> None:
    assert weekly_argv(Path("/d/run"), "py") == ["py", "-P", "-m", "training.weekly.run", "--run", "/d/run"]
    said = tmp_path / "priorities"
    child(
        f"""
import subprocess
tell = "import psutil; own = psutil.Process(); print(own.nice(), int(own.ionice().ioclass))"
lines = [subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True).stdout for _ in range(2)]
open({str(said)!r}, "w").write("".join(lines))
done()
        """
    )
    school.ask()
    school.finish()
    assert said.read_text() == f"{min(psutil.Process().nice() + 10, 19)} {int(psutil.IOPRIO_CLASS_IDLE)}\n" * 2


def test_runs_are_named_by_their_iso_week(school: School) -> None:
    assert run_name(school.config, datetime(2027, 1, 1, tzinfo=UTC), set()) == "2026-W53"
    assert run_name(school.config, NOW, {"2026-W47"}) == "2026-W47-2"


def test_a_lock_ends_with_its_process(school: School) -> None:
    data = school.config.data_path
    hold = "import sys, time; from pathlib import Path; from daemon.system.accelerator import *; "
    hold += "assert FileLock(Path(sys.argv[1]), ACCELERATOR).acquire(); print('held', flush=True); time.sleep(60)"
    # The lock object is dropped at once; only a reference keeps its file open.
    hold = hold.replace("assert FileLock", "lock = FileLock").replace(".acquire();", "; assert lock.acquire();")
    process = subprocess.Popen([sys.executable, "-c", hold, str(data)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"held\n"
    assert holder(data, ACCELERATOR) == process.pid
    assert not FileLock(data, ACCELERATOR).acquire()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert holder(data, ACCELERATOR) is None


def test_the_job_reports_how_it_was_ended(school: School, child: Callable[[str], None], tmp_path: Path) -> None:
    child('(folder / "ready").touch(); time.sleep(60)')
    job = TrainingJob(school.config, tmp_path / "run")
    deadline = time.monotonic() + 30
    while not (tmp_path / "run" / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job.poll() is None
    assert job.stop(5.0) is Ending.KILLED


@pytest.mark.parametrize("person", ["does nothing", "rolls back", "deletes the note"])
def test_a_result_taken_in_is_taken_in_once_wherever_it_is_cut_off(
    make_vault: MakeVault, make_config: MakeConfig, person: str
) -> None:
    """What a person undoes between the kill and the next start stays undone."""
    for step in count():
        vault = make_vault({"nippo/.keep": ""}, name=f"vault-{step}")
        config = make_config(vault, data={"folder": str(vault.parent / f"data-{step}")}, engine={"model": "starter"})
        make_version(config, "v0.1")
        make_version(config, "v0.2")
        promote(config, "v0.1", NOW)
        folder = config.data_path / "runs" / "2026-W47"
        folder.mkdir(parents=True)
        (folder / "loss.png").write_bytes(b"picture")
        result = {"outcome": "promoted", "version": "v0.2", "note": "# 結果\n", "pictures": ["loss.png"]}
        (folder / "weekly.json").write_text(json.dumps(result))
        with Store.open(config.data_path) as store:
            Ledger(store).state = RunState("2026-W47", RunStage.SETTLING, started=NOW)

        def take_in(config: Config = config) -> RunState | None:
            with Store.open(config.data_path) as store:
                settle_all(read_layout(config), store)
                teacher = Teacher(config, store, zone=UTC)
                teacher.turn(NOW, 0.0)
                return Ledger(store).state

        killed = killed_before(step, take_in)
        note = config.vault_path / "nippo/_training/2026-W47.md"
        was_there, was_promoted = note.exists(), champion(config) == "v0.2"
        if person == "rolls back" and was_promoted:
            rollback(config, NOW)
        elif person == "deletes the note" and was_there:
            note.unlink()
        state = take_in()
        assert state is not None and (state.state, state.outcome) == (RunStage.DONE, Outcome.PROMOTED), step
        assert champion(config) == ("v0.1" if person == "rolls back" and was_promoted else "v0.2"), step
        assert note.exists() == (person != "deletes the note" or not was_there), step
        assert [entry["name"] for entry in history(config)].count("v0.2") == 1
        with Store.open(config.data_path) as store:
            assert store.announcements.all() == []
        if not killed:
            break
    assert step > 15


def test_a_refused_version_is_told_also_when_its_verdict_had_to_wait(
    make_vault: MakeVault, make_config: MakeConfig
) -> None:
    vault = make_vault({"nippo/_training": "in the way"})
    config = make_config(vault)
    folder = config.data_path / "runs" / "2026-W47"
    folder.mkdir(parents=True)
    (folder / "weekly.json").write_text(json.dumps({"outcome": "promoted", "version": "v0.9", "note": "# 結果\n"}))
    with Store.open(config.data_path) as store:
        ledger = Ledger(store)
        ledger.state = RunState("2026-W47", RunStage.SETTLING, started=NOW)
        Teacher(config, store, zone=UTC).turn(NOW, 0.0)
        assert ledger.state.state is RunStage.SETTLING
        (vault / "nippo/_training").unlink()
        Teacher(config, store, zone=UTC).turn(NOW, 0.0)
        assert (ledger.state.state, ledger.state.outcome) == (RunStage.DONE, Outcome.KEPT)
    assert "v0.9 は採用できませんでした" in (vault / "nippo/_training/2026-W47.md").read_text(encoding="utf-8")
