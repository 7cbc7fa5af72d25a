"""Whatever happens to a vault, in any order: a pair is what its person made of it last. From seeds, with an oracle that
knows only the person's acts."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.commands.rebuild import rebuild
from daemon.config import Config
from daemon.learning.reviewer import Reviewer
from daemon.store.store import Store
from daemon.vault.own_lines import with_body
from daemon.vault.report_note import ReportNote, render, set_key
from tests.conftest import MakeConfig, MakeVault

DAY = date(2026, 1, 7)
START = datetime(2026, 1, 8, 21, 0, tzinfo=UTC)
DIARY = "Javaのインターフェースをやった。きなこに噛まれた。\n" * 3
STEPS, ROUNDS = 14, 40


class Life:
    """A vault with one report, everything that may happen to it, and what must be known of the pair."""

    def __init__(self, config: Config, rng: random.Random) -> None:
        self.config, self.rng, self.vault = config, rng, config.vault_path
        self.note = self.vault / f"nippo/{DAY}-nippo.md"
        self.diary = self.vault / f"diary/{DAY}.md"
        self.now = START
        self.ticked_at: datetime | None = None
        self.body, self.learned_body, self.learned_diary = "* 行です。", "", ""
        self.store = Store.open(config.data_path)
        self.reviewer = Reviewer(config, self.store)
        self.log: list[str] = []
        self.scan()

    def scan(self) -> None:
        self.now += timedelta(hours=self.rng.choice([0, 1, 12]))
        self.reviewer.scanned(self.now)

    def change(self, edit: Callable[[bytes], bytes]) -> None:
        self.note.write_bytes(edit(self.note.read_bytes()))

    # Acts of the person

    def tick(self) -> None:
        self.change(lambda data: set_key(data, "accepted", "true"))
        self.scan()
        if self.ticked_at is None:
            self.ticked_at = self.now
            self._learned(True)

    def untick(self) -> None:
        self.change(lambda data: set_key(data, "accepted", "false"))
        self.scan()
        self.ticked_at = None

    def edit(self) -> None:
        self.body = f"* 行です。\n* {self.rng.randrange(10**6)}を足しました。"
        self.change(lambda data: with_body(data, self.body))
        self.scan()
        self._learned(self.ticked_at is not None)

    def _learned(self, ticked: bool) -> None:
        now = self.diary.read_text(encoding="utf-8") if self.diary.exists() else ""
        if ticked and 2 * len("".join(now.split())) >= len("".join(self.learned_diary.split())) and now:
            self.learned_diary = now
        self.learned_body = self.body if ticked else self.learned_body

    def grow(self) -> None:
        text = self.diary.read_text(encoding="utf-8") + "SQLもやった。\n"
        self.diary.write_text(text, encoding="utf-8")

    def move(self) -> None:
        target = self.vault / self.rng.choice(["nippo", "nippo/archive", "学校/日報"])
        target.mkdir(parents=True, exist_ok=True)
        self.note = self.note.rename(target / self.rng.choice([f"{DAY}-nippo.md", "提出.md", f"{DAY} 1.md"]))

    # Accidents

    def folder_away(self) -> None:
        aside = self.vault.parent / "aside"
        folder = self.note.parent
        folder.rename(aside)
        for _ in range(3):
            self.now += timedelta(days=9)
            self.reviewer.scanned(self.now)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)

    def spoiled(self, data: bytes | None) -> None:
        """The note holds something else, or is gone, for some days; then it is as it was."""
        before = self.note.read_bytes()
        if data is None:
            self.note.unlink()
        else:
            self.note.write_bytes(data)
        for _ in range(3):
            self.now += timedelta(days=1)
            self.reviewer.scanned(self.now)
        self.note.write_bytes(before)

    def gone(self) -> None:
        self.spoiled(None)

    def emptied(self) -> None:
        self.spoiled(self.rng.choice([b"", b"\0" * 99, self.note.read_bytes()[:30]]))

    def conflict(self) -> None:
        other = set_key(self.note.read_bytes(), "accepted", "false")
        self.spoiled(self.note.read_bytes() + b"<<<<<<< HEAD\n" + other + b"=======\n>>>>>>> x\n")

    def body_lost(self) -> None:
        if self.ticked_at is not None:
            self.spoiled(with_body(self.note.read_bytes(), ""))

    def diary_spoiled(self) -> None:
        self.diary.write_text(self.rng.choice(["", "# 題\n", "短い。"]), encoding="utf-8")
        self.scan()
        if self.rng.random() < 0.5:
            self.edit()
        self.diary.write_text(DIARY, encoding="utf-8")

    def plugin(self) -> None:
        ending = self.rng.choice([b"\n", b"\r\n"])
        plain = self.note.read_bytes().replace(b"\r\n", b"\n").replace(b"---\n", b"---\nC#: 3h\n", 1)
        self.note.write_bytes(plain.replace(b"\n", ending))

    def restart(self) -> None:
        self.reviewer = Reviewer(self.config, self.store)

    def made_anew(self) -> None:
        self.store.close()
        rebuild(self.config.file)
        for file in self.config.data_path.glob("nippo.sqlite3.2*"):
            file.unlink()
        self.store = Store.open(self.config.data_path)
        self.restart()

    EVENTS = (tick, tick, untick, edit, edit, grow, move, move, folder_away, gone, emptied, conflict, body_lost)
    EVENTS += (diary_spoiled, plugin, restart, made_anew)

    def step(self) -> None:
        event = self.rng.choice(self.EVENTS)
        self.log.append(event.__name__)
        event(self)
        self.scan()
        pair = self.store.pair(str(DAY))
        assert (pair is not None and not pair.withdrawn) == (self.ticked_at is not None), self.log
        if pair is not None and self.ticked_at is not None:
            assert pair.accepted_at == self.ticked_at.isoformat(timespec="seconds"), self.log
            assert (pair.report, pair.diary) == (self.learned_body, self.learned_diary), self.log
            assert pair.missing_since == "", self.log


@pytest.mark.parametrize("block", range(4))
def test_a_pair_is_what_its_person_made_of_it(make_vault: MakeVault, make_config: MakeConfig, block: int) -> None:
    text = render(ReportNote(DAY, f"diary/{DAY}", "* 行です。", "draft", "v1", START))
    for number in range(block, ROUNDS, 4):
        files = {f"diary/{DAY}.md": DIARY, f"nippo/{DAY}-nippo.md": text, "nippo/nippo.base": ""}
        vault: Path = make_vault(files, name=f"vault{number}")
        config = make_config(vault, data={"folder": str(vault.parent / f"data{number}")})
        life = Life(config, random.Random(number))
        for _ in range(STEPS):
            life.step()
        life.store.close()
