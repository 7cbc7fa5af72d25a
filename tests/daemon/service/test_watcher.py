"""The observer's box: it never raises, and what happened in the folder is in it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from watchdog.events import DirCreatedEvent, FileModifiedEvent

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
    assert len(paths) == FLOOD + 1 and wanted


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
        assert not watcher.alive
    finally:
        watcher.stop()
