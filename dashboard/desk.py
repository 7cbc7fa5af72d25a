"""What a person has under way on the page: drafts that were asked for and text that is not saved yet.

It lies in this server's memory alone, so that a reload loses nothing and nothing private reaches the disk; the server's
end takes it along. All windows of the page share it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from dashboard.drafts import Drafting

MOST_DRAFTS, MOST_TEXTS = 40, 40


@dataclass
class DeskDraft:
    """One draft of the conversation. ``path`` is the diary's note, "" for a pasted one; ``text`` is what the person
    made of it so far, None before the first edit."""

    number: int
    day: date
    path: str
    diary: str
    version: str
    drafting: Drafting
    text: str | None = None


@dataclass
class Desk:
    """Drafts in their order, and the unsaved text of each day; the oldest of too many go."""

    _drafts: list[DeskDraft] = field(default_factory=list)
    _texts: OrderedDict[date, str] = field(default_factory=OrderedDict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def drafts(self) -> Sequence[DeskDraft]:
        return tuple(self._drafts)

    def add(self, day: date, path: str, diary: str, version: str, drafting: Drafting) -> DeskDraft:
        draft = DeskDraft(next(self._numbers), day, path, diary, version, drafting)
        self._drafts = [*self._drafts, draft][-MOST_DRAFTS:]
        return draft

    def clear_drafts(self) -> None:
        self._drafts, self._numbers = [], count(1)

    def unsaved(self, day: date) -> str | None:
        """The text of a day that no note holds yet, None without one."""
        return self._texts.get(day)

    def keep(self, day: date, text: str) -> None:
        self._texts[day] = text
        self._texts.move_to_end(day)
        while len(self._texts) > MOST_TEXTS:
            self._texts.popitem(last=False)

    def drop(self, day: date, text: str) -> None:
        """Let go of a day's unsaved text, if it is this one: another window may have written another."""
        if self._texts.get(day) == text:
            del self._texts[day]

    def forget(self, day: date) -> None:
        """Drop all that is here of a day."""
        self._texts.pop(day, None)
        self._drafts = [draft for draft in self._drafts if draft.day != day]
