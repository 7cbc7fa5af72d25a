"""An accepted report in which something private seems to stand is asked about once, and not learned from until then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from daemon.cli import app
from daemon.commands.run import listeners
from daemon.config import Config
from daemon.learning.attention import attention
from daemon.learning.leak_question import asks_about_leaks
from daemon.learning.pair_answers import keep, withdraw
from daemon.learning.reviewer import Reviewer
from daemon.store.store import Pair, ReportRow, Store
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import ReportNote, read, render
from daemon.vault.tick_hint import HELD
from daemon.vault.writer import digest
from tests.conftest import MakeConfig, MakeVault

DAY = date(2026, 1, 7)
NOW = datetime(2026, 1, 7, 22, 0, tzinfo=UTC)
DIARY = "Javaの配列をやった。帰りに田中さんと話した。"
BODY = "本日は、以下の学習と課題を完了しました:\n\n* Javaの配列を学びました。"
LEAKING = BODY + "\n* 田中さんに教わりました。"
PATH = "nippo/2026-01-07-nippo.md"
HINT = HELD.format(DAY)


def note(body: str, accepted: bool = True) -> str:
    return render(ReportNote(DAY, "diary/2026-01-07", body, "draft", "v1", NOW, accepted=accepted))


@dataclass
class Desk:
    """A vault whose one report nippo has drawn, and a daemon's review that asks ``question``."""

    vault: Path
    config: Config
    layout: Layout
    store: Store
    asked: list[str] = field(default_factory=list)
    real: bool = False

    def question(self, config: Config) -> Callable[[str, str, str], bool]:
        def ask(report: str, diary: str, known: str) -> bool:
            self.asked.append(known)
            return "田中" in report and "田中" not in known

        return asks_about_leaks(config) if self.real else ask

    def person_writes(self, body: str, accepted: bool = True) -> None:
        (self.vault / PATH).write_text(note(body, accepted), encoding="utf-8")

    def look(self, now: datetime = NOW + timedelta(minutes=1)) -> Pair:
        Reviewer(self.config, self.store, self.question).report_changed(DAY, PATH, now)
        found = self.store.pair("2026-01-07")
        assert found is not None
        return found

    def warnings(self) -> tuple[str, ...]:
        return read((self.vault / PATH).read_bytes()).warnings

    def kinds(self) -> list[str]:
        return [one.kind for one in attention(self.config, self.store, self.layout)]

    def nippo(self, *words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, [*words, "--config", str(self.config.file)], input=answer)


@pytest.fixture
def desk(make_vault: MakeVault, make_config: MakeConfig) -> Desk:
    drawn = note(BODY, accepted=False)
    vault = make_vault({"diary/2026-01-07.md": DIARY, PATH: drawn})
    config = make_config(vault)
    store = Store.open(config.data_path)
    shas = (digest(DIARY.encode()), PATH, digest(drawn.encode()))
    store.put_report(ReportRow("2026-01-07", "diary/2026-01-07.md", *shas, BODY, "v1", "draft", NOW.isoformat()))
    return Desk(vault, config, read_layout(config), store)


def test_a_tick_on_a_leaking_report_is_held_back_and_said_so(desk: Desk) -> None:
    desk.person_writes(LEAKING)
    held = desk.look()
    assert held.withdrawn and held.withdrawn_by == "leak" and desk.store.pairs() == []
    assert desk.warnings() == (HINT,) and read((desk.vault / PATH).read_bytes()).body == LEAKING
    assert desk.kinds() == ["leak"]
    assert desk.look() == held and len(desk.asked) == 1


def test_a_yes_lets_it_be_learned_and_takes_the_warning_away(desk: Desk) -> None:
    desk.person_writes(LEAKING)
    desk.look()
    keep(desk.config, desk.store, desk.layout, DAY)
    assert [pair.report for pair in desk.store.pairs()] == [LEAKING]
    assert desk.warnings() == () and desk.kinds() == []
    desk.person_writes(LEAKING + "\n* SQLを学びました。")
    assert not desk.look().withdrawn and desk.asked == ["", LEAKING]


def test_a_mended_body_needs_no_answer(desk: Desk) -> None:
    desk.person_writes(LEAKING)
    desk.look()
    desk.person_writes(BODY + "\n* SQLを学びました。")
    assert not desk.look().withdrawn and desk.kinds() == []


def test_a_tick_taken_back_ends_the_question_and_the_next_asks_again(desk: Desk) -> None:
    desk.person_writes(LEAKING)
    desk.look()
    desk.person_writes(LEAKING, accepted=False)
    assert desk.look().withdrawn_by == "unticked" and desk.kinds() == []
    desk.person_writes(LEAKING)
    assert desk.look().withdrawn_by == "leak"


@pytest.mark.parametrize("gone", [True, False])
def test_a_no_withdraws_it_whether_the_note_is_there_or_not(desk: Desk, gone: bool) -> None:
    desk.person_writes(LEAKING)
    desk.look()
    if gone:
        (desk.vault / PATH).unlink()
    withdraw(desk.config, desk.store, desk.layout, DAY, NOW)
    assert desk.kinds() == [] and desk.store.pairs() == []


def test_an_edit_that_brings_a_leak_is_asked_about_too(desk: Desk) -> None:
    desk.person_writes(BODY)
    assert not desk.look().withdrawn and desk.asked == []
    desk.person_writes(LEAKING)
    assert desk.look().withdrawn_by == "leak" and desk.asked == [BODY]


def test_the_daemon_asks_a_process_of_its_own(desk: Desk) -> None:
    desk.real = True
    ask = asks_about_leaks(desk.config)
    assert not ask(LEAKING, DIARY, LEAKING)
    review = listeners(desk.config, desk.store)[0]
    desk.person_writes(LEAKING)
    review.report_changed(DAY, PATH, NOW)
    pair = desk.store.pair("2026-01-07")
    assert pair is not None and pair.withdrawn_by == "leak"


def test_accept_asks_once_and_a_no_changes_nothing(desk: Desk) -> None:
    desk.person_writes(LEAKING, accepted=False)
    before = (desk.vault / PATH).read_bytes()
    for answer in ("n\n", ""):
        refused = desk.nippo("accept", "2026-01-07", answer=answer)
        assert refused.exit_code == 1 and "田中さんに教わりました。" in refused.output
        assert (desk.vault / PATH).read_bytes() == before and desk.store.pair("2026-01-07") is None
    assert "accepted (1 pairs" in desk.nippo("accept", "2026-01-07", answer="y\n").output
    assert not desk.look().withdrawn and desk.asked == []


def test_accept_with_yes_and_a_clean_report_ask_nothing(desk: Desk) -> None:
    assert "accepted (1 pairs" in desk.nippo("accept", "2026-01-07").output
    desk.person_writes(LEAKING, accepted=False)
    desk.look()
    assert "accepted (1 pairs" in desk.nippo("accept", "2026-01-07", "--yes").output


def test_the_command_line_tells_and_answers(desk: Desk) -> None:
    desk.person_writes(LEAKING)
    desk.look()
    assert "nippo pairs keep 2026-01-07" in desk.nippo("status").output
    assert desk.nippo("pairs", "keep", "2026-01-07").exit_code == 0
    assert len(desk.store.pairs()) == 1
