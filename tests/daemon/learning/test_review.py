"""What a person does with a report in Obsidian is what the model learns from: nothing more, nothing less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import NoteError
from daemon.learning.forgetting import forget
from daemon.learning.review import FORGOTTEN, GRACE, decide
from daemon.learning.reviewer import Reviewer, tick
from daemon.store.store import Pair, Store
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import ReportNote, read, render
from tests.conftest import MakeConfig, MakeVault

NOW = datetime(2026, 1, 9, 21, 0, tzinfo=UTC)
DAY = date(2026, 1, 7)
DIARY = "Javaのインターフェースをやった。きなこに噛まれた。"
BODY = "本日は、以下の学習と課題を完了しました:\n\n* Javaのインターフェースを学びました。"
PATH = "nippo/2026-01-07-nippo.md"


def note(body: str = BODY, accepted: bool = False, redo: bool = False) -> str:
    return render(
        ReportNote(
            day=DAY,
            diary="diary/2026-01-07",
            body=body,
            status="draft",
            model="starter-1",
            generated=NOW,
            accepted=accepted,
            redo=redo,
        )
    )


@dataclass
class Desk:
    vault: Path
    config: Config
    layout: Layout
    store: Store
    reviewer: Reviewer

    @property
    def file(self) -> Path:
        return self.vault / PATH

    def look(self, now: datetime = NOW) -> Pair | None:
        self.reviewer.report_changed(DAY, PATH, now)
        return self.store.pair("2026-01-07")


@pytest.fixture
def desk(make_vault: MakeVault, make_config: MakeConfig) -> Desk:
    vault = make_vault({"diary/2026-01-07.md": DIARY, PATH: note()})
    config = make_config(vault)
    store = Store.open(config.data_path)
    return Desk(vault, config, read_layout(config), store, Reviewer(config, store))


@pytest.mark.parametrize(
    "line",
    [
        "accepted: true",
        "accepted: yes",
        "accepted: True",
        'accepted: "true"',
        "accepted: はい",
        "accepted:   on   # 提出済み",
        "'accepted': true",
    ],
)
def test_whatever_a_person_types_for_yes_stores_the_pair(desk: Desk, line: str) -> None:
    desk.file.write_text(note().replace("accepted: false", line), encoding="utf-8")
    pair = desk.look()
    assert pair is not None and not pair.withdrawn
    assert (pair.diary, pair.report, pair.source) == (DIARY, BODY, "vault")


@pytest.mark.parametrize("line", ["accepted: false", "accepted: no", "accepted:", "accepted: まだ", "#accepted: true"])
def test_anything_else_stores_nothing(desk: Desk, line: str) -> None:
    desk.file.write_text(note().replace("accepted: false", line), encoding="utf-8")
    assert desk.look() is None


def test_the_pair_follows_the_note(desk: Desk) -> None:
    desk.file.write_text(note(accepted=True), encoding="utf-8")
    assert desk.look() is not None
    desk.file.write_bytes(note(f"{BODY}\n* 追記しました。", accepted=True).replace("\n", "\r\n").encode())
    edited = desk.look()
    assert edited is not None and edited.report == f"{BODY}\n* 追記しました。"
    desk.file.write_text(note(), encoding="utf-8")
    unticked = desk.look()
    assert unticked is not None and unticked.withdrawn and desk.store.pairs() == []
    desk.file.write_text(note(accepted=True), encoding="utf-8")
    again = desk.look()
    assert again is not None and not again.withdrawn and again.report == BODY
    desk.file.unlink()
    deleted = desk.look()
    assert deleted is not None and not deleted.withdrawn and deleted.missing_since == NOW.isoformat()
    later = desk.look(NOW + GRACE)
    assert later is not None and (later.withdrawn, later.withdrawn_by) == (True, "missing")


def test_a_missed_event_is_made_up_by_the_scan(desk: Desk) -> None:
    desk.file.write_text(note(accepted=True), encoding="utf-8")
    desk.reviewer.scanned(NOW)
    assert [pair.id for pair in desk.store.pairs()] == ["2026-01-07"]
    desk.file.unlink()
    desk.reviewer.scanned(NOW)
    desk.reviewer.scanned(NOW + GRACE - timedelta(seconds=1))
    assert [pair.id for pair in desk.store.pairs()] == ["2026-01-07"]
    desk.reviewer.scanned(NOW + GRACE)
    assert desk.store.pairs() == []


def test_a_report_folder_that_is_gone_as_a_whole_withdraws_nothing(desk: Desk) -> None:
    """A sync that is not finished, or a folder being moved, is not a hundred deleted reports."""
    desk.file.write_text(note(accepted=True), encoding="utf-8")
    desk.reviewer.scanned(NOW)
    (desk.vault / "nippo").rename(desk.vault / "elsewhere")
    desk.reviewer.scanned(NOW)
    assert len(desk.store.pairs()) == 1


def test_an_edit_still_follows_when_the_diary_is_gone(desk: Desk) -> None:
    desk.file.write_text(note(accepted=True), encoding="utf-8")
    desk.look()
    (desk.vault / "diary/2026-01-07.md").unlink()
    desk.file.write_text(note("* 直しました。", accepted=True), encoding="utf-8")
    pair = desk.look()
    assert pair is not None and (pair.diary, pair.report) == (DIARY, "* 直しました。")


def test_an_accepted_report_without_its_diary_says_so(desk: Desk) -> None:
    (desk.vault / "diary/2026-01-07.md").unlink()
    desk.file.write_text(note(accepted=True), encoding="utf-8")
    assert desk.look() is None
    with pytest.raises(NoteError, match="diary note is gone"):
        desk.reviewer.review(desk.layout, DAY, NOW)


def test_redo_queues_a_draft_and_changes_one_line(desk: Desk) -> None:
    """Every other byte stays: line ends, a person's own keys, comments, the order."""
    text = note("* 私の直し。", redo=True).replace("redo: true", "tags: [学校]  # 私の\nredo:  はい  # もう一度")
    before = text.replace("\n", "\r\n").encode()
    desk.file.write_bytes(before)
    desk.look()
    after = desk.file.read_bytes()
    assert after == before.replace("redo:  はい".encode(), b"redo:  false")
    job = desk.store.job("diary/2026-01-07.md")
    assert job is not None and (job.source, job.state, job.day) == ("redo", "waiting", "2026-01-07")
    row = desk.store.report(DAY)
    assert row is not None
    from daemon.service.standing import Owner, standing

    assert standing(desk.layout, desk.store, DAY).owner is Owner.DAEMON


