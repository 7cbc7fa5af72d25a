"""An accepted pair is taken back by its person and by nothing else: not by a move, a sync, a lost folder or a redo."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import UsageError
from daemon.learning.attention import attention
from daemon.learning.pair_answers import keep_diary, restore, take_diary, withdraw
from daemon.learning.review import GRACE
from daemon.learning.reviewer import Reviewer
from daemon.store.store import Job, Pair, ReportRow, Store
from daemon.vault.history import kept_bodies
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_note import ReportNote, read, render, set_key
from daemon.vault.writer import digest
from tests.conftest import MakeConfig, MakeVault

NOW = datetime(2026, 1, 9, 21, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
DAYS = [date(2026, 1, day) for day in (6, 7, 8)]
DAY = DAYS[1]
PATH = "nippo/2026-01-07-nippo.md"
BODY = "本日は、以下の学習と課題を完了しました:\n\n* Javaのインターフェースを学びました。"
CONFLICT = "<<<<<<< HEAD\nJavaをやった。\n=======\nJavaを少しやった。\n>>>>>>> phone\n"


def diary_of(day: date) -> str:
    return f"{day}はJavaのインターフェースをやった。\nきなこに噛まれた。\n"


def note_of(day: date, body: str = BODY, accepted: bool = True, redo: bool = False) -> str:
    return render(ReportNote(day, f"diary/{day}", body, "draft", "starter-1", NOW, (), accepted, redo))


@dataclass
class World:
    vault: Path
    config: Config
    store: Store
    reviewer: Reviewer

    @property
    def layout(self) -> Layout:
        return read_layout(self.config)

    @property
    def file(self) -> Path:
        return self.vault / PATH

    def scan(self, now: datetime = LATER) -> Pair:
        self.reviewer.scanned(now)
        return self.pair()

    def pair(self, day: date = DAY) -> Pair:
        pair = self.store.pair(str(day))
        assert pair is not None
        return pair

    def kinds(self) -> list[str]:
        return [one.kind for one in attention(self.config, self.store, self.layout)]


@pytest.fixture
def world(make_vault: MakeVault, make_config: MakeConfig) -> World:
    files = {f"diary/{day}.md": diary_of(day) for day in DAYS} | {f"nippo/{day}-nippo.md": note_of(day) for day in DAYS}
    vault = make_vault(files)
    config = make_config(vault)
    store = Store.open(config.data_path)
    made = World(vault, config, store, Reviewer(config, store))
    made.scan(NOW)
    assert len(store.pairs()) == 3
    return made


def archive(vault: Path) -> None:
    (vault / "nippo/archive").mkdir()
    for file in list((vault / "nippo").glob("*.md")):
        file.rename(vault / "nippo/archive" / file.name)


def rename(vault: Path) -> None:
    for file in list((vault / "nippo").glob("*.md")):
        file.rename(file.with_name(f"日報 {file.stem[8:10]}日.md"))


def elsewhere(vault: Path) -> None:
    (vault / "学校/提出").mkdir(parents=True)
    for file in list((vault / "nippo").glob("*.md")):
        file.rename(vault / "学校/提出" / f"{file.stem} 提出済み.md")
    (vault / "nippo").rmdir()


def move_the_diary(vault: Path) -> None:
    (vault / "日記").mkdir()
    (vault / "diary").rename(vault / "日記/毎日")
    (vault / "nippo").rename(vault / "日記/nippo")
    (vault / ".obsidian/daily-notes.json").write_text('{"folder": "日記/毎日"}', encoding="utf-8")


def move_the_diary_alone(vault: Path) -> None:
    (vault / "日記").mkdir()
    (vault / "diary").rename(vault / "日記/毎日")
    (vault / ".obsidian/daily-notes.json").write_text('{"folder": "日記/毎日"}', encoding="utf-8")


@pytest.mark.parametrize("move", [archive, rename, elsewhere, move_the_diary, move_the_diary_alone])
@pytest.mark.parametrize("restarted", [False, True])
def test_moved_and_renamed_notes_are_followed(world: World, move: Callable[[Path], None], restarted: bool) -> None:
    before = world.store.pairs()
    move(world.vault)
    if restarted:
        world.reviewer = Reviewer(world.config, world.store)
    world.scan()
    world.scan(NOW + 3 * GRACE)
    assert world.store.pairs() == before and world.kinds() == []
    # and what is done with them there counts
    (file,) = [file for file in world.vault.rglob("*.md") if read(file.read_bytes()).date == str(DAY)]
    file.write_bytes(file.read_bytes() + "* 追記しました。\n".encode())
    assert world.scan().report.endswith("追記しました。") and world.pair().accepted_at == before[1].accepted_at
    file.write_bytes(set_key(file.read_bytes(), "accepted", "false"))
    pair = world.scan()
    assert (pair.withdrawn, pair.withdrawn_by) == (True, "unticked") and len(world.store.pairs()) == 2


def test_a_copy_counts_only_when_the_note_is_gone(world: World) -> None:
    copy = world.vault / "backup" / world.file.name
    copy.parent.mkdir()
    shutil.copy(world.file, copy)
    world.file.write_text(note_of(DAY, f"{BODY}\n* 直しました。"), encoding="utf-8")
    assert world.scan().report.endswith("直しました。"), "a copy changes nothing while the note is there"
    world.file.unlink()
    assert world.scan().report == BODY, "the copy is what is left of it"
    world.file.write_text(note_of(DAY, "* 三つめ。"), encoding="utf-8")
    assert world.scan().report == "* 三つめ。"
    world.file.write_text(note_of(DAY, "* 三つめ。", accepted=False), encoding="utf-8")
    assert world.scan().withdrawn_by == "unticked", "whatever a copy says"


def test_names_in_any_form_and_of_any_bytes_are_walked_past_or_followed(world: World) -> None:
    folder = os.fsencode(world.vault / "nippo")
    for name in (b"\x8e\xca.md", b"a\nb.md", "\u202eab.md".encode()):
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(world.file.read_bytes())
    (world.vault / "loop.md").symlink_to("loop.md")
    (world.vault / "loop").symlink_to(".")
    os.mkfifo(world.vault / "pipe.md")
    before = world.pair()
    nfd = world.vault / unicodedata.normalize("NFD", "がくせい")
    nfd.mkdir()
    world.file.rename(nfd / unicodedata.normalize("NFD", "ぱぴぷ.md"))
    assert world.scan() == before and world.kinds() == []
    (nfd / unicodedata.normalize("NFD", "ぱぴぷ.md")).write_text(note_of(DAY, accepted=False), encoding="utf-8")
    assert world.scan().withdrawn_by == "unticked"


def test_a_link_in_the_place_of_a_report_is_told_by_a_scan(world: World) -> None:
    world.file.unlink()
    world.file.symlink_to("nowhere.md")
    assert not world.scan().withdrawn and "is a link" in aside(world).error


@pytest.mark.parametrize("sync", ["2026-01-07-nippo.sync-conflict-20260110-1-A.md", ".trash/2026-01-07-nippo.md"])
def test_what_a_sync_or_the_bin_holds_is_no_moved_note(world: World, sync: str) -> None:
    (world.vault / ".trash").mkdir()
    world.file.rename(world.vault / sync)
    assert world.scan().missing_since


def test_reports_in_the_root_of_the_vault(make_vault: MakeVault, make_config: MakeConfig) -> None:
    vault = make_vault({f"{DAY}.md": diary_of(DAY), f"{DAY}-nippo.md": note_of(DAY)}, name="flat")
    (vault / ".obsidian/daily-notes.json").write_text("{}", encoding="utf-8")
    config = make_config(vault, vault={"report_folder": "."})
    with Store.open(config.data_path) as store:
        made = World(vault, config, store, Reviewer(config, store))
        before = made.scan(NOW)
        (vault / "archive").mkdir()
        (vault / f"{DAY}-nippo.md").rename(vault / "archive/x.md")
        assert made.scan() == before
        (vault / "archive/x.md").unlink()
        assert made.scan().missing_since


def test_a_draft_that_was_moved_is_ticked_where_it_lies(world: World) -> None:
    world.file.write_text(note_of(DAY, accepted=False), encoding="utf-8")
    world.store.delete_pair(str(DAY))
    world.reviewer.scanned(LATER)
    archive(world.vault)
    world.reviewer.report_changed(DAY, PATH, LATER)
    moved = world.vault / "nippo/archive" / world.file.name
    moved.write_text(note_of(DAY), encoding="utf-8")
    assert not world.scan().withdrawn


def test_a_note_of_a_person_is_no_report_whatever_it_is_about(world: World) -> None:
    world.file.unlink()
    mine = f"---\ndate: {DAY}\naccepted: true\n---\n私のメモ"
    (world.vault / "memo.md").write_text(mine, encoding="utf-8")
    assert world.scan().missing_since and world.pair().report == BODY


def test_a_report_renamed_to_another_day_is_no_report_of_that_day(world: World) -> None:
    (world.vault / "diary/2026-01-05.md").write_text("別の日。", encoding="utf-8")
    world.file.rename(world.vault / "nippo/2026-01-05-nippo.md")
    assert not world.scan().missing_since and world.store.pair("2026-01-05") is None


@pytest.mark.parametrize("how", ["folder", "empty", "icloud", "vault"])
def test_a_folder_that_is_away_withdraws_nothing_however_long(world: World, how: str) -> None:
    before = world.store.pairs()
    folder, aside = world.vault / "nippo", world.vault.parent / "aside"
    if how == "vault":
        world.vault.rename(aside)
    elif how == "folder":
        folder.rename(aside)
    elif how == "empty":
        folder.rename(aside)
        folder.mkdir()
    else:
        shutil.copytree(folder, aside)
        for file in list(folder.iterdir()):
            file.rename(file.with_name(f".{file.name}.icloud"))
    for days in range(0, 60, 10):
        world.reviewer.scanned(NOW + timedelta(days=days))
        world.reviewer.report_changed(DAY, PATH, NOW + timedelta(days=days))
    assert world.store.pairs() == before
    if how == "vault":
        aside.rename(world.vault)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    world.scan()
    assert world.store.pairs() == before


def test_a_deleted_note_is_missing_then_given_up_and_its_return_is_the_same_acceptance(world: World) -> None:
    text = world.file.read_text()
    world.file.unlink()
    pair = world.scan(NOW)
    assert pair.missing_since == NOW.isoformat() and not pair.withdrawn and world.kinds() == ["missing"]
    assert not world.scan(NOW + GRACE - timedelta(minutes=1)).withdrawn
    pair = world.scan(NOW + GRACE)
    assert (pair.withdrawn, pair.withdrawn_by) == (True, "missing") and world.kinds() == []
    world.file.write_text(text)
    again = world.scan(NOW + 2 * GRACE)
    assert not again.withdrawn and again.accepted_at == pair.accepted_at and len(world.store.pairs()) == 3


def test_a_note_that_comes_back_in_time_starts_the_grace_anew(world: World) -> None:
    text = world.file.read_text()
    world.file.unlink()
    world.scan(NOW)
    world.file.write_text(text)
    assert world.scan(NOW + GRACE / 2).missing_since == ""
    world.file.unlink()
    assert not world.scan(NOW + GRACE).withdrawn


def test_a_missing_note_is_written_again_on_demand(world: World) -> None:
    before = world.pair()
    world.file.unlink()
    world.scan()
    restore(world.config, world.store, world.layout, DAY, LATER)
    note = read(world.file.read_bytes())
    assert (note.body, note.accepted, note.diary) == (BODY, True, f"diary/{DAY}")
    assert world.pair() == before and world.kinds() == []


def test_a_missing_note_is_withdrawn_on_demand_and_stays_so(world: World) -> None:
    text = world.file.read_text()
    world.file.unlink()
    world.scan()
    withdraw(world.config, world.store, world.layout, DAY, LATER)
    assert world.pair().withdrawn_by == "rejected" and world.kinds() == []
    world.file.write_text(text)
    assert world.scan().withdrawn, "an old tick is no new one"
    world.file.write_text(note_of(DAY, accepted=False))
    world.scan()
    world.file.write_text(note_of(DAY))
    again = world.scan(NOW + GRACE)
    assert not again.withdrawn and again.accepted_at == (NOW + GRACE).isoformat()
    with pytest.raises(UsageError, match="no report"):
        withdraw(world.config, world.store, world.layout, date(2026, 2, 1), LATER)


@pytest.mark.parametrize("left", ["", "本文だけ\n", "---\ntags: [x]\n---\n本文\n", "\0" * 300])
def test_a_note_spoiled_by_an_accident_is_missing_not_unticked(world: World, left: str) -> None:
    world.file.write_text(left, encoding="utf-8")
    pair = world.scan(NOW)
    assert not pair.withdrawn and pair.missing_since and pair.report == BODY
    world.file.write_text(note_of(DAY), encoding="utf-8")
    assert world.scan().missing_since == ""


def test_a_ticked_note_without_a_body_asks_and_keeps_the_body(world: World) -> None:
    world.file.write_text(note_of(DAY, body=""), encoding="utf-8")
    pair = world.scan()
    assert (pair.report, pair.question, pair.withdrawn) == (BODY, "body", False) and world.kinds() == ["body"]
    restore(world.config, world.store, world.layout, DAY, LATER)
    assert read(world.file.read_bytes()).body == BODY and world.pair().question == ""


@pytest.mark.parametrize("left", ["", "# 1月7日\n", "---\ntags: []\n---\n", "2026-01-07はJava"])
def test_a_diary_that_was_blanked_is_not_learned_without_asking(world: World, left: str) -> None:
    (world.vault / f"diary/{DAY}.md").write_text(left, encoding="utf-8")
    world.scan()
    assert world.kinds() == [], "nothing has changed for the pair"
    world.file.write_text(note_of(DAY, f"{BODY}\n* 直しました。"), encoding="utf-8")
    pair = world.scan()
    assert (pair.diary, pair.question) == (diary_of(DAY), "diary") and pair.report.endswith("直しました。")
    assert world.kinds()[0] == "diary" and pair.accepted_at == NOW.isoformat()
    keep_diary(world.config, world.store, world.layout, DAY)
    world.file.write_text(note_of(DAY, f"{BODY}\n* また直しました。"), encoding="utf-8")
    pair = world.scan()
    assert (pair.diary, pair.question) == (diary_of(DAY), "") and pair.report.endswith("また直しました。")
    with pytest.raises(UsageError, match="no question"):
        take_diary(world.config, world.store, world.layout, DAY)


def test_a_shorter_diary_is_learned_when_its_person_says_so(world: World) -> None:
    (world.vault / f"diary/{DAY}.md").write_text("Javaだけ。", encoding="utf-8")
    world.file.write_text(note_of(DAY, f"{BODY}\n* 直しました。"), encoding="utf-8")
    assert world.scan().question == "diary"
    take_diary(world.config, world.store, world.layout, DAY)
    assert (world.pair().diary, world.pair().question) == ("Javaだけ。", "")


def test_a_diary_that_has_grown_follows_an_edit_of_the_body(world: World) -> None:
    (world.vault / f"diary/{DAY}.md").write_text(diary_of(DAY) + "SQLもやった。\n", encoding="utf-8")
    assert world.scan().diary == diary_of(DAY), "no edit, so the pair is as it was accepted"
    world.file.write_text(note_of(DAY, f"{BODY}\n* SQLを学びました。"), encoding="utf-8")
    assert world.scan().diary.endswith("SQLもやった。\n") and world.pair().question == ""


def test_a_tick_over_an_empty_diary_waits(world: World) -> None:
    world.store.delete_pair(str(DAY))
    (world.vault / f"diary/{DAY}.md").write_text("", encoding="utf-8")
    world.file.write_text(note_of(DAY, f"{BODY} "), encoding="utf-8")
    world.reviewer.scanned(LATER)
    assert world.store.pair(str(DAY)) is None and "is empty" in aside(world).error


def test_conflict_marks_are_not_learned_and_said(world: World) -> None:
    before = world.pair()
    world.file.write_text(note_of(DAY, f"{BODY}\n{CONFLICT}"), encoding="utf-8")
    assert world.scan() == before
    assert "conflict marks" in aside(world).error and "remove the marks" in aside(world).next_step
    both = note_of(DAY).replace("accepted: true", "<<<<<<< a\naccepted: false\n=======\naccepted: true\n>>>>>>> b")
    world.file.write_text(both, encoding="utf-8")
    assert world.scan() == before
    world.file.write_text(note_of(DAY, f"{BODY}\n* 解決しました。"), encoding="utf-8")
    assert world.scan().report.endswith("解決しました。") and world.store.jobs() == []
    (world.vault / f"diary/{DAY}.md").write_text(diary_of(DAY) + CONFLICT, encoding="utf-8")
    world.file.write_text(note_of(DAY, f"{BODY}\n* また。"), encoding="utf-8")
    assert world.scan().diary == diary_of(DAY) and world.pair().report.endswith("また。")


def test_unticked_and_ticked_again_is_a_new_acceptance(world: World) -> None:
    world.file.write_text(note_of(DAY, accepted=False), encoding="utf-8")
    assert world.scan().withdrawn
    world.file.write_text(note_of(DAY), encoding="utf-8")
    assert world.scan(NOW + GRACE).accepted_at == (NOW + GRACE).isoformat()


def test_a_redo_keeps_an_edited_body_and_one_command_brings_it_back(world: World) -> None:
    world.file.write_text(note_of(DAY, "* 私の言葉です。", accepted=False, redo=True), encoding="utf-8")
    world.scan()
    (copy,) = kept_bodies(world.layout, DAY)
    assert copy.path == f"nippo/.history/{DAY}-1.md" and copy.body == "* 私の言葉です。"
    world.file.write_text(note_of(DAY, "* 新しい下書き。", accepted=False), encoding="utf-8")
    done = restore(world.config, world.store, world.layout, DAY, LATER)
    assert read(world.file.read_bytes()).body == "* 私の言葉です。" and done.source == copy.path
    assert done.kept == f"nippo/.history/{DAY}-2.md"
    restore(world.config, world.store, world.layout, DAY, LATER)
    assert read(world.file.read_bytes()).body == "* 新しい下書き。", "and back"
    restore(world.config, world.store, world.layout, DAY, LATER, 1)
    assert read(world.file.read_bytes()).body == "* 私の言葉です。" and len(kept_bodies(world.layout, DAY)) == 2
    with pytest.raises(UsageError, match="nothing to bring back"):
        restore(world.config, world.store, world.layout, DAY, LATER, 7)


def test_a_draft_over_an_accepted_body_leaves_the_pair_until_its_person_decides(world: World) -> None:
    """The box was unticked by nippo, with the new text, and not by the person."""
    before = world.pair()
    world.file.write_text(note_of(DAY, redo=True), encoding="utf-8")
    world.scan()
    draw(world, "* 新しい下書き。")
    pair = world.scan()
    assert not pair.withdrawn and pair.report == BODY and world.kinds() == ["redo"]
    _write(world, note_of(DAY, "* 下書きを直しています。", accepted=False))
    assert not world.scan().withdrawn
    restore(world.config, world.store, world.layout, DAY, LATER)
    assert read(world.file.read_bytes()).accepted and world.pair() == before and world.kinds() == []
    draw(world, "* 新しい下書き。")
    world.scan()
    _write(world, note_of(DAY, "* 新しい下書き。"))
    assert (world.scan(NOW + GRACE).report, world.pair().accepted_at) == ("* 新しい下書き。", (NOW + GRACE).isoformat())
    draw(world, "* 三つめ。", NOW + 2 * GRACE)
    world.scan()
    withdraw(world.config, world.store, world.layout, DAY, LATER)
    assert world.pair().withdrawn_by == "unticked" and world.kinds() == []


def draw(world: World, body: str, now: datetime = LATER) -> None:
    """A new draft, as the daemon delivers it."""
    sha = _write(world, note_of(DAY, body, accepted=False))
    world.store.put_report(replace(row_of(DAY, sha, _sha(diary_of(DAY))), draft=body, written_at=now.isoformat()))


def test_a_tick_taken_back_is_an_act_though_the_bytes_are_those_that_nippo_wrote(world: World) -> None:
    sha = _sha(note_of(DAY, accepted=False))
    written = (NOW - timedelta(hours=1)).isoformat()
    world.store.put_report(replace(row_of(DAY, sha, _sha(diary_of(DAY))), written_at=written))
    world.file.write_text(note_of(DAY, accepted=False), encoding="utf-8")
    assert world.scan().withdrawn_by == "unticked"


def test_a_redo_that_gives_the_same_text_again_withdraws_nothing(world: World) -> None:
    draw(world, BODY)
    assert not world.scan().withdrawn and world.kinds() == ["redo"]


def _write(world: World, text: str) -> str:
    world.file.write_text(text, encoding="utf-8")
    return digest(text.encode())


def test_a_tick_that_is_not_read_gets_a_hint_in_the_note_and_in_status(world: World) -> None:
    world.store.delete_pair(str(DAY))
    text = note_of(DAY, accepted=False).replace("accepted: false", "C#: 3h\naccepted:\n  - true").replace("\n", "\r\n")
    world.file.write_bytes(text.encode())
    world.reviewer.scanned(LATER)
    data = world.file.read_bytes()
    (hint,) = read(data).warnings
    assert hint.startswith("チェックとして読めません: 「accepted: - true」")
    assert data == text.replace("warnings: []", f'warnings:\r\n  - "{hint}"').encode()
    (told,) = attention(world.config, world.store, world.layout)
    assert (told.kind, told.path, told.what) == ("hint", PATH, hint)
    world.reviewer.scanned(LATER)
    assert world.file.read_bytes() == data
    world.file.write_bytes(data.replace(b"accepted:\r\n  - true", b"accepted: true"))
    assert world.scan().report == BODY and read(world.file.read_bytes()).warnings == () and world.kinds() == []


def test_reports_that_nobody_renews_are_listed(world: World) -> None:
    days = dict(zip(["stale-text", "stale-properties", "stale-accepted"], DAYS, strict=True))
    for day in DAYS:
        world.store.put_report(row_of(day, _sha(note_of(day, accepted=False)), _sha(diary_of(day))))
    (world.vault / f"nippo/{DAYS[0]}-nippo.md").write_text(note_of(DAYS[0], "* 直しました。", False), encoding="utf-8")
    plugin = note_of(DAYS[1], accepted=False).replace("warnings:", "created: 2026-01-07\nwarnings:")
    (world.vault / f"nippo/{DAYS[1]}-nippo.md").write_text(plugin, encoding="utf-8")
    world.scan()
    assert world.kinds() == [], "the diaries are as they were"
    for day in DAYS:
        (world.vault / f"diary/{day}.md").write_text(diary_of(day) + "夜にSQLもやった。\n", encoding="utf-8")
    found = attention(world.config, world.store, world.layout)
    assert {one.kind: date.fromisoformat(one.day) for one in found} == days
    for day in DAYS:
        (world.vault / f"nippo/{day}-nippo.md").write_text(note_of(day, accepted=False), encoding="utf-8")
    assert world.scan().withdrawn_by == "unticked"
    assert world.kinds() == [], "nippo renews its own"


def aside(world: World) -> Job:
    """What `nippo status` shows of the note."""
    job = world.store.job(PATH)
    assert job is not None and job.state == "skipped"
    return job


def row_of(day: date, report_sha: str, diary_sha: str) -> ReportRow:
    return ReportRow(
        day=str(day),
        diary_path=f"diary/{day}.md",
        diary_sha=diary_sha,
        report_path=f"nippo/{day}-nippo.md",
        report_sha=report_sha,
        draft=BODY,
        model="starter-1",
        status="draft",
        written_at=NOW.isoformat(),
    )


def _sha(text: str) -> str:
    return digest(text.encode())
