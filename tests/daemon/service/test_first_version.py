"""While a draft takes long, its note says so, and whatever becomes of it, it neither stays nor costs a word."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import EngineCrashed, ModelMissing
from daemon.learning.announcement import settle_all
from daemon.learning.first_versions import FAILED, WRITING, known_days
from daemon.learning.reviewer import Reviewer
from daemon.learning.status_lines import QUIET, StatusKeeper
from daemon.service.first_version import FirstVersions
from daemon.service.job_runner import JobRunner
from daemon.service.note_finder import NoteFinder
from daemon.service.on_demand import ask
from daemon.service.service import now
from daemon.service.settle import SettleTracker
from daemon.service.standing import Owner, standing
from daemon.store.store import JobSource, Store
from daemon.vault.layout import read_layout
from daemon.vault.report_note import is_begun, read, set_key
from daemon.vault.scan import DiaryNote, find_diaries
from tests.every_step import full_before, killed_before
from tests.fake_worker import BODY, FakeWorker, result

DAY = date(2026, 1, 7)
NOTE = "diary/2026-01-07.md"
REPORT = "nippo/2026-01-07-nippo.md"
PERSONS = ("does nothing", "deletes", "edits")


class Evening:
    """A vault with one diary and a daemon's queue, gone through by hand. A draft waits until ``worker.go``."""

    def __init__(self, config: Config, worker: FakeWorker | None = None) -> None:
        self.config, self.layout = config, read_layout(config)
        self.store = Store.open(config.data_path)
        settle_all(self.layout, self.store)
        self.worker = worker or FakeWorker()
        self.runner = JobRunner(
            self.layout,
            self.store,
            config,
            self.worker,
            lambda: None,
            retry_seconds=(0.0,),
            notes=SettleTracker(0.0),
            first_after=0.0,
        )
        self.report = config.vault_path / REPORT

    def queue(self, source: JobSource = "watch") -> None:
        notes = [note for note in find_diaries(self.layout) if isinstance(note, DiaryNote)]
        assert ask(self.layout, self.store, self.config, notes, source, now()) == [NOTE]

    def turn(self) -> None:
        self.runner.turn(now(), time.monotonic())

    def begin(self) -> None:
        """Draft until the note says so."""
        self.worker.hold.set()
        self.turn()
        self.turn()

    def finish(self) -> None:
        self.worker.go.set()
        end = time.monotonic() + 10
        while self.store.jobs("waiting"):
            assert time.monotonic() < end
            self.turn()
            time.sleep(0.005)
        self.turn()

    def look(self) -> None:
        Reviewer(self.config, self.store).report_changed(DAY, REPORT, now())

    def close(self) -> None:
        self.runner.stop()
        self.store.close()


@pytest.fixture
def evening(make_vault, make_config) -> Evening:
    return made(make_vault, make_config, "vault")


def made(make_vault, make_config, name: str, worker: FakeWorker | None = None) -> Evening:
    vault: Path = make_vault({NOTE: "サブネットを学んだ。"}, name=name)
    return Evening(make_config(vault, data={"folder": str(vault.parent / f"data-{name}")}), worker)


def test_the_note_says_that_it_is_being_written_and_then_holds_the_report(evening: Evening) -> None:
    evening.queue()
    evening.begin()
    note = read(evening.report.read_bytes())
    assert (note.status, note.body, note.date, note.diary) == ("writing", "", "2026-01-07", "diary/2026-01-07")
    assert note.warnings == (WRITING,) and is_begun(note)
    evening.look()
    assert read(evening.report.read_bytes()) == note and evening.store.pairs() == []
    evening.finish()
    note = read(evening.report.read_bytes())
    assert (note.status, note.body, note.warnings) == ("draft", BODY, ()) and known_days(evening.store) == []
    assert standing(evening.layout, evening.store, DAY).owner is Owner.DAEMON


def test_a_quick_draft_has_no_first_version(make_vault, make_config) -> None:
    evening = made(make_vault, make_config, "quick")
    evening.runner._first = FirstVersions(evening.layout, evening.store, 60.0)
    evening.queue()
    evening.begin()
    assert not evening.report.exists()


def test_old_days_taken_by_the_hundred_have_none(evening: Evening) -> None:
    evening.queue("backfill")
    evening.begin()
    assert not evening.report.exists()


