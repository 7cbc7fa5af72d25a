"""The hint that a note was given (``daemon.vault.tick_hint``), remembered for `nippo status` and the page."""

from __future__ import annotations

from collections.abc import Collection

from daemon.store.store import Store

HINTS = "note_hints"


class NoteHints:
    """By path in the vault, the first hint of each note."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, path: str, hint: str) -> None:
        """Remember a note's hint in place of the one before; "" for none."""
        known = self.all()
        if known.get(path, "") != hint:
            left = {one: words for one, words in known.items() if one != path}
            self._store.set_meta(HINTS, left | ({path: hint} if hint else {}))

    def keep(self, paths: Collection[str]) -> None:
        """Forget the hints of all other notes."""
        known = self.all()
        left = {path: hint for path, hint in known.items() if path in paths}
        if left != known:
            self._store.set_meta(HINTS, left)

    def all(self) -> dict[str, str]:
        """Path → hint."""
        found: dict[str, str] = self._store.get_meta(HINTS, {})
        return found
