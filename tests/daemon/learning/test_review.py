"""What a person does with a report in Obsidian is what the model learns from: nothing more, nothing less."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import NoteError, ReportBlocked
from daemon.learning.announcement import settle_all, unknown_report
from daemon.learning.forgetting import forget
from daemon.learning.review import FORGOTTEN, GRACE, decide
from daemon.learning.reviewer import Reviewer
from daemon.learning.ticking import tick
from daemon.learning.weekly import Teacher
from daemon.service.standing import Owner, standing
from daemon.store.store import Pair, Store
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import ReportNote, read, render
from daemon.vault.writer import digest, sweep
from tests.conftest import MakeConfig, MakeVault
from tests.every_step import full_before, killed_before

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

    def reopen(self) -> None:
        self.store = Store.open(self.config.data_path)
        self.reviewer = Reviewer(self.config, self.store)

    def reopened_look(self) -> None:
        self.reopen()
        with self.store:
            self.look()


def make_desk(make_vault: MakeVault, make_config: MakeConfig, name: str, text: str) -> Desk:
    vault = make_vault({"diary/2026-01-07.md": DIARY, PATH: text}, name=name)
    config = make_config(vault, data={"folder": str(vault.parent / f"data-{name}")})
    store = Store.open(config.data_path)
    return Desk(vault, config, read_layout(config), store, Reviewer(config, store))


@pytest.fixture
def desk(make_vault: MakeVault, make_config: MakeConfig) -> Desk:
    return make_desk(make_vault, make_config, "vault", note())


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


def test_redo_queues_a_draft_and_leaves_the_tick_until_it_is_there(desk: Desk) -> None:
    """No byte changes: one write less that a sync could bring into conflict with its person."""
    text = note("* 私の直し。", redo=True).replace("redo: true", "tags: [学校]  # 私の\nredo:  はい  # もう一度")
    before = text.replace("\n", "\r\n").encode()
    desk.file.write_bytes(before)
    desk.look()
    assert desk.file.read_bytes() == before
    job = desk.store.job("diary/2026-01-07.md")
    assert job is not None and (job.source, job.state, job.day) == ("redo", "waiting", "2026-01-07")
    assert standing(desk.layout, desk.store, DAY).owner is Owner.DAEMON
    queued = desk.store.jobs()
    desk.look(NOW + timedelta(minutes=1))
    assert desk.store.jobs() == queued, "the tick that is still there asks for nothing more"


def test_a_new_draft_that_failed_is_tried_again_when_it_is_asked_for_again(desk: Desk) -> None:
    """`nippo redo` and the page tick the box that is ticked already, and look then."""
    desk.file.write_text(note(redo=True), encoding="utf-8")
    desk.look()
    desk.store.fail("diary/2026-01-07.md", NoteError("it failed", "again"), give_up=True)
    tick(desk.layout, PATH, DAY, "redo", True)
    desk.reviewer.review(desk.layout, DAY, NOW)
    assert [(job.source, job.state) for job in desk.store.jobs()] == [("redo", "waiting")]


def test_who_writes_on_under_the_tick_has_changed_their_mind(desk: Desk) -> None:
    desk.file.write_text(note("* 私の直し。", redo=True), encoding="utf-8")
    desk.look()
    words = note("* 私の直し。\n* まだ書いています。", redo=True).encode()
    desk.file.write_bytes(words)
    desk.look()
    assert desk.file.read_bytes() == unticked(words) and desk.store.jobs() == []
    assert standing(desk.layout, desk.store, DAY).owner is Owner.PERSON
    desk.look()
    assert desk.file.read_bytes() == unticked(words) and desk.store.jobs() == []
    desk.file.write_bytes(words)
    desk.look()
    assert desk.store.job("diary/2026-01-07.md") is not None, "ticked again it is asked for again"


def test_a_property_changed_under_the_tick_takes_nothing_back(desk: Desk) -> None:
    """As by a plugin that stamps every changed note."""
    desk.file.write_text(note("* 私の直し。", redo=True), encoding="utf-8")
    desk.look()
    desk.file.write_text(
        note("* 私の直し。", redo=True).replace("---\n* ", "updated: 21:03\n---\n* "), encoding="utf-8"
    )
    desk.look()
    assert desk.store.job("diary/2026-01-07.md") is not None
    assert standing(desk.layout, desk.store, DAY).owner is Owner.DAEMON


@pytest.mark.parametrize("drawn", [True, False])
def test_a_tick_taken_back_before_the_draft_leaves_all_as_it_was(desk: Desk, drawn: bool) -> None:
    before = desk.file.read_bytes()
    if drawn:
        row = unknown_report("2026-01-07", "diary/2026-01-07.md", PATH)
        desk.store.put_report(replace(row, report_sha=digest(before), draft=BODY, status="draft"))
    owner = standing(desk.layout, desk.store, DAY).owner
    desk.file.write_text(note(redo=True), encoding="utf-8")
    desk.look()
    desk.file.write_bytes(before)
    desk.look()
    assert standing(desk.layout, desk.store, DAY).owner is owner
    assert [job.source for job in desk.store.jobs()] == (["watch"] if drawn else [])


def unticked(data: bytes) -> bytes:
    return data.replace(b"redo: true", b"redo: false")


@pytest.mark.parametrize("person", ["does nothing", "unticks", "writes on"])
def test_a_redo_killed_between_any_two_steps_gives_no_words_away(
    make_vault: MakeVault, make_config: MakeConfig, person: str
) -> None:
    """Until the wish is remembered with what it was about, nothing is given away; then only that is."""
    ends: set[bool] = set()
    for step in count():
        desk = make_desk(make_vault, make_config, f"{person}-{step}", note("* 私の直し。", redo=True))
        desk.store.close()
        killed = killed_before(step, desk.reopened_look)
        with Store.open(desk.config.data_path) as store:
            given = bool(store.jobs())
        ends.add(given)
        if person == "unticks":
            desk.file.write_bytes(unticked(desk.file.read_bytes()))
        elif person == "writes on":
            desk.file.write_bytes(desk.file.read_bytes() + b"* mine\n")
        words = desk.file.read_bytes()
        desk.reopen()
        with desk.store:
            settle_all(desk.layout, desk.store)
            desk.reviewer.scanned(NOW)
            wanted = person == "does nothing" or (person == "writes on" and not given)
            job = desk.store.job("diary/2026-01-07.md")
            assert (job is not None) == wanted, f"step {step}"
            assert desk.file.read_bytes() == (words if wanted else unticked(words)), f"step {step}"
            owner = standing(desk.layout, desk.store, DAY).owner
            assert owner is (Owner.DAEMON if wanted else Owner.PERSON), f"step {step}"
            assert desk.store.announcements.all() == []
            sweep(desk.file.parent)
            left = {file.name for file in desk.file.parent.iterdir()} - {".history"}
            assert left == {desk.file.name}
        if not killed:
            break
    assert step > 4 and ends == {True, False}


@pytest.mark.parametrize("for_good", [False, True])
def test_a_redo_on_a_full_disk_gives_no_words_away(
    make_vault: MakeVault, make_config: MakeConfig, for_good: bool
) -> None:
    for step in count():
        desk = make_desk(make_vault, make_config, f"full-{for_good}-{step}", note("* 私の直し。", redo=True))
        full = full_before(step, desk.look, for_good)
        if not desk.store.jobs():
            assert standing(desk.layout, desk.store, DAY).owner is Owner.PERSON
        desk.look()
        assert desk.store.job("diary/2026-01-07.md") is not None
        assert standing(desk.layout, desk.store, DAY).owner is Owner.DAEMON
        desk.store.close()
        if not full:
            break
    assert step > 4


@pytest.mark.parametrize("wish", ["accept", "edit", "reject", "delete"])
def test_a_pair_follows_its_note_through_kills_and_full_disks(
    make_vault: MakeVault, make_config: MakeConfig, wish: str
) -> None:
    """The note says all, so a review that was cut off anywhere is simply done again, by a daemon or by the next look;
    `nippo accept` and the page tick first and look then."""

    def act(desk: Desk) -> None:
        if wish == "edit":
            desk.file.write_text(note("* 直しました。", accepted=True), encoding="utf-8")
        elif wish == "delete":
            desk.file.unlink()
        else:
            with contextlib.suppress(ReportBlocked):
                tick(desk.layout, PATH, DAY, "accepted", wish == "accept")
        desk.look()

    for way in (killed_before, full_before):
        for step in count():
            desk = make_desk(make_vault, make_config, f"{wish}-{way.__name__}-{step}", note(accepted=wish != "accept"))
            if wish != "accept":
                desk.look()
            desk.store.close()

            def again(desk: Desk = desk) -> None:
                desk.reopen()
                with desk.store:
                    act(desk)

            cut = way(step, again)
            desk.reopen()
            with desk.store:
                desk.reviewer.scanned(NOW)
                found = read(desk.file.read_bytes()) if desk.file.exists() else None
                pairs = desk.store.pairs()
                gone = [pair.report for pair in pairs if pair.missing_since] if found is None else []
                assert [pair.report for pair in pairs] == ([found.body] if found and found.accepted else gone)
                assert [pair.diary for pair in pairs] == [DIARY] * len(pairs)
            if not cut:
                assert len(pairs) == (wish != "reject")
                break
        assert step > 0


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


@pytest.mark.parametrize("way", [killed_before, full_before])
def test_forgetting_that_was_cut_off_is_finished_by_the_next_daemon(
    make_vault: MakeVault, make_config: MakeConfig, way: Callable[[int, Callable[[], object]], bool]
) -> None:
    secret = "ペットのきなこに噛まれた秘密の日"
    for step in count():
        desk = make_desk(make_vault, make_config, f"forget-{way.__name__}-{step}", note(f"* {secret}", accepted=True))
        (desk.vault / "diary/2026-01-07.md").write_text(secret, encoding="utf-8")
        desk.look()
        desk.store.put_report(unknown_report(DAY.isoformat(), "diary/2026-01-07.md", PATH))
        desk.store.put_pair(Pair("import-1", "2026-01-07", secret, "", secret, "", "", False, "import"))
        desk.store.close()
        run = desk.config.data_path / "runs" / "2026-W02"
        run.mkdir(parents=True)
        (run / "pairs.jsonl").write_text(secret, encoding="utf-8")

        def again(desk: Desk = desk) -> None:
            desk.reopen()
            with desk.store:
                forget(desk.config, desk.store, desk.layout, DAY)

        cut = way(step, again)
        desk.reopen()
        with desk.store:
            begun = {pair.report for pair in desk.store.pairs()} != {f"* {secret}", secret}
            for _ in range(2):
                Teacher(desk.config, desk.store).scanned(NOW)
                desk.reviewer.scanned(NOW)
            assert desk.store.get_meta("forgetting", []) == []
            if begun:
                assert desk.store.pairs() == [], step
                # On a full disk the person is told to untick it; until then it counts as forgotten.
                assert way is full_before or not read(desk.file.read_bytes()).accepted, step
                assert desk.store.get_meta("forgotten_pairs") == ["2026-01-07", "import-1"]
        files = [file for file in desk.config.data_path.rglob("*") if file.is_file()]
        assert not begun or [file.name for file in files if secret.encode() in file.read_bytes()] == [], step
        assert secret in (desk.vault / "diary/2026-01-07.md").read_text(encoding="utf-8")
        if not cut:
            assert begun
            break
    assert step > 8


def test_a_report_deleted_before_its_day_was_forgotten_stays_deleted(desk: Desk) -> None:
    desk.store.put_report(
        replace(unknown_report("2026-01-07", "diary/2026-01-07.md", PATH), report_sha="x", draft="秘")
    )
    desk.file.unlink()
    forget(desk.config, desk.store, desk.layout, DAY)
    found = standing(desk.layout, desk.store, DAY)
    assert found.owner is Owner.DELETED and found.row is not None and found.row.draft == ""
    desk.file.write_text(note(), encoding="utf-8")
    assert standing(desk.layout, desk.store, DAY).owner is Owner.PERSON
