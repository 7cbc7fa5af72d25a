"""The daemon's memory survives crashes, upgrades and newer versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from daemon.errors import NippoError, NoteUnreadable, UsageError
from daemon.store.migrations import MIGRATIONS
from daemon.store.set_aside import FRESH, databases_aside, put_in_place
from daemon.store.store import FILE_NAME, Pair, ReportRow, Store
from daemon.system import steps
from tests.every_step import full_before, killed_before

DAY = date(2026, 1, 7)
NOW = datetime(2026, 1, 7, 22, 0, tzinfo=UTC)
ROW = ReportRow(
    "2026-01-07",
    "diary/2026-01-07.md",
    "",
    "nippo/2026-01-07-nippo.md",
    "r1",
    "本文",
    "starter-1",
    "draft",
    "",
)


def test_a_job_ends_only_together_with_its_report(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.queue("diary/2026-01-07.md", DAY, "d1", "watch", NOW)
        store.put_report(ROW)
        assert [job.path for job in store.jobs("waiting")] == ["diary/2026-01-07.md"]
        store.end_job("diary/2026-01-07.md", "d1")
        assert store.jobs() == [] and store.report(DAY) == ROW


def test_a_diary_that_changed_meanwhile_keeps_its_job(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.queue("a.md", DAY, "newer", "watch", NOW)
        store.end_job("a.md", "d1")
        assert [job.sha for job in store.jobs()] == ["newer"]


def test_jobs_asked_for_come_first_and_keep_that_mark(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.queue("old.md", date(2025, 1, 1), "x", "backfill", NOW)
        store.queue("fresh.md", DAY, "x", "watch", NOW)
        store.queue("asked.md", DAY, "x", "report", NOW)
        store.queue("asked.md", DAY, "y", "watch", NOW)
        assert [(job.path, job.asked) for job in store.jobs()] == [
            ("asked.md", True),
            ("fresh.md", False),
            ("old.md", False),
        ]


def test_failures_are_counted_shown_and_can_be_tried_again(tmp_path: Path) -> None:
    error = NoteUnreadable("diary/2026-01-07.md: binary", "Save it as text.")
    with Store.open(tmp_path) as store:
        store.queue("a.md", DAY, "x", "watch", NOW)
        store.fail("a.md", error, give_up=False)
        store.fail("a.md", error, give_up=True)
        (job,) = store.jobs("failed")
        assert (job.attempts, job.error, job.next_step) == (2, error.what, error.next_step)
        assert store.retry_failed() == 1
        assert store.jobs("waiting")[0].attempts == 0


def test_what_a_process_wrote_is_there_after_it_is_gone(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.set_meta("first_run_date", "2026-01-07")
        store.remember_note("日記/📓.md", 3, 4)
    with Store.open(tmp_path) as store:
        assert store.get_meta("first_run_date") == "2026-01-07"
        assert store.get_meta("nothing", "else") == "else"
        assert store.known_notes() == {"日記/📓.md": (3, 4)}
        store.forget_notes(["日記/📓.md"])
        assert store.known_notes() == {}


def test_another_process_writing_is_noticed(tmp_path: Path) -> None:
    with Store.open(tmp_path) as mine, Store.open(tmp_path) as other:
        before = mine.changes()
        mine.set_meta("a", 1)
        assert mine.changes() == before
        other.set_meta("a", 2)
        assert mine.changes() != before


def test_a_newer_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE future (x)")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    before = file.read_bytes()
    with pytest.raises(UsageError, match="newer nippo") as caught:
        Store.open(tmp_path)
    assert "Install that version again" in caught.value.next_step
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_damaged_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 100)
    with pytest.raises(NippoError, match="cannot be used") as caught:
        Store.open(tmp_path)
    assert "move it away" in caught.value.next_step


def test_a_data_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NippoError, match="data folder cannot be used"):
        Store.open(tmp_path / "file" / "data")


def test_every_schema_comes_to_the_newest(tmp_path: Path) -> None:
    for start in range(len(MIGRATIONS)):
        folder = tmp_path / str(start)
        folder.mkdir()
        database = sqlite3.connect(folder / FILE_NAME)
        for step in MIGRATIONS[:start]:
            database.executescript(step)
        database.execute(f"PRAGMA user_version = {start}")
        database.close()
        with Store.open(folder) as store:
            assert store.jobs() == []


def test_a_pair_of_an_older_schema_is_as_it_was(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / FILE_NAME)
    for step in MIGRATIONS[:2]:
        database.executescript(step)
    database.execute("PRAGMA user_version = 2")
    values = ("2026-01-07", "2026-01-07", "日記", "d", "本文", "下書き", NOW.isoformat(), 1, "vault", "{}")
    database.execute("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    database.commit()
    database.close()
    with Store.open(tmp_path) as store:
        (pair,) = store.pairs(withdrawn=True)
        assert pair == Pair(*values[:7], True, "vault", "{}")  # type: ignore[arg-type]
        store.set_place("2026-01-07", "nippo/archive/x.md")
        store.set_place("2026-01-07", "nippo/y.md")
        assert (store.place("2026-01-08"), store.places()) == ("", {"2026-01-07": "nippo/y.md"})


def test_a_forgotten_pair_leaves_no_trace_in_the_files(tmp_path: Path) -> None:
    secret = "ひみつの日記" * 50
    pair = Pair("2026-01-07", "2026-01-07", secret, "d", "本文", "下書き", NOW.isoformat(), False, "vault")
    with Store.open(tmp_path) as store:
        store.put_pair(pair)
        assert store.pairs() == [pair] and store.pair(pair.id) == pair
        store.put_pair(Pair(**{**vars(pair), "withdrawn": True}))
        assert store.pairs() == [] and len(store.pairs(withdrawn=True)) == 1
        store.delete_pair(pair.id)
        store.scrub()
        left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert "ひみつ".encode() not in left


def test_an_upgrade_keeps_what_is_known_of_reports(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / FILE_NAME)
    for step in MIGRATIONS[:2]:
        database.executescript(step)
    database.execute(
        "INSERT INTO reports VALUES ('2026-01-07', 'a.md', 'd1', 'nippo/a.md', 'r1', 'p', 'q', '本文', 'starter-1',"
        " 'draft', 'then', '[]')"
    )
    database.execute("PRAGMA user_version = 2")
    database.commit()
    database.close()
    with Store.open(tmp_path) as store:
        known = ("2026-01-07", "a.md", "d1", "nippo/a.md", "r1", "本文", "starter-1", "draft", "then", "[]")
        assert store.reports() == [ReportRow(*known)] and store.announcements.all() == []


def test_a_batch_that_cannot_be_committed_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither its changes nor its transaction, in which everything after it would have been lost."""

    def full(name: str) -> None:
        if name.startswith("database: COMMIT"):
            raise sqlite3.OperationalError("database or disk is full")

    with Store.open(tmp_path) as store:
        steps.hook = full
        try:
            with pytest.raises(NippoError), store.batch():
                store.set_meta("a", 1)
        finally:
            steps.hook = None
        with store.batch():
            store.set_meta("b", 2)
    with Store.open(tmp_path) as store:
        assert (store.get_meta("a"), store.get_meta("b")) == (None, 2)


@pytest.mark.parametrize("way", [killed_before, full_before])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_database_made_anew_takes_the_place_in_one_step(
    tmp_path: Path, way: Callable[[int, Callable[[], object]], bool], damaged: bool
) -> None:
    """Wherever it is cut off, a whole database lies under the name that counts, and the old one is not lost."""
    for number in count():
        folder = tmp_path / str(number)
        with Store.open(folder) as store:
            store.set_meta("which", "old")
        if damaged:
            (folder / FILE_NAME).write_bytes(b"old")
        with Store.open(folder, FRESH) as store:
            store.set_meta("which", "new")
        cut = way(number, partial(put_in_place, folder, NOW))
        if cut and damaged:
            assert (folder / FILE_NAME).read_bytes() == b"old"
        else:
            with Store.open(folder) as store:
                assert store.get_meta("which") == ("old" if cut else "new")
        if not cut:
            (old,) = databases_aside(folder)
            assert damaged == (old.read_bytes() == b"old") and not (folder / FRESH).exists()
            assert not (folder / f"{FILE_NAME}-wal").exists()
            break
    assert number > 1
