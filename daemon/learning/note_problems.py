"""What stood in the way of reviewing a note, remembered in the database for `nippo status` and the page."""

from __future__ import annotations

from collections.abc import Collection

from daemon.errors import NoteError
from daemon.store.store import Store

PROBLEMS = "note_problems"


class NoteProblems:
    """By path in the vault: what happened, and what to do about it. Of a note's text it holds the line of a hint."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tell(self, path: str, what: str, next_step: str) -> bool:
        """Remember a problem in place of the one before; "" for none. True when it is new and not empty."""
        known = self._read()
        if known.get(path, ["", ""]) == [what, next_step]:
            return False
        if what:
            known[path] = [what, next_step]
        else:
            del known[path]
        self._store.set_meta(PROBLEMS, known)
        return bool(what)

    def keep(self, paths: Collection[str]) -> None:
        """Forget the problems of all other notes."""
        known = self._read()
        left = {path: words for path, words in known.items() if path in paths}
        if left != known:
            self._store.set_meta(PROBLEMS, left)

    def all(self) -> dict[str, NoteError]:
        """Path → the problem."""
        return {path: NoteError(*words) for path, words in sorted(self._read().items())}

    def _read(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self._store.get_meta(PROBLEMS, {})
        return found
