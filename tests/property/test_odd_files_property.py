"""Names, links, times, rights and sizes thrown at a living daemon: it survives, and a good note beside them gets its
report."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.service.heartbeat import read_heartbeat
from daemon.setup.status import status
from daemon.store.store import Store
from tests.daemon.service.test_odd_notes import ordinary_listeners
from tests.daemon.service.test_service import first_run, running, until
from tests.fake_worker import FakeWorker

TODAY = date.today()
ROOM = TODAY.year - 3
"""Notes of this year and earlier are the good ones; a note of a day to come would wait."""
EXAMPLES = int(os.environ.get("NIPPO_ODD_EXAMPLES", "8"))
"""Batches of odd files; `NIPPO_ODD_EXAMPLES=300` throws for some minutes."""

days = st.integers(0, 60).map(lambda number: (TODAY - timedelta(days=number)).isoformat().encode())
names = st.one_of(
    st.binary(min_size=1, max_size=40),
    days.map(lambda day: day + b".md"),
    days.map(lambda day: day + b"-nippo.md"),
    st.tuples(days, st.binary(min_size=1, max_size=3)).map(lambda parts: parts[0] + parts[1] + b".md"),
    st.binary(min_size=1, max_size=20).map(lambda name: name + b".md"),
    st.text(min_size=1, max_size=20).map(lambda name: name.encode("utf-8", "surrogatepass") + b".md"),
).map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"_")[:200])
kinds = st.sampled_from(["file", "link", "loop", "fifo", "socket", "folder", "sparse"])
targets = st.one_of(names, st.sampled_from([b".", b"..", b"../..", b"/", b"/dev/zero", b"/etc/passwd", b"x" * 300]))


@dataclass(frozen=True)
class Odd:
    """One thing to be thrown: where, what, with which content or target, time (seconds), rights and size."""

    place: str
    name: bytes
    kind: str
    data: bytes
    target: bytes
    time: int
    mode: int
    size: int


things = st.builds(
    Odd,
    place=st.sampled_from(["diary", "diary/{year}", "nippo", "", ".obsidian", "diary/{year}/deep"]),
    name=names,
    kind=kinds,
    data=st.binary(max_size=60),
    target=targets,
    time=st.integers(-(2**40), 2**40),
    mode=st.sampled_from([0, 0o200, 0o400, 0o444, 0o644, 0o777, 0o4755]),
    size=st.sampled_from([0, 1, 2**22, 2**32, 2**43]),
)


def throw(vault: Path, odd: Odd) -> Path | None:
    """Make it; what a file system refuses is no harm."""
    folder = vault / odd.place.format(year=TODAY.year)
    file = folder / os.fsdecode(odd.name)
    if odd.name in (b".", b"..") or os.path.lexists(file):
        return None
    with contextlib.suppress(OSError, OverflowError):
        folder.mkdir(parents=True, exist_ok=True)
        if odd.kind in ("file", "sparse"):
            file.write_bytes(odd.data)
        elif odd.kind == "link":
            file.symlink_to(os.fsdecode(odd.target))
        elif odd.kind == "loop":
            file.symlink_to(file.name)
        elif odd.kind == "fifo":
            os.mkfifo(file)
        elif odd.kind == "socket":
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(os.fsencode(file))
        else:
            file.mkdir()
        if odd.kind == "sparse":
            os.truncate(file, odd.size)
        with contextlib.suppress(OSError, OverflowError):
            os.utime(file, (odd.time, odd.time), follow_symlinks=False)
        if odd.kind not in ("link", "loop"):
            file.chmod(odd.mode)
        return file
    return None


def remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        if stat.S_ISDIR(file.lstat().st_mode):
            shutil.rmtree(file)
        else:
            file.unlink()


@contextlib.contextmanager
def daemon(make_vault, make_config, observer: str) -> Iterator[tuple[Path, object]]:
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": "diary", "format": "YYYY/YYYY-MM-DD"}'})
    config = make_config(
        vault,
        watch={"settle_seconds": 0.05, "observer": observer, "polling_seconds": 0.1, "rescan_minutes": 0.005},
        schedule={"retrain": ""},
    )
    first_run(config, date(1995, 1, 1))
    with running(config, FakeWorker(), make_listeners=ordinary_listeners):
        yield vault, config


@pytest.mark.parametrize("observer", ["native", "polling"])
def test_nothing_odd_ends_the_daemon_or_stops_a_good_note(make_vault, make_config, caplog, observer: str) -> None:
    day = date(ROOM, 1, 1)
    caplog.set_level(logging.WARNING)
    with daemon(make_vault, make_config, observer) as (vault, config):

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize="NIPPO_ODD_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        )
        @given(odd=st.lists(things, min_size=5, max_size=40))
        def thrown(odd: list[Odd]) -> None:
            nonlocal day
            day -= timedelta(days=1)
            made = [file for one in odd if (file := throw(vault, one)) is not None]
            good = vault / f"diary/{day.year}/{day}.md"
            good.parent.mkdir(exist_ok=True)
            good.write_text(f"よい日記、{day:%j}番")
            try:
                until((vault / f"nippo/{day}-nippo.md").is_file, 20)
                beat = read_heartbeat(config.data_path)  # type: ignore[attr-defined]
                assert beat["state"] == "watching", beat
            finally:
                for file in reversed(made):
                    remove(file)

        thrown()
        with Store.open(config.data_path) as store:  # type: ignore[attr-defined]
            assert all(job.next_step for job in store.jobs("failed") + store.jobs("skipped"))
        assert status(config)["daemon"]["running"]  # type: ignore[arg-type]
    assert not any(record.exc_info for record in caplog.records)