def test_a_report_that_is_there_stays_while_it_is_renewed(evening: Evening) -> None:
    evening.queue()
    evening.finish()
    before = evening.report.read_bytes()
    (evening.config.vault_path / NOTE).write_text("サブネットとSQLを学んだ。")
    evening.queue()
    evening.worker.go.clear()
    evening.begin()
    assert evening.report.read_bytes() == before


@pytest.mark.parametrize("act", ["types", "accepts"])
def test_who_writes_into_it_or_ticks_it_wins(evening: Evening, act: str) -> None:
    evening.queue()
    evening.begin()
    data = evening.report.read_bytes()
    mine = data.rstrip() + "\n私の日報です。\n".encode() if act == "types" else set_key(data, "accepted", "true")
    evening.report.write_bytes(mine)
    evening.finish()
    assert evening.report.read_bytes() == mine and evening.store.jobs() == [] and known_days(evening.store) == []
    evening.look()
    keeper = StatusKeeper(evening.config, evening.store)
    keeper.scanned(now())
    keeper.turn(now(), 0.0)
    assert evening.report.read_bytes() == mine, "they may be typing"
    keeper.scanned(now() + QUIET)
    keeper.turn(now() + 2 * QUIET, 0.0)
    note = read(evening.report.read_bytes())
    assert note == replace(read(mine), status="draft", warnings=())
    assert evening.store.pairs() == []


def test_who_has_written_into_it_may_still_ask_for_a_draft_and_keeps_a_copy(evening: Evening) -> None:
    evening.queue()
    evening.begin()
    mine = evening.report.read_bytes().rstrip() + "\n私の日報です。\n".encode()
    evening.report.write_bytes(mine)
    evening.finish()
    evening.report.write_bytes(set_key(mine, "redo", "true"))
    evening.look()
    evening.finish()
    note = read(evening.report.read_bytes())
    assert (note.body, note.redo, note.status, note.warnings) == (BODY, False, "draft", ())
    (copy,) = (evening.report.parent / ".history").iterdir()
    assert read(copy.read_bytes()).body == "私の日報です。"


def test_a_tick_for_another_draft_in_it_takes_the_one_under_way(evening: Evening) -> None:
    evening.queue()
    evening.begin()
    evening.report.write_bytes(set_key(evening.report.read_bytes(), "redo", "true"))
    evening.look()
    evening.finish()
    note = read(evening.report.read_bytes())
    assert (note.body, note.redo, note.status) == (BODY, False, "draft")


def test_properties_added_by_a_plugin_stay_and_the_draft_comes(evening: Evening) -> None:
    evening.queue()
    evening.begin()
    stamped = evening.report.read_text().replace("warnings:", "updated: 2026-01-07 21:00  # plugin\nwarnings:")
    evening.report.write_text(stamped)
    evening.finish()
    assert "updated: 2026-01-07 21:00  # plugin\n" in evening.report.read_text()
    assert read(evening.report.read_bytes()).body == BODY


@pytest.mark.parametrize("source", ["watch", "report"])
def test_a_deleted_one_means_what_a_deleted_report_means(evening: Evening, source: JobSource) -> None:
    evening.queue(source)
    evening.begin()
    evening.report.unlink()
    evening.finish()
    assert not evening.report.exists() and evening.store.jobs() == [] and known_days(evening.store) == []
    (evening.config.vault_path / NOTE).write_text("もっと学んだ。")
    notes = [note for note in find_diaries(evening.layout) if isinstance(note, DiaryNote)]
    assert ask(evening.layout, evening.store, evening.config, notes, "watch", now()) == []
    evening.queue("report")
    evening.finish()
    assert read(evening.report.read_bytes()).body == BODY, "asked for by name it is written"


def test_a_failure_is_said_once_and_a_later_draft_takes_its_place(make_vault, make_config) -> None:
    crash = EngineCrashed("the engine has crashed", "Try again.")
    worker = FakeWorker(crash, crash, crash)
    evening = made(make_vault, make_config, "fails", worker)
    evening.queue()
    evening.begin()
    evening.finish()
    note = read(evening.report.read_bytes())
    assert (note.status, note.warnings) == ("failed", (FAILED,)) and is_begun(note)
    before = evening.report.read_bytes()
    finder = NoteFinder(
        evening.layout, evening.store, evening.config, DAY, lambda: None, (Reviewer(evening.config, evening.store),)
    )
    finder._reports.see(REPORT, finder._fingerprint(REPORT), 0.0)
    finder._settle_reports(now(), 10.0)
    assert [job.state for job in evening.store.jobs()] == ["failed"], "its own word is no reason to try again"
    assert evening.report.read_bytes() == before
    evening.store.retry_failed()
    evening.finish()
    assert read(evening.report.read_bytes()).body == BODY


