"""Whatever lies under a note's name: it is shown with a remedy, taken once it is mended, and stops no other note."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from daemon.commands.run import listeners
from daemon.config import Config
from daemon.service.heartbeat import read_heartbeat
from daemon.store.store import Store
from tests.daemon.service.test_service import running, until
from tests.fake_worker import FakeWorker
from tests.ordinary_rights import give_up_override

TODAY = date.today()
NOTE, REPORT = f"diary/{TODAY}.md", f"nippo/{TODAY}-nippo.md"
GOOD = TODAY - timedelta(days=1)


def ordinary_listeners(config: Config, store: Store) -> list[object]:
    """The daemon's own; made in its thread, which obeys the modes of files from then on."""
    give_up_override()
    return list(listeners(config, store))


@pytest.fixture
def settings(make_config) -> Callable[..., Config]:
    def make(vault: Path, **watch: object) -> Config:
        config: Config = make_config(
            vault, watch={"settle_seconds": 0.1, "polling_seconds": 0.1, **watch}, schedule={"retrain": ""}
        )
        return config

    return make


def aside(config: Config) -> dict[str, tuple[str, str]]:
    """What was set aside: name → what is wrong and what to do."""
    with Store.open(config.data_path) as store:
        return {job.path: (job.error, job.next_step) for job in store.jobs() if job.state != "waiting"}


def self_loop(file: Path) -> None:
    file.symlink_to(file.name)


def dangling(file: Path) -> None:
    file.symlink_to("nowhere.md")


def outside(file: Path) -> None:
    (file.parents[2] / "elsewhere.md").write_text("よその日記")
    file.symlink_to(file.parents[2] / "elsewhere.md")


def into_a_folder(file: Path) -> None:
    file.symlink_to("..")


def fifo(file: Path) -> None:
    os.mkfifo(file)


def socket_file(file: Path) -> None:
    here = Path.cwd()
    os.chdir(file.parent)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(file.name)
    finally:
        os.chdir(here)


def unreadable(file: Path) -> None:
    file.write_text("読めない日記")
    file.chmod(0)


def year_2300(file: Path) -> None:
    file.write_text("未来の時刻の日記")
    os.utime(file, (10_413_792_000, 10_413_792_000))


def before_1970(file: Path) -> None:
    file.write_text("過去の時刻の日記")
    os.utime(file, (-2_000_000_000, -2_000_000_000))


def sparse(file: Path) -> None:
    file.write_text("")
    os.truncate(file, 2**40)


SHOWN = {
    self_loop: "leads to no file",
    dangling: "leads to no file",
    outside: "leaves the vault",
    fifo: "no file with text",
    socket_file: "no file with text",
    unreadable: "cannot be read",
    sparse: "larger than 4096 KB",
}


@pytest.mark.parametrize(
    ("make", "observer"),
    [*((make, "native") for make in SHOWN), *((make, "polling") for make in (self_loop, fifo, unreadable))],
)
def test_it_is_shown_with_a_remedy_and_taken_once_it_is_mended(make_vault, settings, make, observer: str) -> None:
    vault = make_vault()
    config = settings(vault, observer=observer)
    with running(config, FakeWorker(), make_listeners=ordinary_listeners):
        make(vault / NOTE)
        (vault / f"diary/{GOOD}.md").write_text("よい日記")
        until((vault / f"nippo/{GOOD}-nippo.md").exists)
        until(lambda: NOTE in aside(config))
        what, remedy = aside(config)[NOTE]
        assert SHOWN[make] in what and remedy
        if make is unreadable:
            (vault / NOTE).chmod(0o644)  # neither size nor time change with that
        else:
            (vault / NOTE).unlink()
            (vault / NOTE).write_text("直した日記")
        until((vault / REPORT).exists)
        assert aside(config) == {}
        assert read_heartbeat(config.data_path)["state"] == "watching"


@pytest.mark.parametrize("make", [year_2300, before_1970], ids=lambda make: make.__name__)
def test_a_time_far_away_is_a_time(make_vault, settings, make) -> None:
    vault = make_vault()
    config = settings(vault)
    make(vault / "diary" / f"{TODAY}.md")
    with running(config, FakeWorker(), make_listeners=ordinary_listeners):
        until((vault / REPORT).exists)
    with running(config, FakeWorker(), make_listeners=ordinary_listeners):
        assert aside(config) == {}


def test_a_link_to_a_folder_is_no_note(make_vault, settings) -> None:
    vault = make_vault()
    config = settings(vault)
    into_a_folder(vault / NOTE)
    with running(config, FakeWorker(), make_listeners=ordinary_listeners):
        (vault / f"diary/{GOOD}.md").write_text("よい日記")
        until((vault / f"nippo/{GOOD}-nippo.md").exists)
    assert aside(config) == {}


