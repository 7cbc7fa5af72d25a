"""The person of ``bench.faults``: saves, edits, renames, ticks and deletes notes, and knows what has to be there then.

Every write is done as an editor does it, whole or not at all, except for lines put to the end of a diary. What depends
on who was quicker by microseconds is not asked for: `redo` is unticked together with an edit.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from bench.fault_checks import Complaint, Day, of_diary, of_pairs, of_report, plain
from daemon.config import Config
from daemon.errors import NippoError
from daemon.learning.forgetting import forget
from daemon.learning.reviewer import Reviewer
from daemon.learning.ticking import tick
from daemon.service.on_demand import ask, find_note
from daemon.service.service import now
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.vault.report_note import is_begun, read, set_key

DAYS = 12


@dataclass
class Person:
    """One vault and what its person expects of it."""

    config: Config
    chance: random.Random
    days: dict[date, Day] = field(default_factory=dict)
    done: list[tuple[str, date]] = field(default_factory=list)
    count: int = 0

    def act(self) -> None:
        """Do something that makes sense just now."""
        acts: list[tuple[int, Callable[[], date | None]]] = [
            (4 if len(self.days) < DAYS else 0, self.save_new),
            (4, self.append),
            (3, self.rewrite),
            (1, self.rename),
            (3, self.edit_report),
            (4, self.tick),
            (2, self.untick),
            (4, self.redo),
            (2, self.take_redo_back),
            (2, self.delete_report),
            (1, self.ask),
        ]
        if not self.days:
            self.save_new()
            return
        (act,) = self.chance.choices([act for _, act in acts], [weight for weight, _ in acts])
        if day := act():
            self.done.append((act.__name__, day))

    def save_new(self) -> date | None:
        day = self._free_day()
        if day is None:
            return None
        text = self._line()
        if self._put(self.diary(day), text):
            self.days[day] = Day(text)
        return day if day in self.days else None

    def append(self) -> date | None:
        """A line at the end, as a phone's quick capture writes it; on a full disk a part of it may stay."""
        day = self._choose(lambda one: one.diary is not None)
        if day is None:
            return None
        with contextlib.suppress(OSError), self.diary(day).open("ab") as stream:
            stream.write(self._line())
        self.days[day].diary = self.diary(day).read_bytes()
        return day

    def rewrite(self) -> date | None:
        """An editor that writes beside the note and renames over it."""
        day = self._choose(lambda one: one.diary is not None)
        if day is None:
            return None
        text = (self.days[day].diary or b"") + self._line()
        if self._put(self.diary(day), text):
            self.days[day].diary = text
        return day

    def rename(self) -> date | None:
        """The diary was written under the wrong date."""
        day, other = self._choose(lambda one: one.diary is not None and one.report == "auto"), self._free_day()
        if day is None or other is None:
            return None
        try:
            self.diary(day).rename(self.diary(other))
        except OSError:
            return None
        self.days[other] = Day(self.days[day].diary)
        self.days[day] = Day(None, "any")
        return day

    def edit_report(self) -> date | None:
        return self._change(lambda data: data + f"* 私の{self._number()}行目です。\n".encode())

    def tick(self) -> date | None:
        return self._change(lambda data: set_key(data, "accepted", "true"))

    def untick(self) -> date | None:
        return self._change(lambda data: set_key(data, "accepted", "false"), lambda data: read(data).accepted)

    def redo(self) -> date | None:
        return self._change(lambda data: set_key(data, "redo", "true"))

    def take_redo_back(self) -> date | None:
        """Untick `redo` and write on: from then on the words are the person's again."""
        mine = f"* やはり私の{self._number()}行目です。\n".encode()
        return self._change(lambda data: set_key(data, "redo", "false") + mine, lambda data: read(data).redo)

    def delete_report(self) -> date | None:
        day = self._choose(lambda one: one.report != "deleted")
        if day is None or not self.report(day).exists():
            return None
        with contextlib.suppress(OSError):
            self.report(day).unlink()
            self.days[day] = Day(self.days[day].diary, "deleted" if self.days[day].diary is not None else "any")
        return day

    def ask(self) -> date | None:
        """`nippo report` for a report that was deleted."""
        day = self._choose(lambda one: one.report == "deleted" and one.diary is not None)
        if day is None:
            return None
        layout = read_layout(self.config)
        with contextlib.suppress(OSError, sqlite3.Error, NippoError), Store.open(self.config.data_path) as store:
            note = find_note(layout, str(day), day)
            if ask(layout, store, self.config, [note], "report", now()):
                self.days[day].report = "auto"
        return day

    # Commands, as processes that may be killed

    def for_a_command(self) -> date | None:
        """The day that `nippo accept` or `nippo forget` is to be run for, None without one."""
        day = self._choose(lambda one: one.diary is not None and one.report in ("auto", "mine", "either"))
        if day is not None and self.days[day].report in ("auto", "either") and self.report(day).exists():
            self.days[day].drawn = self.report(day).read_bytes()
        return day

    def run_accept(self, day: date) -> None:
        with Store.open(self.config.data_path) as store:
            layout = read_layout(self.config)
            tick(layout, f"nippo/{day}-nippo.md", day, "accepted", True)
            Reviewer(self.config, store).review(layout, day, now())

    def run_forget(self, day: date) -> None:
        with Store.open(self.config.data_path) as store:
            forget(self.config, store, read_layout(self.config), day)

    def look_at(self, day: date, forgotten: bool) -> None:
        """After a command: what it left is the person's wish."""
        one, file = self.days[day], self.report(day)
        data = file.read_bytes() if file.exists() else None
        if data is None or is_begun(read(data)):
            one.report = "any" if forgotten else one.report
        elif plain(data) == plain(one.drawn) and not forgotten and one.report != "auto":
            one.report, one.words = "either", data
        elif forgotten or one.report in ("mine", "either") or read(data).accepted:
            one.report, one.words = "mine", data

    # What has to be there

    def complaints(self) -> list[Complaint]:
        """What is not as it should be once the daemon has nothing left to do."""
        found: list[Complaint] = []
        for day, one in self.days.items():
            found += of_diary(day, one, self.diary(day))
            found += of_report(day, one, self.report(day))
        wanted = {self.diary(day) for day, one in self.days.items() if one.diary is not None}
        strange = [file for file in self.diary(date.min).parent.iterdir() if file not in wanted and file.is_file()]
        wanted = {self.report(day) for day in self.days}
        strange += [file for file in self.report(date.min).parent.iterdir() if file not in wanted and file.is_file()]
        kinds = ["left" if file.name.startswith(".") else "reports" for file in strange]
        found += [Complaint(kind, 1, f"{file.name} lies about") for kind, file in zip(kinds, strange, strict=True)]
        return found + of_pairs(self.config, {day: self.report(day) for day in self.days})

    def settled(self) -> None:
        """All is as it should be: redone reports are the daemon's again."""
        for day, one in self.days.items():
            if one.report in ("redo", "typed"):
                data = file.read_bytes() if (file := self.report(day)).exists() else b""
                kept = one.report == "typed" and read(data).body == read(one.words).body
                one.report, one.words = ("mine", data) if kept else ("auto", b"")

    def give_in(self, day: date) -> None:
        """After a complaint: take things as they are, so that nothing is told twice."""
        one, file = self.days[day], self.report(day)
        one.report, one.words = ("any", file.read_bytes()) if file.exists() else ("deleted", b"")
        one.diary = self.diary(day).read_bytes() if self.diary(day).exists() else None

    def diary(self, day: date) -> Path:
        return self.config.vault_path / f"diary/{day}.md"

    def report(self, day: date) -> Path:
        return self.config.vault_path / f"nippo/{day}-nippo.md"

    def _change(self, edit: Callable[[bytes], bytes], wanted: Callable[[bytes], bool] = lambda _: True) -> date | None:
        """Open a report that is there, edit it and save it."""
        day = self._choose(lambda one: one.diary is not None and one.report != "deleted")
        if day is None or not self.report(day).exists():
            return None
        before = self.report(day).read_bytes()
        if not wanted(before):
            return None
        data = edit(before)
        if data == before:
            return None
        one = self.days[day]
        asked = one.report in ("redo", "typed")
        redone = asked and not read(before).redo and read(before).body != read(one.words).body
        if one.report == "auto" or redone or (one.report == "either" and plain(before) != plain(one.words)):
            one.drawn = before
        if self._put(self.report(day), data):
            under = read(before).redo and (one.report == "typed" or read(data).body != read(before).body)
            one.words = data
            one.report = "either" if plain(data) == plain(one.drawn) else "mine"
            if read(data).redo:
                one.report = "typed" if under else "redo"
        return day

    def _put(self, file: Path, data: bytes) -> bool:
        temporary = file.with_name(f".{file.name}.swp")
        try:
            temporary.write_bytes(data)
            temporary.replace(file)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            return False
        return True

    def _choose(self, wanted: Callable[[Day], bool]) -> date | None:
        fitting = [day for day, one in self.days.items() if wanted(one)]
        return self.chance.choice(fitting) if fitting else None

    def _free_day(self) -> date | None:
        free = [day for day in (date.today() - timedelta(days=number) for number in range(40)) if day not in self.days]
        return self.chance.choice(free) if free and len(self.days) < 2 * DAYS else None

    def _line(self) -> bytes:
        return f"サブネットの計算を{self._number()}回やった。{'あ' * self.chance.randrange(60)}\n".encode()

    def _number(self) -> int:
        self.count += 1
        return self.count
