"""watchdog's observers, with what they lack: word of lost events, and no fear of links that lead in circles.

Linux' inotify keeps so many events and then says only that some were lost (``IN_Q_OVERFLOW``). watchdog 7.1 renews its
watches at that and tells no handler (its issue 654); ``OverflowTeller`` does. Polling walks into every linked folder,
and two links to a folder above them make it walk for ever; ``polling_observer`` walks into none, as inotify does.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserverVFS

if sys.platform.startswith("linux"):
    from watchdog.observers.inotify import InotifyEmitter
    from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchCallback, WatchDescriptor

    class OverflowTeller(InotifyFD):
        """The inotify instance of one observer; ``on_lost`` is called in its thread."""

        def __init__(self, on_lost: Callable[[], None]) -> None:
            super().__init__()
            self._on_lost = on_lost
            self._unwatched: set[bytes] = set()

        def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
            """As watchdog's, which takes a folder that may not be read for watched."""
            found = super().add_callback(path, mask, callback, id_)
            if found == -1:
                self._unwatched.add(path)
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fsdecode(path))
            return found

        @property
        def complete(self) -> bool:
            """Whether no folder that may be read is left out, as one that may be read again since."""
            return not any(os.access(path, os.R_OK) for path in list(self._unwatched))

        def handle_event(self, event: InotifyEvent) -> None:
            try:
                super().handle_event(event)
            except Exception:  # it would end the thread, and with it every event to come
                self._on_lost()
            if event.is_queue_overflow:
                self._on_lost()

    class NativeObserver(BaseObserver):
        """watchdog's ``InotifyObserver`` around an instance that tells of an overflow."""

        def __init__(self, on_lost: Callable[[], None]) -> None:
            self.inotify = OverflowTeller(on_lost)
            self.inotify.start()
            super().__init__(InotifyEmitter, inotify_fd=self.inotify)

        def on_thread_stop(self) -> None:
            super().on_thread_stop()
            self.inotify.stop()
            self.inotify.join()

        @property
        def whole(self) -> bool:
            """Whether it hears all that it should: events are read, and no folder is left out."""
            return self.inotify.is_alive() and self.inotify.complete


def native_observer(on_lost: Callable[[], None]) -> BaseObserver:
    """The system's own observer; ``on_lost`` is called where it knows that events were lost."""
    if sys.platform.startswith("linux"):
        return NativeObserver(on_lost)
    from watchdog.observers import Observer

    return Observer()


def polling_observer(seconds: float) -> BaseObserver:
    """An observer that looks every so many seconds."""
    return PollingObserverVFS(_status, _entries, polling_interval=seconds)


def _status(path: str) -> os.stat_result:
    """Of a link to a file what it leads to, of a link to a folder the link, so that nothing is entered through it."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        with contextlib.suppress(OSError):
            found = Path(path).stat()
            return status if stat.S_ISDIR(found.st_mode) else found
    return status


def _entries(path: str | None) -> Iterator[Any]:
    """A folder below that cannot be read is empty, and does not keep the rest from being seen."""
    try:
        return iter(list(os.scandir(path)))
    except FileNotFoundError:
        raise
    except OSError:
        return iter(())
