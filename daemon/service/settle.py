"""When a note has been quiet long enough: a pure tracker of what was last seen of each file.

Times are seconds of one monotonic clock, so that a wall clock set back changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.service.patience import Patience


@dataclass(frozen=True)
class Fingerprint:
    """What is compared: size in bytes, mtime in nanoseconds, and the content's SHA-256."""

    size: int
    mtime_ns: int
    sha: str


class SettleTracker:
    """Files that are changing. A file is due once its fingerprint has stood still for ``quiet_seconds``, or for longer
    where ``patience`` says so, and stays due until it is forgotten: whoever takes it forgets it once that is recorded.
    """

    def __init__(self, quiet_seconds: float) -> None:
        self.patience = Patience(quiet_seconds)
        self._pending: dict[str, tuple[Fingerprint, float]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._pending

    def see(self, path: str, fingerprint: Fingerprint, now: float) -> None:
        """Note what a file is at ``now``; another fingerprint than before starts its quiet time anew."""
        before = self._pending.get(path)
        if before is None or before[0] != fingerprint:
            self.patience.changed(path, now)
            self._pending[path] = (fingerprint, now)

    def forget(self, path: str) -> None:
        self._pending.pop(path, None)

    def due(self, now: float) -> list[str]:
        """The files that have been quiet long enough, the longest quiet first. They stay until forgotten."""
        quiet = self.patience.quiet
        ready = [(since, path) for path, (_, since) in self._pending.items() if now - since >= quiet(path)]
        return [path for _, path in sorted(ready)]

    def settled(self, path: str, fingerprint: Fingerprint, now: float) -> bool:
        """Given what a due file is right now, say whether it is still the same; where not, it waits anew."""
        before = self._pending.get(path)
        if before is not None and before[0] == fingerprint:
            return True
        self.patience.changed(path, now)
        self._pending[path] = (fingerprint, now)
        return False

    def next_due(self) -> float | None:
        """When the next file will be due, None without any."""
        return min((since + self.patience.quiet(path) for path, (_, since) in self._pending.items()), default=None)
