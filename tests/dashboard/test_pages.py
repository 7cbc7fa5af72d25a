"""Each page's logic by Streamlit's own test runner, on a real vault, a real database and a real model process."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import scene
import streamlit as st
from streamlit.testing.v1 import AppTest

from daemon.config import Config
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.learning.ledger import Ledger
from daemon.learning.reviewer import Reviewer
from daemon.service.heartbeat import Heartbeat, HeartbeatFile
from daemon.store.store import Store
from daemon.system.accelerator import ACCELERATOR, FileLock
from daemon.system.lock import VaultLock
from daemon.vault.history import kept_bodies
from daemon.vault.layout import read_layout
from daemon.vault.own_lines import with_body
from daemon.vault.report_note import read
from daemon.versions import champion as versions
from dashboard import actions, context, gate, notes
from dashboard.drafts import Drafter, VersionChoice
from dashboard.picks import read_picks

DAY = date(2026, 1, 7)
NOTE = f"nippo/{DAY}-nippo.md"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Config]]:
    """A vault with one day, whose engine is a stand-in server; every cache of the page is empty."""
    server = scene.ModelServer(pause=0)
    vault = scene.make_vault(tmp_path)
    config = scene.settings_file(tmp_path, vault, server)
    monkeypatch.setenv("NIPPO_CONFIG", str(config.file))
    st.cache_data.clear()
    st.cache_resource.clear()
    with Store.open(config.data_path) as store:
        scene.add_day(vault, store, DAY)
    yield vault, config
    st.cache_resource.clear()
    server.close()


def open_page(name: str) -> AppTest:
    page = AppTest.from_string(f"from dashboard.views import {name}\n{name}.page()\n", default_timeout=60).run()
    assert not page.exception, page.exception
    return page


def shown(page: AppTest) -> str:
    """All HTML on the page."""
    return "\n".join(element.proto.body for element in page.get("html"))


def drafts(page: AppTest) -> int:
    """How many finished drafts the page shows."""
    return shown(page).count("秒 ・ 質問")


def until(page: AppTest, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, shown(page)
        time.sleep(0.2)
        page.run()
    assert not page.exception, page.exception


def pair_of(config: Config) -> tuple[str, str, bool]:
    with Store.open(config.data_path) as store:
        pair = store.pair(str(DAY))
    assert pair
    return pair.draft, pair.report, pair.withdrawn


def test_an_edited_report_is_accepted_and_its_pair_stored(world: tuple[Path, Config]) -> None:
    vault, config = world
    page = open_page("review")
    mine = scene.REPORT.replace("整理しました", "まとめました")
    page.text_area[0].set_value(mine).run()
    assert "<ins>まとめ</ins>" in shown(page)
    page.button(key="accept").click().run()
    text = (vault / NOTE).read_text(encoding="utf-8")
    assert "accepted: true" in text and text.endswith(f"---\n{mine}\n")
    assert pair_of(config) == (scene.REPORT, mine, False)
    assert "提出済みにしました" in shown(page)
    page.button(key="accept").click().run()
    assert "accepted: false" in (vault / NOTE).read_text(encoding="utf-8") and pair_of(config)[2]


def test_a_report_with_something_private_is_accepted_by_a_second_click(world: tuple[Path, Config]) -> None:
    vault, config = world
    page = open_page("review")
    mine = scene.REPORT + "\n* 田中さんに教わりました。"
    page.text_area[0].set_value(mine).run()
    page.button(key="accept").click().run()
    assert "「* 田中さんに教わりました。」" in shown(page) and "もう一度" in shown(page)
    assert "accepted: false" in (vault / NOTE).read_text(encoding="utf-8")
    page.button(key="accept").click().run()
    assert not page.exception and pair_of(config) == (scene.REPORT, mine, False)
    assert "accepted: true" in (vault / NOTE).read_text(encoding="utf-8")


def test_a_private_report_ticked_in_obsidian_is_asked_about_on_the_page(world: tuple[Path, Config]) -> None:
    vault, config = world
    mine = scene.REPORT + "\n* 田中さんに教わりました。"
    (vault / NOTE).write_text(scene.note_text(DAY, mine, accepted=True), encoding="utf-8")
    assert "私的な語" in actions.settle(config, read_layout(config), DAY)
    assert pair_of(config)[2]
    page = open_page("review")
    page.button(key=f"keep-{DAY}").click().run()
    assert not page.exception and pair_of(config) == (scene.REPORT, mine, False)


def test_a_draft_saved_on_the_page_keeps_its_evidence(world: tuple[Path, Config]) -> None:
    vault, config = world
    line = LineRecord("* 学びました。", 0.6, True, ("確かめてください。",))
    record = DayRecord("k", (SentenceRecord("習った。", 1, 0, 9, 0.1, (line,)),))
    drawn = DraftResult("* 学びました。", "needs-review", (), "v0.2", record=record)
    path, diary = f"diary/{DAY}.md", (vault / f"diary/{DAY}.md").read_text(encoding="utf-8")
    before = notes.open_note(read_layout(config), DAY)
    actions.save_draft(config, read_layout(config), DAY, "* 学びました。\n* 私の行。", drawn, path, diary, before)
    evidence = (vault / f"nippo/根拠/{DAY}-根拠.md").read_text(encoding="utf-8")
    assert "[!warning] 1番目の行(確かめてください、確かさ 60%)" in evidence and "日記: 習った。" in evidence
    text = (vault / NOTE).read_text(encoding="utf-8")
    assert f'evidence: "[[nippo/根拠/{DAY}-根拠]]"' in text and "習った" not in text
    with Store.open(config.data_path) as store:
        row = store.report(DAY)
    assert row and DayRecord.from_text(row.record) == record


def test_a_conflict_is_shown_and_nothing_is_overwritten(world: tuple[Path, Config]) -> None:
    vault, _ = world
    page = open_page("review")
    page.text_area[0].set_value("わたしの文です。").run()
    theirs = scene.note_text(DAY, "Obsidianの文です。")
    (vault / NOTE).write_text(theirs, encoding="utf-8")
    page.button(key="save").click().run()
    assert (vault / NOTE).read_text(encoding="utf-8") == theirs
    assert page.text_area[0].value == "わたしの文です。" and "変更がぶつかりました" in shown(page)
    page.button(key="mine").click().run()
    page.button(key="save").click().run()
    assert (vault / NOTE).read_text(encoding="utf-8") == theirs.replace("Obsidianの文", "わたしの文")


def test_a_change_in_obsidian_comes_in_while_the_text_is_untouched(world: tuple[Path, Config]) -> None:
    vault, _ = world
    page = open_page("review")
    (vault / NOTE).write_text(scene.note_text(DAY, "Obsidianの文です。"), encoding="utf-8")
    page.run()
    assert page.text_area[0].value == "Obsidianの文です。" and "変更がぶつかりました" not in shown(page)


def test_redo_queues_the_note_and_shows_its_tick_until_the_draft_is_there(world: tuple[Path, Config]) -> None:
    vault, config = world
    page = open_page("review")
    page.button(key="redo").click().run()
    with Store.open(config.data_path) as store:
        assert [(job.day, job.source) for job in store.jobs("waiting")] == [(str(DAY), "redo")]
    assert "redo: true" in (vault / NOTE).read_text(encoding="utf-8") and "作り直しを待っています" in shown(page)
    assert "デーモンが動いていません" in shown(page)


def test_a_day_without_report_can_be_asked_for(world: tuple[Path, Config]) -> None:
    vault, config = world
    scene.add_day(vault, None, date(2026, 1, 8), report=False)
    page = open_page("review")
    page.button(key="make").click().run()
    with Store.open(config.data_path) as store:
        assert [(job.day, job.source) for job in store.jobs("waiting")] == [("2026-01-08", "report")]


def test_forgetting_a_day_empties_the_database(world: tuple[Path, Config]) -> None:
    vault, config = world
    page = open_page("review")
    page.button(key="accept").click().run()
    page.button(key="forget").click().run()
    with Store.open(config.data_path) as store:
        assert store.pairs() == []
    assert "サブネット".encode() not in (config.data_path / "nippo.sqlite3").read_bytes()
    assert "accepted: false" in (vault / NOTE).read_text(encoding="utf-8")
    assert "組 1件を消しました" in shown(page)


def test_a_lost_note_is_shown_restored_and_withdrawn(world: tuple[Path, Config]) -> None:
    vault, config = world
    page = open_page("review")
    page.button(key="accept").click().run()
    text = (vault / NOTE).read_text(encoding="utf-8")
    for button in ("restore", "withdraw"):
        (vault / NOTE).unlink()
        with Store.open(config.data_path) as store:
            Reviewer(config, store).scanned(datetime.now(UTC))
        st.cache_data.clear()
        page = open_page("review")
        assert "提出済みの日報のノートが見つかりません" in shown(page)
        assert "提出済みの日報のノートが見つかりません" in shown(open_page("health"))
        page.button(key=f"{button}-{DAY}").click().run()
        assert not page.exception
        assert (vault / NOTE).is_file() is (button == "restore")
        assert pair_of(config)[2] is (button == "withdraw")
        assert "見つかりません" not in shown(open_page("review"))
        if button == "restore":
            assert read((vault / NOTE).read_bytes()).body == read(text.encode()).body


def test_a_moved_report_is_reviewed_where_it_lies_and_an_earlier_body_comes_back(world: tuple[Path, Config]) -> None:
    vault, config = world
    moved = vault / "nippo/archive/提出.md"
    moved.parent.mkdir()
    (vault / NOTE).rename(moved)
    with Store.open(config.data_path) as store:
        Reviewer(config, store).scanned(datetime.now(UTC))
    before = read(moved.read_bytes()).body
    page = open_page("review")
    page.text_area[0].set_value("* 直しました。").run()
    page.button(key="save").click().run()
    assert read(moved.read_bytes()).body == "* 直しました。" and not (vault / NOTE).exists()
    page.button(key="redo").click().run()
    assert kept_bodies(read_layout(config), DAY)[0].body == "* 直しました。"
    moved.write_bytes(with_body(moved.read_bytes(), before))
    page = open_page("review")
    page.button(key="back1").click().run()
    assert not page.exception and read(moved.read_bytes()).body == "* 直しました。"


def test_the_filter_keeps_the_chosen_states(world: tuple[Path, Config]) -> None:
    vault, _ = world
    scene.add_day(vault, None, date(2026, 1, 8), accepted=True)
    page = open_page("review")
    assert page.selectbox(key="day").value == date(2026, 1, 8)
    page.get("button_group")[0].set_value(["draft"]).run()
    assert page.selectbox(key="day").options == ["○ 2026-01-07(水) 下書き"]


def test_a_pasted_diary_becomes_a_saved_report(world: tuple[Path, Config]) -> None:
    vault, _ = world
    page = open_page("drafting")
    page.get("button_group")[0].set_value("貼り付け").run()
    page.date_input(key="paste_day").set_value(date(2026, 2, 1))
    page.text_area(key="paste_text").set_value(scene.DIARY).run()
    page.button(key="write").click().run()
    until(page, lambda: drafts(page) == 1)
    assert scene.REPORT in shown(page)
    page.button(key="save").click().run()
    text = (vault / "nippo/2026-02-01-nippo.md").read_text(encoding="utf-8")
    assert text.endswith(f"---\n{scene.REPORT}\n") and "model: stand-in" in text
    assert not (vault / "diary/2026-02-01.md").exists()


def test_a_report_that_is_there_is_replaced_only_on_request(world: tuple[Path, Config]) -> None:
    vault, config = world
    (vault / NOTE).write_text(scene.note_text(DAY, "前の文です。"), encoding="utf-8")
    page = open_page("drafting")
    page.button(key="write").click().run()
    until(page, lambda: drafts(page) == 1)
    assert page.button(key="save").disabled
    page.checkbox[0].check().run()
    (vault / NOTE).write_text(scene.note_text(DAY, "今書いた文です。"), encoding="utf-8")
    page.button(key="save").click().run()
    assert "今書いた文です。" in (vault / NOTE).read_text(encoding="utf-8")
    page.checkbox[0].check().run()
    page.button(key="save").click().run()
    assert (vault / NOTE).read_text(encoding="utf-8").endswith(f"---\n{scene.REPORT}\n")
    with Store.open(config.data_path) as store:
        row = store.report(DAY)
    assert row and row.draft == scene.REPORT and row.model == "stand-in"


def test_every_draft_of_the_conversation_stays(world: tuple[Path, Config]) -> None:
    page = open_page("drafting")
    for count in (1, 2):
        page.button(key="write").click().run()
        until(page, lambda count=count: drafts(page) == count)
    assert "下書き1" in shown(page) and "下書き2" in shown(page)
    page.button(key="choose1").click().run()
    assert "下書き1を仕上げる" in shown(page)
    page.button(key="clear").click().run()
    assert "下書き1" not in shown(page)


def test_a_server_that_is_away_is_said_with_its_remedy(world: tuple[Path, Config], tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub('server_url = ".*"', 'server_url = "http://127.0.0.1:9/v1"', text), encoding="utf-8")
    page = open_page("drafting")
    page.button(key="write").click().run()
    until(page, lambda: 'role="alert"' in shown(page))
    assert "server" in shown(page) and "engine.server_url" in shown(page)


class Writer:
    """A worker whose report names its adapter."""

    def __init__(self, config: Config) -> None:
        self._adapter = config.engine.adapter

    def draft(self, request: DraftRequest, *_: object, **asked: object) -> DraftResult:
        warnings = ("調整なしのモデルです。",) if self._adapter == "none" else ()
        body = f"* {self._adapter}が書きました。"
        return DraftResult(body=body, status="draft", warnings=warnings, version=self._adapter)

    def tick(self, now: float) -> None: ...

    def stop(self) -> None: ...


def test_a_blind_pick_is_stored_and_then_unveiled(world: tuple[Path, Config], monkeypatch: pytest.MonkeyPatch) -> None:
    _, config = world
    drafter = Drafter(config, Writer)
    monkeypatch.setattr(context, "drafter", lambda _config: drafter)
    offered = [VersionChoice("v0.2", "auto", "v0.2"), VersionChoice("base", "none", "ベース")]
    monkeypatch.setattr(context, "version_choices", lambda _config: offered)
    page = open_page("compare")
    page.button(key="compare").click().run()
    until(page, lambda: shown(page).count("が書きました。") == 2)
    assert "v0.2" not in shown(page) and "確認してください" not in shown(page)
    first = shown(page).partition("が書きました。")[0]
    left = "v0.2" if first.endswith("auto") else "base"
    page.button(key="pick1").click().run()
    picks = read_picks(config.data_path)
    assert [(pick.better, pick.left, pick.blind) for pick in picks] == [(left, left, True)]
    assert f"{left} を選びました" in shown(page) and "調整なし" in shown(page)


def test_versions_are_promoted_and_rolled_back(world: tuple[Path, Config]) -> None:
    vault, config = world
    scene.furnish(config, vault, DAY)
    page = open_page("learning")
    assert versions.champion(config) == "v0.2"
    page.button(key="promote-v0.1").click().run()
    assert versions.champion(config) == "v0.1"
    page.button(key="promote-v0.2").click().run()
    page.button(key="rollback").click().run()
    assert versions.champion(config) == "v0.1" and "前の版に戻しました" in shown(page)


def test_a_training_is_asked_of_the_daemon(world: tuple[Path, Config]) -> None:
    _, config = world
    page = open_page("learning")
    page.button(key="train").click().run()
    with Store.open(config.data_path) as store:
        assert Ledger(store).request.reason == "dashboard"
    assert page.button(key="train").disabled and "学習を頼んであります" in shown(page)


def test_the_status_page_names_errors_and_offers_another_try(world: tuple[Path, Config]) -> None:
    vault, config = world
    scene.furnish(config, vault, DAY)
    page = open_page("health")
    assert "デーモンは動いていません" in shown(page) and "Save the note as UTF-8." in shown(page)
    page.button(key="retry").click().run()
    with Store.open(config.data_path) as store:
        assert store.jobs("failed") == []


def test_the_status_page_shows_the_process_that_holds_the_model(world: tuple[Path, Config]) -> None:
    vault, config = world
    scene.furnish(config, vault, DAY)
    file = config.file
    assert file
    file.write_text(re.sub(r"\[engine\][^\[]*", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    beat = Heartbeat(os.getpid(), "0", "2026-01-07T09:00:00+09:00", "watching", worker_pid=os.getpid())
    HeartbeatFile(config.data_path).show(beat, datetime.now(UTC), 0.0)
    assert "モデルはメモリにありません" in shown(open_page("health")), "the daemon that wrote it is gone"
    with VaultLock(config.data_path):
        model = rf"デーモンのモデルが動いています\(プロセス {os.getpid()}、メモリ [\d,]+ MiB\)"
        assert re.search(model, shown(open_page("health")))


def test_the_status_page_knows_a_model_that_the_daemon_does_not_name(world: tuple[Path, Config]) -> None:
    """The daemon's picture is a few seconds old, and commands have models too: the accelerator's lock tells."""
    _, config = world
    file = config.file
    assert file
    file.write_text(re.sub(r"\[engine\][^\[]*", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    beat = Heartbeat(os.getpid(), "0", "2026-01-07T09:00:00+09:00", "watching", working_on=str(DAY))
    HeartbeatFile(config.data_path).show(beat, datetime.now(UTC), 0.0)
    lock = FileLock(config.data_path, ACCELERATOR)
    assert lock.acquire()
    assert re.search(rf"ほかの処理のモデルが動いています\(プロセス {os.getpid()}", shown(open_page("health")))
    with VaultLock(config.data_path):
        assert f"デーモンのモデルが{DAY} の日報を書いています" in shown(open_page("health"))
    lock.release()
    assert "モデルはメモリにありません" in shown(open_page("health"))


def test_a_page_that_was_started_without_its_gate_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """``streamlit run dashboard/app.py`` would serve everybody."""
    monkeypatch.setattr(gate, "_standing", [])
    page = AppTest.from_file(str(Path(context.__file__).with_name("app.py")), default_timeout=60).run()
    assert [error.value for error in page.error] == ["この確認ページは、`nippo dashboard` で開いてください。"]
    assert not page.get("html") and not page.button


@pytest.mark.parametrize("name", ["today", "review", "drafting", "compare", "learning", "health", "settings"])
def test_a_missing_vault_is_told_in_japanese(
    world: tuple[Path, Config], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "stands", lambda: True)
    vault, _ = world
    vault.rename(vault.with_name("away"))
    words = (
        f"from dashboard import context\nfrom dashboard.views import {name}\nwith context.told():\n    {name}.page()"
    )
    page = AppTest.from_string(words, default_timeout=60).run()
    assert not page.exception
    if name != "settings":
        assert shown(page).count("保管庫のフォルダーが見つかりません。") == 1
    if name == "health":
        assert "デーモンは動いていません" in shown(page) and "待ち行列(0)" in shown(page)


def test_a_fault_of_the_page_is_told_without_its_words(world: tuple[Path, Config]) -> None:
    words = "from dashboard import context\nwith context.told():\n    raise ValueError('ゆいちゃん')"
    page = AppTest.from_string(words, default_timeout=60).run()
    assert not page.exception and "このページを表示できませんでした" in shown(page)
    assert "ValueError" in shown(page) and "ゆいちゃん" not in shown(page)


def test_ones_own_save_is_no_conflict_whatever_the_text_ends_with(world: tuple[Path, Config]) -> None:
    vault, _ = world
    page = open_page("review")
    for text in ("わたしの文です。\n", "わたしの文です。\n\n  ", "べつの文です。\r\n"):
        page.text_area[0].set_value(text).run()
        page.button(key="save").click().run()
        assert "変更がぶつかりました" not in shown(page) and page.button(key="save")
        assert (vault / NOTE).read_text(encoding="utf-8").endswith(f"---\n{text.strip()}\n")
    (vault / NOTE).write_text(scene.note_text(DAY, "Obsidianの文です。"), encoding="utf-8")
    page.run()
    assert page.text_area[0].value == "Obsidianの文です。"


def test_a_box_ticked_in_obsidian_is_no_conflict_with_a_text_under_way(world: tuple[Path, Config]) -> None:
    vault, _ = world
    page = open_page("review")
    page.text_area[0].set_value("わたしの文です。").run()
    (vault / NOTE).write_text(scene.note_text(DAY, accepted=True), encoding="utf-8")
    page.button(key="save").click().run()
    text = (vault / NOTE).read_text(encoding="utf-8")
    assert text.endswith("---\nわたしの文です。\n") and "accepted: true" in text


def test_text_and_drafts_are_there_after_a_reload(world: tuple[Path, Config]) -> None:
    vault, _ = world
    page = open_page("drafting")
    page.button(key="write").click().run()
    until(page, lambda: drafts(page) == 1)
    page.text_area(key="edit1").set_value("書きかけの下書きです。").run()
    page = open_page("review")
    page.text_area[0].set_value("書きかけの文です。").run()
    page = open_page("drafting")
    assert drafts(page) == 1 and page.text_area(key="edit1").value == "書きかけの下書きです。"
    page = open_page("review")
    assert page.text_area[0].value == "書きかけの文です。" and "保存していない文を戻しました" in shown(page)
    assert "書きかけ" not in (vault / NOTE).read_text(encoding="utf-8")
    page.button(key="discard").click().run()
    assert page.text_area[0].value == scene.REPORT
    assert open_page("review").text_area[0].value == scene.REPORT
    page.text_area[0].set_value("保存する文です。").run()
    page.button(key="save").click().run()
    assert "保存していない文を戻しました" not in shown(open_page("review"))


def test_a_forgotten_day_leaves_nothing_on_the_page(world: tuple[Path, Config]) -> None:
    _, config = world
    page = open_page("drafting")
    page.button(key="write").click().run()
    until(page, lambda: drafts(page) == 1)
    page = open_page("review")
    page.text_area[0].set_value("書きかけの文です。").run()
    page.button(key="forget").click().run()
    assert context.desk(config).drafts == () and context.desk(config).unsaved(DAY) is None
    assert open_page("review").text_area[0].value == scene.REPORT


def test_notes_that_are_not_taken_are_named_with_what_takes_them(world: tuple[Path, Config]) -> None:
    _, config = world
    with Store.open(config.data_path) as store:
        newest = [{"kind": "before", "path": "diary/2026-01-02.md", "day": "2026-01-02", "sha": ""}]
        store.set_meta("passed_over", {"before": {"count": 9, "newest": newest}})
    said = shown(open_page("health"))
    assert "diary/2026-01-02.md: はじめて動かした日より前の日の日記です" in said
    assert "nippo report 2026-01-02" in said and "ほかに8件" in said


def test_today_shows_the_report_of_today_and_its_state(world: tuple[Path, Config]) -> None:
    vault, config = world
    today = date.today()
    page = open_page("today")
    assert "今日の日記はまだありません" in shown(page) and page.button(key=f"open-{DAY}")
    scene.add_day(vault, None, today, report=False)
    page.run()
    page.button(key="make").click().run()
    assert "作成待ち" in shown(page) and "デーモンが動いていません" in shown(page)
    beat = Heartbeat(os.getpid(), "0", "2026-01-07T09:00:00+09:00", "watching", working_on=str(today))
    HeartbeatFile(config.data_path).show(beat, datetime.now(UTC), 0.0)
    with VaultLock(config.data_path):
        assert "今日の日報を書いています" in shown(page.run())
    scene.add_day(vault, None, today, warnings=("確かめてください。",))
    assert scene.REPORT in shown(page.run()) and "要確認" in shown(page) and "確かめてください。" in shown(page)
    page.button(key="accept").click().run()
    assert "accepted: true" in (vault / f"nippo/{today}-nippo.md").read_text(encoding="utf-8")
    assert "提出済みにしました" in shown(page) and page.button(key="accept").label == "提出を取り消す"
