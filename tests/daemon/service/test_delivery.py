"""A process killed between any two steps leaves, after a restart, exactly one report."""

from __future__ import annotations

import errno
import os
import time
from datetime import date, datetime
from itertools import count

import pytest

from daemon.config import Config
from daemon.errors import EngineError, WorkerStopped
from daemon.learning.announcement import settle_all
from daemon.service.intake import take_in
from daemon.service.job_runner import JobRunner
from daemon.service.on_demand import ask, work_off
from daemon.service.service import now
from daemon.service.standing import Owner, standing
from daemon.store.store import Announcement, Store
from daemon.system import files, steps
from daemon.vault.layout import read_layout
from daemon.vault.scan import DiaryNote, find_diaries
from tests.every_step import full_before, killed_before
from tests.fake_worker import BODY, FakeWorker, result

DAY = date(2026, 1, 7)
NOTE = "diary/2026-01-07.md"
REPORT = "nippo/2026-01-07-nippo.md"


def work(config: Config, worker: FakeWorker, once: bool = False) -> None:
    """What a daemon does with its queue after a start; ``once``: until the first failure of a note."""
    layout = read_layout(config)
    with Store.open(config.data_path) as store:
        settle_all(layout, store)
        runner = JobRunner(layout, store, config, worker, lambda: None, retry_seconds=(0.0,))
        end = time.monotonic() + 10
        while any(not (once and job.attempts) for job in store.jobs("waiting")):
            assert time.monotonic() < end
            runner.turn(now(), time.monotonic())
            time.sleep(0.005)


def queue_note(config: Config, source: str = "backfill") -> None:
    layout = read_layout(config)
    with Store.open(config.data_path) as store:
        notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote)]
        assert ask(layout, store, config, notes, source, now()) == [NOTE]  # type: ignore[arg-type]


def made(make_vault, make_config, name: str, text: str = "日記") -> Config:
    """A world of its own: a vault with one diary, and its data folder."""
    vault = make_vault({NOTE: text}, name=f"vault-{name}")
    config: Config = make_config(vault, data={"folder": str(vault.parent / f"data-{name}")})
    return config


@pytest.mark.parametrize("before", ["none", "own", "redo"])
@pytest.mark.parametrize("person", ["does nothing", "deletes", "edits"])
def test_a_kill_between_any_two_steps_leaves_what_it_should(
    make_vault, make_config, read_vault, before: str, person: str
) -> None:
    """``before``: there is no report, an older one of the daemon's, or one that a person wants redone. Between kill and
    restart the person finds what is there and deletes or edits it."""
    cut_between_place_and_record = 0
    for step in count():
        config = made(make_vault, make_config, f"{before}-{person}-{step}")
        report = config.vault_path / REPORT
        if before != "none":
            queue_note(config)
            work(config, FakeWorker(result("前の日報。")))
            if before == "own":
                (config.vault_path / NOTE).write_text("日記の続き")
        queue_note(config, "redo" if before == "redo" else "backfill")
        old = report.read_bytes() if report.exists() else None
        killed = killed_before(step, lambda config=config: work(config, FakeWorker()))  # type: ignore[misc]
        new = report.exists() and report.read_bytes() != old
        with Store.open(config.data_path) as store:
            waits = bool(store.jobs("waiting"))
        cut_between_place_and_record += new and waits
        if report.exists() and person == "deletes":
            report.unlink()
        elif report.exists() and person == "edits":
            report.write_text(report.read_text().replace("---\n本日は", "---\n私は").replace("前の", "私の"))
        words = report.read_bytes() if person == "edits" and report.exists() else None
        worker = FakeWorker(result("もう一度。"))
        work(config, worker)
        found = read_vault(config.vault_path)
        what = f"step {step}: {sorted(found)}"
        if words is not None:
            assert report.read_bytes() == words, what
        elif person == "deletes" and (new or old):
            assert sorted(found) == [NOTE], what
        else:
            assert sorted(found) == [NOTE, REPORT], what
        if new:
            assert worker.calls == [], "what is written already is not drafted again"
        with Store.open(config.data_path) as store:
            assert store.jobs() == [] and store.announcements.all() == []
            row = store.report(DAY)
            if report.exists() and words is None:
                assert standing(read_layout(config), store, DAY).owner is Owner.DAEMON
                assert row and f"---\n{row.draft}\n" in str(found[REPORT]), "the draft of what lies there is remembered"
        if not killed:
            break
    assert step > 8 and cut_between_place_and_record >= 2


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("renewed", [False, True])
def test_a_full_disk_at_any_write_is_outlived(
    make_vault, make_config, read_vault, renewed: bool, for_good: bool
) -> None:
    for step in count():
        config = made(make_vault, make_config, f"full-{renewed}-{step}")
        if renewed:
            queue_note(config)
            work(config, FakeWorker(result("前の日報。")))
            (config.vault_path / NOTE).write_text("日記の続き")
        queue_note(config)
        old = read_vault(config.vault_path)
        full = full_before(step, lambda config=config: work(config, FakeWorker(), once=True), for_good)  # type: ignore[misc]
        found = read_vault(config.vault_path)
        assert found[NOTE] == old[NOTE] and (REPORT in found or not renewed)
        with Store.open(config.data_path) as store:
            store.retry_failed()
        work(config, FakeWorker())
        found = read_vault(config.vault_path)
        assert sorted(found) == [NOTE, REPORT] and str(found[REPORT]).endswith(f"---\n{BODY}\n"), step
        with Store.open(config.data_path) as store:
            assert store.jobs() == [] and store.announcements.all() == []
            assert standing(read_layout(config), store, DAY).owner is Owner.DAEMON
        if not full:
            break
    assert step > 6


