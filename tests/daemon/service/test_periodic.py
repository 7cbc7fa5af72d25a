"""The edges: of one periodic job, of one note."""

from __future__ import annotations

import errno
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from daemon.errors import NoRoom, NoteError, StorageError, UsageError, VaultUnavailable
from daemon.service.apart import apart
from daemon.service.periodic import PAUSES, PeriodicJob, first_trouble
from daemon.store.store import Store

DAY = date(2026, 1, 7)
NOW = datetime(2026, 1, 7, 22)


def fail(problem: Exception) -> None:
    raise problem


def test_a_job_that_fails_is_told_once_and_left_alone_for_longer_and_longer(caplog: pytest.LogCaptureFixture) -> None:
    job, times, tries = PeriodicJob("the weather"), [100.0 + number / 10 for number in range(2000)], []

    def work() -> None:
        tries.append(now)
        raise RuntimeError("きなこ")

    for now in times:
        assert not job.turn(now, work)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses == pytest.approx([*PAUSES, *[PAUSES[-1]] * (len(pauses) - len(PAUSES))], abs=0.11)
    assert PAUSES[-1] <= 5.0, "everything goes on within ten seconds"
    assert len(caplog.records) == 1
    assert "きなこ" not in caplog.text and "RuntimeError in test_periodic.py" in caplog.text
    assert job.trouble is not None and "きなこ" not in str(job.trouble) and job.trouble.next_step
    assert job.turn(now + 10, lambda: None) and job.trouble is None
    assert not job.turn(now + 11, lambda: fail(ValueError())) and job.delayed(0.0) == pytest.approx(now + 11.5)


def test_what_is_the_loops_own_business_passes() -> None:
    job = PeriodicJob("the vault", UsageError)
    for problem in (VaultUnavailable("away"), UsageError("wrong")):
        with pytest.raises(type(problem)):
            job.turn(0.0, lambda problem=problem: fail(problem))  # type: ignore[misc]
    assert job.trouble is None


def test_a_full_disk_is_told_before_all_else() -> None:
    jobs = [PeriodicJob("a"), PeriodicJob("b")]
    assert first_trouble(jobs, None) is None
    jobs[0].turn(0.0, lambda: fail(OSError(errno.EIO, "Input/output error", "/vault/x")))
    jobs[1].turn(0.0, lambda: fail(OSError(errno.ENOSPC, "No space left on device", "/data/x")))
    assert type(jobs[0].trouble) is StorageError and "/vault/x: Input/output error" in str(jobs[0].trouble)
    found = first_trouble(jobs, NoteError("c"))
    assert isinstance(found, NoRoom) and "/data/x: the disk is full" in found.what


def test_what_fails_in_a_note_stays_with_that_note(tmp_path: Path) -> None:
    name = "diary/2026-01-07\udc8e.md"
    with Store.open(tmp_path) as store:
        with apart(store, name, None, NOW):
            store.remember_note(name, 1, 1)
        with apart(store, "diary/2026-01-07.md", DAY, NOW):
            store.remember_note("diary/2026-01-07.md", 1, 2**70)
        with apart(store, "diary/2026-01-08.md", DAY, NOW):
            raise PermissionError(errno.EACCES, "Permission denied")
        found = {job.path: job for job in store.jobs()}
        assert {path: job.state for path, job in found.items()} == {
            r"diary/2026-01-07\x8e.md": "skipped",  # without a day there is nothing to try again at the next start
            "diary/2026-01-07.md": "failed",
            "diary/2026-01-08.md": "failed",
        }
        assert all(job.error.startswith(f"{path}: cannot be ") and job.next_step for path, job in found.items())
        assert "OverflowError" in found["diary/2026-01-07.md"].error
        assert "Permission denied" in found["diary/2026-01-08.md"].error


@pytest.mark.parametrize("problem", [StorageError("busy"), NoRoom("full"), VaultUnavailable("away")])
def test_what_is_no_notes_fault_passes(tmp_path: Path, problem: Exception) -> None:
    with Store.open(tmp_path) as store:
        with pytest.raises(type(problem)), apart(store, "a.md", DAY, NOW):
            raise problem
        assert store.jobs() == []