def test_without_a_model_it_does_not_go_on_saying_that_it_writes(make_vault, make_config) -> None:
    evening = made(make_vault, make_config, "held", FakeWorker(ModelMissing("no model", "nippo fetch")))
    evening.queue()
    evening.begin()
    evening.worker.go.set()
    end = time.monotonic() + 10
    while evening.runner.trouble is None:
        assert time.monotonic() < end
        evening.turn()
    assert read(evening.report.read_bytes()).status == "failed" and evening.store.jobs("waiting")


@pytest.mark.parametrize("diary", ["gone", "private"])
def test_it_goes_where_no_report_is_to_come_any_more(evening: Evening, diary: str) -> None:
    evening.queue()
    evening.begin()
    note = evening.config.vault_path / NOTE
    if diary == "gone":
        note.unlink()
        evening.store.forget_notes([NOTE])
    else:
        note.write_text("---\nnippo: false\n---\n秘密")
        evening.store.put_aside(NOTE, DAY, "", "skipped", ModelMissing("private", ""), now())
    evening.runner.stop()
    evening.turn()
    assert not evening.report.exists() and known_days(evening.store) == []
    note.write_text("サブネットを学んだ。")
    evening.store.forget_notes([NOTE])
    evening.queue()
    evening.worker.hold.clear()
    evening.finish()
    assert read(evening.report.read_bytes()).body == BODY, "that nippo took it away is no deletion"


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("end", ["draft", "failure", "diary gone"])
def test_a_kill_between_any_two_steps_leaves_neither_two_reports_nor_a_note_that_writes_for_ever(
    make_vault, make_config, person: str, end: str
) -> None:
    begun = 0
    for step in count(PERSONS.index(person), 3):
        evening = made(make_vault, make_config, f"{person}-{end}-{step}".replace(" ", ""))
        config, report = evening.config, evening.report
        evening.queue()
        evening.close()

        def work(config: Config = config) -> None:
            crash = EngineCrashed("the engine has crashed", "Try again.")
            again = Evening(config, FakeWorker(*[crash] * 3 if end == "failure" else ()))
            again.begin()
            if end == "diary gone":
                (config.vault_path / NOTE).unlink()
                again.store.forget_notes([NOTE])
                again.runner.stop()
                again.turn()
            else:
                again.finish()

        killed = killed_before(step, work)
        there = report.read_bytes() if report.exists() else None
        begun += there is not None and is_begun(read(there))
        if there is not None and person == "deletes":
            report.unlink()
        elif there is not None and person == "edits":
            report.write_bytes(there.rstrip() + "\n私の行です。\n".encode())
        words = report.read_bytes() if report.exists() else None
        again = Evening(config, FakeWorker(result("もう一度。")))
        gone = not (config.vault_path / NOTE).exists()
        if gone:
            again.store.forget_notes([NOTE])
        again.store.retry_failed()
        again.finish()
        found = report.read_bytes() if report.exists() else None
        if there is not None and person == "deletes":
            assert found is None, f"step {step}"
        elif there is not None and person == "edits":
            assert found == words, f"step {step}"
        elif gone:
            assert found is None, f"step {step}"
        else:
            assert found is not None and read(found).body in (BODY, "もう一度。"), f"step {step}"
        assert known_days(again.store) == [] and again.store.announcements.all() == [], f"step {step}"
        assert again.store.jobs() == [], f"step {step}"
        if report.parent.is_dir():
            assert [file.name for file in report.parent.iterdir()] == ([report.name] if found else []), f"step {step}"
        again.close()
        if not killed:
            break
    assert step > 10 and begun


def test_a_full_disk_at_any_step_costs_no_draft(make_vault, make_config) -> None:
    for step in count(0, 2):
        evening = made(make_vault, make_config, f"full-{step}")
        evening.queue()

        def work(evening: Evening = evening) -> None:
            evening.begin()
            evening.finish()

        full = full_before(step, work)
        evening.worker.go.set()
        evening.finish()
        assert read(evening.report.read_bytes()).body == BODY and known_days(evening.store) == [], f"step {step}"
        evening.close()
        if not full:
            break
    assert step > 10
