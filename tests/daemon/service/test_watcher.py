"""The observer's box: it never raises, and what happened in the folder is in it."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from watchdog.events import DirCreatedEvent, FileModifiedEvent

from daemon.service.observers import NativeObserver
from daemon.service.watcher import FLOOD, EventBox, Watcher


def fail() -> None:
    raise RuntimeError("the loop is gone")


def test_a_handler_that_cannot_wake_anybody_does_not_raise() -> None:
    box = EventBox(fail)
    box.dispatch(FileModifiedEvent("/vault/a.md"))
    assert box.empty() == (["/vault/a.md"], False)
    assert box.empty() == ([], False)


def test_a_new_folder_and_a_flood_ask_for_a_scan() -> None:
    box = EventBox(lambda: None)
    box.dispatch(DirCreatedEvent("/vault/2026"))
    assert box.empty() == ([], True)
    for number in range(FLOOD + 1):
        box.dispatch(FileModifiedEvent(f"/vault/{number}.md"))
    paths, wanted = box.empty()
    assert len(paths) == FLOOD and wanted, "what did not fit is found by the scan"


@pytest.mark.parametrize("kind", ["native", "polling"])
def test_every_way_of_saving_makes_an_event(tmp_path: Path, kind: str) -> None:
    woken = threading.Event()
    watcher = Watcher(kind, 0.1, woken.set)  # type: ignore[arg-type]
    watcher.start([(tmp_path, True), (tmp_path / "not there", False)])
    try:
        time.sleep(0.3)
        (tmp_path / "written 🌸.md").write_text("x")
        (tmp_path / "draft.tmp").write_text("x")
        (tmp_path / "draft.tmp").rename(tmp_path / "renamed over.md")
        seen: set[str] = set()
        end = time.monotonic() + 10
        while not {"written 🌸.md", "renamed over.md"} <= seen:
            assert time.monotonic() < end, seen
            woken.wait(0.1)
            seen |= {Path(path).name for path in watcher.box.empty()[0]}
    finally:
        watcher.stop()
    assert not watcher.alive


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux' own")
def test_an_overflow_of_inotify_asks_for_a_scan_at_once(tmp_path: Path) -> None:
    """A real one: the kernel's queue runs over while the thread that reads it is held up."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    watcher = Watcher("native", 1.0, lambda: None)
    watcher.start([(tmp_path, False)])
    try:
        observer = watcher._observer
        assert isinstance(observer, NativeObserver)
        with observer.inotify._lock:
            (tmp_path / "first.md").write_text("x")
            for number in range(limit // 2 + 2000):  # made and deleted: two events each, never two equal ones in a row
                (tmp_path / f"{number}").symlink_to("x")
                (tmp_path / f"{number}").unlink()
            (tmp_path / "lost.md").write_text("x")
        seen: set[str] = set()
        wanted, end = False, time.monotonic() + 20
        while not wanted:
            assert time.monotonic() < end, "nobody was told of the overflow"
            time.sleep(0.01)
            paths, wanted = watcher.box.empty()
            seen |= {Path(path).name for path in paths}
        assert "lost.md" not in seen
        (tmp_path / "after.md").write_text("x")
        while "after.md" not in seen:
            assert time.monotonic() < end, "after the overflow events come again"
            time.sleep(0.01)
            seen |= {Path(path).name for path in watcher.box.empty()[0]}
        assert watcher.alive
    finally:
        watcher.stop()


def test_an_inotify_thread_that_has_ended_is_noticed(tmp_path: Path) -> None:
    watcher = Watcher("native", 1.0, lambda: None)
    watcher.start([(tmp_path, False)])
    try:
        assert watcher.alive
        if isinstance(watcher._observer, NativeObserver):
            watcher._observer.inotify.stop()
            watcher._observer.inotify.join(5)
            assert not watcher.alive
    finally:
        watcher.stop()


def test_polling_enters_no_link_so_that_circles_of_links_end(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).symlink_to(".")
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "2026").mkdir()
    watcher = Watcher("polling", 0.1, lambda: None)
    watcher.start([(tmp_path, True)])
    try:
        time.sleep(0.2)
        (tmp_path / "2026" / "note.md").write_text("x")
        names: set[str] = set()
        end = time.monotonic() + 10
        while "note.md" not in names:
            assert time.monotonic() < end
            time.sleep(0.05)
            names |= {Path(path).name for path in watcher.box.empty()[0]}
    finally:
        watcher.stop()


def test_reading_a_file_makes_no_event(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    watcher = Watcher("native", 1.0, lambda: None)
    watcher.start([(tmp_path, False)])
    try:
        (tmp_path / "a.md").read_text()
        time.sleep(0.5)
        assert watcher.box.empty() == ([], False)
    finally:
        watcher.stop()


def test_a_folder_that_was_replaced_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "diary"
    folder.mkdir()
    watcher = Watcher("native", 1.0, lambda: None)
    watcher.start([(folder, False)])
    try:
        assert watcher.alive
        folder.rename(tmp_path / "old")
        folder.mkdir()
        assert not watcher.alive and not watcher.only_grown
    finally:
        watcher.stop()


def test_a_folder_that_is_made_later_is_no_trouble(tmp_path: Path) -> None:
    """The first report makes the report folder."""
    watcher = Watcher("native", 1.0, lambda: None)
    watcher.start([(tmp_path, False), (tmp_path / "nippo", True)])
    try:
        assert watcher.alive
        (tmp_path / "nippo").mkdir()
        assert not watcher.alive and watcher.only_grown
    finally:
        watcher.stop()
    assert not watcher.only_grown
