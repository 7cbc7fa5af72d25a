"""File events of the diary: watchdog's observers behind a box that is emptied by the main loop.

The handler only drops paths into the box and never raises (an exception would end watchdog's thread, its issues 427 and
663). Events can be lost: where the observer knows it, a scan is asked for at once, else (network file systems) the
periodic scan catches them. A new or moved folder asks for a scan too, because what was in it before the watch began
made no events.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileClosedEvent,
    FileDeletedEvent,
    FileAttribEvent,  # a note that may be read again
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
FLOOD = 4000
"""Waiting paths beyond which no more are kept: a scan finds them as well."""

ABSENT = (0, 0)

log = logging.getLogger(__name__)


class EventBox(FileSystemEventHandler):
    """Collects the files that events named. Safe between threads; ``on_event`` wakes the main loop."""

    def __init__(self, on_event: Callable[[], None]) -> None:
        self._on_event = on_event
        self._lock = threading.Lock()
        self._paths: dict[str, None] = {}
        self._scan_wanted = False

    def dispatch(self, event: FileSystemEvent) -> None:
        try:
            with self._lock:
                if event.is_directory:
                    self._scan_wanted = True
                else:
                    for path in (event.src_path, event.dest_path):
                        if path and len(self._paths) < FLOOD:
                            self._paths[os.fsdecode(path)] = None
                        elif path:
                            self._scan_wanted = True
            self._on_event()
        except Exception:
            log.exception("an event could not be noted; the next scan makes up for it")

    def lost(self) -> None:
        """Events were lost: ask for a scan. Never raises."""
        self.dispatch(DirModifiedEvent(""))

    def empty(self) -> tuple[list[str], bool]:
        """Return the paths that came since the last call, oldest first, and whether a scan is wanted."""
        with self._lock:
            paths, self._paths = list(self._paths), {}
            wanted, self._scan_wanted = self._scan_wanted, False
        return paths, wanted


class Watcher:
    """Watches folders, natively or by polling."""

    def __init__(
        self, kind: Literal["native", "polling"], polling_seconds: float, on_event: Callable[[], None]
    ) -> None:
        self.box = EventBox(on_event)
        self._kind = kind
        self._polling_seconds = polling_seconds
        self._observer: BaseObserver | None = None
        self._watched: dict[Path, tuple[int, int]] = {}

    def start(self, folders: Sequence[tuple[Path, bool]]) -> None:
        """Watch these folders (the flag: with what is below), as far as they exist. Raises OSError, for example when
        the machine's inotify limit is reached."""
        self.stop()
        observer = self._new_observer()
        try:
            for folder, recursive in folders:
                identity = _identity(folder)
                if identity != ABSENT:
                    observer.schedule(self.box, str(folder), recursive=recursive, event_filter=EVENTS)
                self._watched[folder] = identity
            observer.daemon = True
            observer.start()
        except BaseException:
            with contextlib.suppress(Exception):
                observer.stop()
            raise
        self._observer = observer

    def stop(self) -> None:
        observer, self._observer = self._observer, None
        self._watched = {}
        if observer is not None:
            with contextlib.suppress(Exception):
                observer.stop()
                observer.join(timeout=2.0)

    @property
    def alive(self) -> bool:
        """Whether all threads of the observer run and every folder is still the one that is watched."""
        return self._runs and not self._replaced()

    @property
    def only_grown(self) -> bool:
        """Whether nothing has ended, and each folder that is another one now was not there when the watch began."""
        return self._runs and all(before == ABSENT for before in self._replaced())

    @property
    def _runs(self) -> bool:
        observer = self._observer
        if observer is None or not observer.is_alive() or not getattr(observer, "whole", True):
            return False
        return all(emitter.is_alive() for emitter in observer.emitters)

    def _replaced(self) -> list[tuple[int, int]]:
        """What the folders were, as the watch began, that are others now."""
        return [before for folder, before in self._watched.items() if _identity(folder) != before]

    def _new_observer(self) -> BaseObserver:
        from daemon.service.observers import native_observer, polling_observer

        return polling_observer(self._polling_seconds) if self._kind == "polling" else native_observer(self.box.lost)


def _identity(folder: Path) -> tuple[int, int]:
    """Device and inode of a folder, ``ABSENT`` without one."""
    try:
        status = folder.stat()
    except OSError:
        return ABSENT
    return status.st_dev, status.st_ino
