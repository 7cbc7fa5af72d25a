"""How long a note must be quiet before it is drafted: longer with every draft that its person wrote past. Pure.

While somebody writes all evening, each pause looks like the end. The first draft comes soon; each further one of the
same evening waits ``TIMES`` as long as the one before, up to ``LONGEST`` times the first, and a note that nobody
has touched for ``CALM_SECONDS`` is new again. Times are seconds of one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass

TIMES = 4.0
LONGEST = 200.0
"""Ten minutes with the shipped ``settle_seconds``."""
CALM_SECONDS = 1800.0


@dataclass
class _Evening:
    drafts: int
    changed: float
    drafted: bool = False


class Patience:
    """The quiet time of each note. ``quiet_seconds`` is that of a first draft."""

    def __init__(self, quiet_seconds: float) -> None:
        self.quiet_seconds = quiet_seconds
        self._evenings: dict[str, _Evening] = {}

    def changed(self, path: str, now: float) -> None:
        """A note was seen to be another than before."""
        evening = self._evenings.get(path)
        if evening is not None and now - evening.changed < CALM_SECONDS:
            evening.changed, evening.drafted = now, False
            return
        self._evenings = {one: past for one, past in self._evenings.items() if now - past.changed < CALM_SECONDS}
        self._evenings[path] = _Evening(0, now)

    def begun(self, path: str) -> None:
        """A draft of a note begins; a second try with the same text is no further one."""
        evening = self._evenings.get(path)
        if evening is not None and not evening.drafted:
            evening.drafts, evening.drafted = evening.drafts + 1, True

    def changed_at(self, path: str) -> float:
        """When the note was last seen to change, minus infinity where it was not lately."""
        return self._evenings[path].changed if path in self._evenings else float("-inf")

    def quiet(self, path: str) -> float:
        """Seconds for which a note must stand still before it is drafted."""
        drafts = self._evenings[path].drafts if path in self._evenings else 0
        return self.quiet_seconds * min(TIMES**drafts, LONGEST)