@pytest.mark.parametrize("observer", ["native", "polling"])
def test_a_name_that_is_no_utf8(make_vault, settings, observer: str) -> None:
    vault = make_vault()
    config = settings(vault, observer=observer)
    folder = os.fsencode(vault / "diary")
    with running(config, FakeWorker(), make_listeners=ordinary_listeners):
        for name in (b"\x8e\xca.jpg", b"\x8e\xca.md", b"\xff"):
            Path(os.fsdecode(folder + b"/" + name)).write_text("x")
        (vault / NOTE).write_text("よい日記")
        until((vault / REPORT).exists)
        until(lambda: aside(config))
        ((path, (what, remedy)),) = aside(config).items()
        assert path == r"diary/\x8e\xca.md" and "not written in UTF-8" in what and "Rename" in remedy
        Path(os.fsdecode(folder + b"/\x8e\xca.md")).unlink()
        until(lambda: aside(config) == {})


def test_a_folder_that_may_not_be_read_is_told_and_loses_nothing(make_vault, settings) -> None:
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": "diary", "format": "YYYY/YYYY-MM-DD"}'})
    config = settings(vault, rescan_minutes=0.005)
    folder = vault / f"diary/{TODAY.year}"
    folder.mkdir()
    worker = FakeWorker()
    worker.hold.set()
    with running(config, worker, make_listeners=ordinary_listeners):
        (folder / f"{TODAY}.md").write_text("日記")
        until(lambda: worker.calls)
        folder.chmod(0)
        until(lambda: f"diary/{TODAY.year}" in aside(config))
        with Store.open(config.data_path) as store:
            assert [job.path for job in store.jobs("waiting")] == [f"diary/{TODAY.year}/{TODAY}.md"]
        folder.chmod(0o755)
        worker.go.set()
        until((vault / REPORT).exists)
        until(lambda: aside(config) == {})


def test_a_folder_that_may_be_read_again_is_watched_again(make_vault, settings, monkeypatch) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.1)
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": "diary", "format": "YYYY/YYYY-MM-DD"}'})
    config = settings(vault)
    folder = vault / f"diary/{TODAY.year}"
    folder.mkdir()
    folder.chmod(0)
    with running(config, FakeWorker(), make_listeners=ordinary_listeners) as service:
        until(lambda: f"diary/{TODAY.year}" in aside(config))
        folder.chmod(0o755)
        until(lambda: not aside(config))
        until(lambda: service._finder is not None and service._finder.alive)
        time.sleep(1.2)  # the scan is over: what comes now comes as an event
        (folder / f"{TODAY}.md").write_text("日記")
        until((vault / REPORT).exists)


@pytest.mark.parametrize("make", [self_loop, dangling, fifo, socket_file, sparse], ids=lambda make: make.__name__)
def test_something_odd_among_the_reports_stops_no_report(make_vault, settings, make) -> None:
    vault = make_vault()
    config = settings(vault)
    (vault / "nippo").mkdir()
    make(vault / REPORT)
    make(vault / f"nippo/{TODAY - timedelta(days=2)}-nippo.md")
    with running(config, FakeWorker(), make_listeners=ordinary_listeners):
        (vault / NOTE).write_text("日記")
        (vault / f"diary/{GOOD}.md").write_text("よい日記")
        until((vault / f"nippo/{GOOD}-nippo.md").exists)
        until(lambda: {NOTE, REPORT} <= aside(config).keys())
        assert all(what and remedy for what, remedy in aside(config).values())
        (vault / REPORT).unlink()
        until((vault / REPORT).is_file)
        until(lambda: not {NOTE, REPORT} & aside(config).keys())


@pytest.mark.parametrize("kind", ["fifo", "deep", "surrogate", "binary", "forbidden", "half written"])
def test_settings_of_obsidian_that_no_program_can_read(make_vault, settings, kind: str, monkeypatch) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.05)
    vault = make_vault()
    config = settings(vault)
    file = vault / ".obsidian/daily-notes.json"
    worker = FakeWorker()
    with running(config, worker, make_listeners=ordinary_listeners):
        before = file.read_bytes()
        file.unlink()
        if kind == "fifo":
            os.mkfifo(file)
        elif kind == "forbidden":
            file.write_bytes(before)
            file.chmod(0)
        else:
            text = {
                "deep": "[" * 100_000,
                "surrogate": r'{"folder": "\udc8e"}',
                "binary": "\0" * 10,
                "half written": '{"fold',
            }[kind]
            file.write_text(text)
        time.sleep(0.3)  # some looks at the settings
        (vault / f"diary/{GOOD}.md").write_text("よい日記")
        if kind != "surrogate":  # which can be read, and names another folder
            until((vault / f"nippo/{GOOD}-nippo.md").exists)
            assert "daily-notes.json" in read_heartbeat(config.data_path)["message"]
        file.unlink()
        file.write_bytes(before)
        (vault / NOTE).write_text("日記")
        until((vault / REPORT).exists)
        until(lambda: read_heartbeat(config.data_path)["message"] == "")
