"""An accepted note says so, in one line of nippo's own, later, and without anybody noticing it as an edit."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.learning.announcement import unknown_report
from daemon.learning.reviewer import Reviewer
from daemon.learning.status_lines import QUIET, StatusKeeper
from daemon.service.standing import Owner, standing
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.vault.report_note import ReportNote, read, render, set_key
from daemon.vault.writer import digest
from tests.conftest import MakeConfig, MakeVault

DAY = date(2026, 1, 7)
NOW = datetime(2026, 1, 7, 21, 0, tzinfo=UTC)
PATH = "nippo/2026-01-07-nippo.md"
BODY = "本日は、以下の学習と課題を完了しました:\n\n* Javaを学びました。"


class World:
    def __init__(self, config: Config) -> None:
        self.config, self.store = config, Store.open(config.data_path)
        self.file: Path = config.vault_path / PATH
        self.reviewer, self.now = Reviewer(config, self.store), NOW
        self.keeper = StatusKeeper(config, self.store)
        self.drawn = self.file.read_bytes()
        row = unknown_report("2026-01-07", "diary/2026-01-07.md", PATH)
        self.store.put_report(
            replace(row, report_sha=digest(self.drawn), draft=BODY, status="needs-review", written_at=NOW.isoformat())
        )
        self.age(self.now)

    def age(self, when: datetime) -> None:
        os.utime(self.file, (when.timestamp(), when.timestamp()))

    def save(self, data: bytes) -> None:
        self.now += timedelta(hours=1)
        self.file.write_bytes(data)
        self.age(self.now)
        self.settled()

    def settled(self) -> None:
        for listener in (self.reviewer, self.keeper):
            listener.report_changed(DAY, PATH, self.now)

    def later(self, by: timedelta = QUIET) -> None:
        self.now += by
        self.keeper.turn(self.now, 0.0)

    @property
    def owner(self) -> Owner:
        return standing(read_layout(self.config), self.store, DAY).owner


@pytest.fixture
def world(make_vault: MakeVault, make_config: MakeConfig) -> World:
    note = ReportNote(DAY, "diary/2026-01-07", BODY, "needs-review", "starter-1", NOW)
    return World(make_config(make_vault({"diary/2026-01-07.md": "Javaを学んだ。", PATH: render(note)})))


def status(world: World) -> str:
    return read(world.file.read_bytes()).status


def test_a_ticked_note_says_so_once_it_is_left_alone_and_an_unticked_one_is_as_before(world: World) -> None:
    ticked = set_key(world.drawn, "accepted", "true").replace(b"needs-review", b"needs-review  # mine")
    world.save(ticked)
    world.later(QUIET - timedelta(seconds=1))
    assert world.file.read_bytes() == ticked
    world.later(timedelta(seconds=1))
    assert world.file.read_bytes() == ticked.replace(b"needs-review", b"accepted")
    pair = world.store.pair("2026-01-07")
    world.settled()
    world.later()
    assert world.store.pair("2026-01-07") == pair and status(world) == "accepted", "its own line is nobody's edit"
    world.save(set_key(world.file.read_bytes(), "accepted", "false").replace(b"  # mine", b""))
    world.later()
    assert world.file.read_bytes() == world.drawn and world.owner is Owner.DAEMON
    assert world.store.pairs() == []


def test_who_goes_on_writing_is_not_disturbed(world: World) -> None:
    world.save(set_key(world.drawn, "accepted", "true"))
    words = world.file.read_bytes() + "* まだ書いています。\n".encode()
    world.file.write_bytes(words)
    world.age(world.now + QUIET - timedelta(seconds=5))
    world.later()
    assert world.file.read_bytes() == words
    world.later()
    assert world.file.read_bytes() == words.replace(b"needs-review", b"accepted")


def test_a_daemon_that_was_stopped_makes_up_for_it_but_changes_no_old_notes(world: World) -> None:
    world.save(set_key(world.drawn, "accepted", "true"))
    world.keeper = StatusKeeper(world.config, world.store)
    world.now += timedelta(days=8)
    world.keeper.scanned(world.now)
    world.later()
    assert status(world) == "needs-review"
    world.now -= timedelta(days=7)
    world.keeper.scanned(world.now)
    world.later()
    assert status(world) == "accepted"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"status: needs-review\n", b""),
        lambda data: data.partition(b"\n---\n")[2],
        lambda data: data + b"<<<<<<< HEAD\n* a\n=======\n* b\n>>>>>>> other\n",
    ],
    ids=["without the line", "without properties", "in conflict"],
)
def test_a_note_that_has_no_such_line_or_is_in_conflict_stays(world: World, change) -> None:  # type: ignore[no-untyped-def]
    data = change(set_key(world.drawn, "accepted", "true"))
    world.save(data)
    world.later()
    assert world.file.read_bytes() == data


def test_a_note_that_was_given_away_for_a_new_draft_stays(world: World) -> None:
    world.save(set_key(world.drawn, "accepted", "true"))
    world.save(set_key(world.file.read_bytes(), "redo", "true"))
    before = world.file.read_bytes()
    world.later()
    assert world.file.read_bytes() == before and world.owner is Owner.DAEMON


def test_a_report_that_is_held_back_is_not_called_accepted(world: World) -> None:
    world.save(set_key(world.drawn, "accepted", "true"))
    pair = world.store.pair("2026-01-07")
    assert pair
    world.store.put_pair(replace(pair, withdrawn=True, withdrawn_by="leak"))
    world.later()
    assert status(world) == "needs-review"