def test_a_redo_cut_off_before_the_box_was_cleared_is_done_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.file.write_text(note(redo=True), encoding="utf-8")

    def die(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("daemon.learning.reviewer.change_key", die)
        with pytest.raises(KeyboardInterrupt):
            desk.look()
    assert read(desk.file.read_bytes()).redo
    desk.store.drop("diary/2026-01-07.md")  # as the desk does: the note on disk is not what it may replace
    desk.look()
    assert not read(desk.file.read_bytes()).redo
    assert desk.store.job("diary/2026-01-07.md") is not None


def test_a_redo_without_a_diary_keeps_its_box(desk: Desk) -> None:
    (desk.vault / "diary/2026-01-07.md").unlink()
    desk.file.write_text(note(redo=True), encoding="utf-8")
    desk.look()
    assert read(desk.file.read_bytes()).redo and desk.store.jobs("waiting") == []


def test_an_unchanged_note_is_not_read_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.reviewer.scanned(NOW)
    monkeypatch.setattr("daemon.learning.reviewer.read_file", lambda *_: pytest.fail("read again"))
    desk.reviewer.scanned(NOW)


def test_a_forgotten_day_stays_forgotten_until_it_is_ticked_anew(desk: Desk) -> None:
    desk.file.write_text(note(accepted=True), encoding="utf-8")
    desk.look()
    desk.store.set_meta("held_out", ["2026-01-07", "2026-01-03"])
    found = forget(desk.config, desk.store, desk.layout, DAY)
    assert found.pair_ids == ("2026-01-07",)
    assert not read(desk.file.read_bytes()).accepted
    assert desk.store.get_meta("held_out") == ["2026-01-03"]
    assert desk.look() is None
    tick(desk.layout, PATH, DAY, "accepted", True)
    assert desk.look() is not None


def test_a_tick_seen_while_forgetting_is_not_a_new_one() -> None:
    tombstone = Pair("2026-01-07", "2026-01-07", "", "", "", "", "", True, FORGOTTEN)
    assert decide(read(note(accepted=True).encode()), tombstone, NOW).pair == "nothing"
    assert decide(read(note().encode()), tombstone, NOW).pair == "drop"


def test_forgotten_text_is_nowhere_in_the_data_folder(desk: Desk) -> None:
    """Not in the database, not in its journal, not in what a training run left: searched as bytes."""
    secret = "ペットのきなこに噛まれた秘密の日"
    (desk.vault / "diary/2026-01-07.md").write_text(secret, encoding="utf-8")
    desk.file.write_text(note(f"{BODY}\n* 秘密の本文です。", accepted=True), encoding="utf-8")
    desk.look()
    run = desk.config.data_path / "runs" / "2026-W02"
    (run / "reports").mkdir(parents=True)
    (run / "pairs.jsonl").write_text(secret, encoding="utf-8")
    (run / "reports" / "2026-01-07.md").write_text("秘密の本文です", encoding="utf-8")
    (run / "progress.jsonl").write_text('{"event": "start"}\n', encoding="utf-8")

    def traces() -> list[str]:
        files = [file for file in desk.config.data_path.rglob("*") if file.is_file()]
        wanted = [secret.encode(), "秘密の本文です".encode()]
        return [file.name for file in files if any(text in file.read_bytes() for text in wanted)]

    (run / ".nippo-1-ab.tmp").write_text(secret)  # a writer was killed
    assert traces()
    found = forget(desk.config, desk.store, desk.layout, DAY)
    assert found.files == 3
    assert traces() == []
    assert (run / "progress.jsonl").is_file()