def test_an_announcement_of_another_version_ends_no_daemon(make_vault, make_config) -> None:
    config = made(make_vault, make_config, "older", REPORT)
    (config.vault_path / "nippo").mkdir()
    (config.vault_path / REPORT).write_text("日報")
    layout = read_layout(config)
    with Store.open(config.data_path) as store:
        for number, record in enumerate(["{", "{}", '{"row": {"color": 1}, "job": ["a", "b"]}']):
            store.announcements.add(Announcement(f"nippo/.{number}.tmp", REPORT, "", str(DAY), "report", record))
        settle_all(layout, store)
        assert store.announcements.all() == [] and standing(layout, store, DAY).owner is Owner.PERSON


@pytest.mark.parametrize("links", [True, False])
def test_a_kill_on_a_file_system_that_knows_less(
    make_vault, make_config, read_vault, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Between hard link and removal the temporary file is the very report, which tells as much."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr("daemon.vault.writer.move_to_free_name", refuse)
    if links:
        remove = files.remove
        monkeypatch.setattr(
            "daemon.vault.writer.files.remove", lambda file: (steps.step("vault: unlink"), remove(file))
        )
    else:
        monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    for number in count():
        config = made(make_vault, make_config, f"less-{number}")
        queue_note(config)
        killed = killed_before(number, lambda config=config: work(config, FakeWorker()))  # type: ignore[misc]
        there = (config.vault_path / REPORT).exists()
        worker = FakeWorker()
        work(config, worker)
        assert sorted(read_vault(config.vault_path)) == [NOTE, REPORT] and bool(worker.calls) != there, number
        if not killed:
            break
    assert number > 8


def test_a_folder_that_is_away_says_nothing_of_a_write(make_vault, make_config) -> None:
    """An unmounted vault is no used-up file: what was announced waits until the folder is back."""
    config = made(make_vault, make_config, "away")
    (config.vault_path / "nippo").mkdir()
    queue_note(config)
    step = 0
    while killed_before(step, lambda: work(config, FakeWorker())):
        with Store.open(config.data_path) as store:
            if store.announcements.all() and not (config.vault_path / REPORT).exists():
                break
        step += 1
    (config.vault_path / "nippo").rename(config.vault_path.parent / "elsewhere")
    with Store.open(config.data_path) as store:
        settle_all(read_layout(config), store)
        assert store.announcements.all() and store.report(DAY) is None
    (config.vault_path.parent / "elsewhere").rename(config.vault_path / "nippo")
    work(config, FakeWorker())
    assert (config.vault_path / REPORT).exists()


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


def test_who_goes_on_with_a_note_after_asking_for_a_redo_keeps_it(make_vault, make_config) -> None:
    """Even when its bytes become those again that were given away: ticked, and unticked."""
    config = made(make_vault, make_config, "kept")
    queue_note(config)
    work(config, FakeWorker())
    report = config.vault_path / REPORT
    given_away = report.read_bytes()
    queue_note(config, "redo")
    report.write_bytes(given_away.replace(b"accepted: false", b"accepted: true"))
    work(config, FakeWorker(result("もう一度。")))
    report.write_bytes(given_away)
    with Store.open(config.data_path) as store:
        found = standing(read_layout(config), store, DAY)
        assert found.owner is Owner.PERSON and found.row and found.row.draft == BODY and store.jobs() == []


def test_a_report_asked_for_is_written_though_the_diary_was_edited_meanwhile(make_vault, make_config) -> None:
    config = made(make_vault, make_config, "asked")
    queue_note(config)
    work(config, FakeWorker())
    (config.vault_path / REPORT).unlink()
    queue_note(config, "report")
    (config.vault_path / NOTE).write_text("日記の続き")
    layout = read_layout(config)
    with Store.open(config.data_path) as store:
        assert take_in(layout, store, DiaryNote(NOTE, DAY, 6, 0), "日記の続き".encode(), "watch", now())
    work(config, FakeWorker())
    assert (config.vault_path / REPORT).exists()


def test_a_backfill_killed_anywhere_goes_on_where_it_was(make_vault, make_config, read_vault) -> None:
    """Each note is queued by itself; a backfill started anew, or the daemon, writes what is missing and no more."""
    days = ["2026-01-05", "2026-01-06", "2026-01-07"]
    for step in count():
        vault = make_vault({f"diary/{day}.md": "日記" for day in days}, name=f"backfill-{step}")
        config = make_config(vault, data={"folder": str(vault.parent / f"data-{step}")})

        def backfill(config: Config = config) -> None:
            layout = read_layout(config)
            with Store.open(config.data_path) as store:
                notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote)]
                missing = [note for note in notes if not layout.file(layout.report_path(note.day)).exists()]
                paths = ask(layout, store, config, missing, "backfill", now())
                for _ in work_off(config, store, layout, paths, lambda _: FakeWorker()):  # type: ignore[arg-type]
                    pass

        cut = killed_before(4 * step, backfill)
        before = read_vault(vault)
        backfill()
        found = read_vault(vault)
        assert sorted(found) == [f"diary/{day}.md" for day in days] + [f"nippo/{day}-nippo.md" for day in days]
        assert {name: found[name] for name in before if name.endswith(".md")} == {
            name: text for name, text in before.items() if name.endswith(".md")
        }
        if not cut:
            break
    assert step > 6


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
