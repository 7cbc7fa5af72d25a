"""What the database remembers of training: the run, the schedule, what was asked for, which pairs it saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.drafting.sentences import letters
from daemon.learning.kept import Kept
from daemon.learning.run_folder import RunState
from daemon.store.store import Pair, Store

STATE, SCHEDULE, REQUEST = "training", "schedule", "training_request"
SEEN, HELD_OUT, FORGOTTEN_PAIRS = "seen_pairs", "held_out", "forgotten_pairs"


@dataclass(frozen=True)
class RunRequest(Kept):
    """A run that somebody asked for, whatever the schedule says."""

    reason: str
    at: datetime | None = None


@dataclass(frozen=True)
class ScheduleMemory(Kept):
    """``last_slot``: the last one that was dealt with. ``note``: why the last one passed without a run."""

    last_slot: datetime | None = None
    next_run: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class PairCounts:
    """``new``: no run has seen them yet; ``seen``: one has. ``changed``: of all, those that are not the draft to the
    letter, a form of one's own included."""

    new: int
    seen: int
    changed: int


def is_changed(pair: Pair) -> bool:
    """Whether a letter of the report is another than in the draft."""
    return letters(pair.draft) != letters(pair.report)


class Ledger:
    """A view of an open database; several processes may write, each value is replaced as a whole."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def state(self) -> RunState | None:
        """The running or last weekly run, None before the first one."""
        return RunState.from_json(self._store.get_meta(STATE))

    @state.setter
    def state(self, state: RunState) -> None:
        self._put(STATE, state)

    @property
    def schedule(self) -> ScheduleMemory:
        return ScheduleMemory.from_json(self._store.get_meta(SCHEDULE)) or ScheduleMemory()

    @schedule.setter
    def schedule(self, memory: ScheduleMemory) -> None:
        self._put(SCHEDULE, memory)

    @property
    def request(self) -> RunRequest | None:
        """The run that somebody asks for, None where nobody does."""
        return RunRequest.from_json(self._store.get_meta(REQUEST))

    @request.setter
    def request(self, request: RunRequest | None) -> None:
        self._put(REQUEST, request)

    @property
    def seen(self) -> frozenset[str]:
        """Ids of the pairs that a run has seen."""
        return self._ids(SEEN)

    @seen.setter
    def seen(self, ids: Iterable[str]) -> None:
        self._store.set_meta(SEEN, sorted(set(ids)))

    @property
    def held_out(self) -> frozenset[str]:
        """Ids of the pairs that the gate judges by; no version may learn from them."""
        return self._ids(HELD_OUT)

    @held_out.setter
    def held_out(self, ids: Iterable[str]) -> None:
        self._store.set_meta(HELD_OUT, sorted(set(ids)))

    @property
    def forgotten(self) -> frozenset[str]:
        """Ids of the pairs that a person wants forgotten."""
        return self._ids(FORGOTTEN_PAIRS)

    def forget(self, ids: Iterable[str]) -> None:
        """These pairs are known to no run any more, and no version that knows them is a measure."""
        gone = set(ids)
        self._store.set_meta(FORGOTTEN_PAIRS, sorted(self.forgotten | gone))
        self.held_out = self.held_out - gone
        self.seen = self.seen - gone

    def counts(self, pairs: Sequence[Pair]) -> PairCounts:
        """The accepted pairs that are there, counted."""
        seen = self.seen
        known = sum(pair.id in seen for pair in pairs)
        return PairCounts(len(pairs) - known, known, sum(is_changed(pair) for pair in pairs))

    def _ids(self, key: str) -> frozenset[str]:
        return frozenset(self._store.get_meta(key, []))

    def _put(self, key: str, value: Kept | None) -> None:
        self._store.set_meta(key, None if value is None else value.to_json())


def request_run(store: Store, now: datetime, reason: str) -> None:
    """Ask the daemon for a training now, whatever the schedule and the number of new pairs."""
    Ledger(store).request = RunRequest(reason, now)
