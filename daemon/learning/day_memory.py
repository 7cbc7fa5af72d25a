"""What the database remembers by day under one word: a few values for each of the days that have any."""

from __future__ import annotations

from datetime import date
from typing import Any

from daemon.store.store import Store


class DayMemory:
    """``key``: the word under which it is remembered. Values are what JSON holds."""

    def __init__(self, key: str) -> None:
        self._key = key

    def of(self, store: Store, day: date) -> dict[str, Any] | None:
        """What is remembered of a day, None where nothing is."""
        found: dict[str, Any] | None = store.get_meta(self._key, {}).get(day.isoformat())
        return found

    def days(self, store: Store) -> list[date]:
        """The days of which something is remembered, in order."""
        return [date.fromisoformat(day) for day in sorted(store.get_meta(self._key, {}))]

    def put(self, store: Store, day: date, values: dict[str, Any] | None) -> None:
        """Remember values of a day in the place of others, or with None nothing more."""
        with store.batch():
            found = store.get_meta(self._key, {})
            if values is None and day.isoformat() not in found:
                return
            others = {other: value for other, value in found.items() if other != day.isoformat()}
            store.set_meta(self._key, others | ({day.isoformat(): values} if values is not None else {}))
