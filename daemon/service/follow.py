"""Whether a diary still says what its report was made from; what that was is kept in the database, across restarts."""

from __future__ import annotations

from datetime import date

from daemon.service.standing import Standing
from daemon.store.store import Store


def follows(store: Store, found: Standing, sha: str, essence: str) -> bool:
    """Whether the report of a day was made from a diary that says what this one says (``daemon.vault.essence``); then
    the report is remembered as this one's."""
    if found.row is None:
        return False
    if found.row.diary_sha == sha:
        return True
    if not essence or store.essences.of(found.row.diary_sha) != essence:
        return False
    store.essences.follow(date.fromisoformat(found.row.day), sha, essence)
    return True
