"""The note beside a report that shows the diary's sentences behind its lines: made, renewed, left, taken away."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.drafting.record import DayRecord, LineRecord, SentenceRecord
from daemon.drafting.result import DraftResult
from daemon.learning.evidence_notes import EvidenceKeeper
from daemon.learning.forgetting import forget
from daemon.learning.reviewer import Reviewer
from daemon.learning.ticking import tick
from daemon.service.job_runner import JobRunner
from daemon.service.on_demand import ask
from daemon.store.store import Store
from daemon.summaries.days import read_days
from daemon.vault.layout import Layout, read_layout
from daemon.vault.report_finder import ReportFinder
from daemon.vault.report_note import read
from daemon.vault.scan import DiaryNote, find_diaries
from tests.conftest import MakeConfig, MakeVault, ReadVault
from tests.fake_worker import FakeWorker, result

DAY = date(2026, 1, 7)
NOTE, REPORT, EVIDENCE = "diary/2026-01-07.md", "nippo/2026-01-07-nippo.md", "nippo/根拠/2026-01-07-根拠.md"
COPY = "nippo/.history/2026-01-07-根拠-1.md"
DIARY = "Javaの配列を習った。\nSQLの課題を[[先生]]に3問出した。\nLinuxの本 #読書 を少し。\n"
NOW = datetime(2026, 1, 7, 22, 0, tzinfo=UTC)
BODY = "本日は、以下の学習と課題を完了しました:\n\n* Javaの配列を学びました。\n* SQLの課題を3問提出しました。"
LINES = (
    LineRecord("* Javaの配列を学びました。", 0.95, True),
    LineRecord("* SQLの課題を3問提出しました。", 0.7, True, ("何を数えた3か、確かめてください。",)),
    LineRecord("* Linuxの本を読みました。", 0.4, False),
)


def drawn(body: str = BODY, lines: tuple[LineRecord, ...] = LINES) -> DraftResult:
    sentences = zip(DIARY.splitlines(), lines, strict=True)
    record = tuple(SentenceRecord(text, at, 0, 9, 0.1, (line,)) for at, (text, line) in enumerate(sentences, start=1))
    return result(body, record=DayRecord("k", record), method="sentences")


@dataclass
class Desk:
    """A vault, its database, and what a daemon does with them."""

    vault: Path
    config: Config
    layout: Layout
    store: Store
    now: datetime = NOW

    def draft(self, reply: DraftResult, source: str = "report") -> None:
        self.now += timedelta(minutes=1)
        notes = [note for note in find_diaries(self.layout) if isinstance(note, DiaryNote)]
        ask(self.layout, self.store, self.config, notes, source, self.now)  # type: ignore[arg-type]
        self.work(reply)

    def work(self, reply: DraftResult) -> None:
        runner = JobRunner(self.layout, self.store, self.config, FakeWorker(reply), lambda: None)
        end = time.monotonic() + 10
        while self.store.jobs("waiting"):
            assert time.monotonic() < end
            runner.turn(self.now, time.monotonic())
            time.sleep(0.002)

    def redo(self, reply: DraftResult) -> None:
        self.now += timedelta(minutes=1)
        tick(self.layout, REPORT, DAY, "redo", True)
        Reviewer(self.config, self.store).review(self.layout, DAY, self.now)
        self.work(reply)

    def scan(self, config: Config | None = None) -> None:
        Reviewer(self.config, self.store).scanned(self.now)
        EvidenceKeeper(config or self.config, self.store).scanned(self.now)

    def file(self, path: str) -> Path:
        return self.vault / path


@pytest.fixture
def desk(make_vault: MakeVault, make_config: MakeConfig) -> Desk:
    vault = make_vault({NOTE: DIARY})
    config = make_config(vault)
    return Desk(vault, config, read_layout(config), Store.open(config.data_path))


def test_a_draft_brings_a_note_that_shows_each_line_with_its_sentence(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    found = read_vault(desk.vault)
    assert set(found) == {NOTE, REPORT, EVIDENCE}
    assert found[EVIDENCE] == (
        '---\nreport: "[[nippo/2026-01-07-nippo]]"\n---\n# 2026-01-07 日報の根拠\n\n'
        "日報の各行と、もとになった日記の文です。日記の文があるので、提出する日報には写さないでください。"
        "下書きが新しくなると、nippoが書き直します。\n\n"
        "> [!quote] 1番目の行(確かさ 95%)\n> - 日報: Javaの配列を学びました。\n> - 日記: Javaの配列を習った。\n\n"
        "> [!warning] 2番目の行(確かめてください、確かさ 70%)\n> - 日報: SQLの課題を3問提出しました。\n"
        "> - 日記: SQLの課題を\\[\\[先生\\]\\]に3問出した。\n> - ⚠ 何を数えた3か、確かめてください。\n\n"
        "## 入れなかった行\n\n確かさが足りず、日報に入れなかった行です。日記と合っていれば、日報に書き足せます。\n\n"
        "> [!question] 確かさ 40%\n> - 日報: Linuxの本を読みました。\n> - 日記: Linuxの本 \\#読書 を少し。\n"
    )


def test_the_report_links_to_it_and_holds_nothing_of_it(desk: Desk) -> None:
    desk.draft(drawn())
    data = desk.file(REPORT).read_bytes()
    assert read(data).body == BODY
    assert 'evidence: "[[nippo/根拠/2026-01-07-根拠]]"' in data.decode().split("---")[1]
    assert "習った" not in data.decode() and "出した" not in data.decode()


def test_a_draft_without_evidence_has_no_note_and_no_link(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(result(BODY))
    desk.scan()
    assert set(read_vault(desk.vault)) == {NOTE, REPORT}
    assert "evidence" not in desk.file(REPORT).read_text(encoding="utf-8")


def test_it_may_be_switched_off_and_goes_then(desk: Desk, read_vault: ReadVault, make_config: MakeConfig) -> None:
    desk.draft(drawn())
    desk.config = make_config(desk.vault, report={"evidence": False})
    desk.scan()
    assert set(read_vault(desk.vault)) == {NOTE, REPORT}
    desk.redo(drawn())
    assert set(read_vault(desk.vault)) == {NOTE, REPORT}
    assert "evidence:\n" in desk.file(REPORT).read_text(encoding="utf-8")


def test_a_new_draft_rewrites_it(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    before = desk.file(EVIDENCE).read_text(encoding="utf-8")
    desk.redo(drawn(BODY.split("\n* SQL")[0], (LINES[0], LineRecord(LINES[1].text, 0.3, False), LINES[2])))
    after = desk.file(EVIDENCE).read_text(encoding="utf-8")
    assert after != before and after.count("[!question]") == 2
    assert set(read_vault(desk.vault)) == {NOTE, REPORT, EVIDENCE}
    desk.redo(result(BODY))
    assert set(read_vault(desk.vault)) == {NOTE, REPORT}


def test_an_edited_one_is_copied_before_it_is_rewritten_and_else_left(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    edited = desk.file(EVIDENCE).read_text(encoding="utf-8") + "ここは先生に聞く。\n"
    desk.file(EVIDENCE).write_text(edited, encoding="utf-8")
    desk.scan()
    assert desk.file(EVIDENCE).read_text(encoding="utf-8") == edited
    desk.redo(drawn())
    found = read_vault(desk.vault)
    assert found[COPY] == edited and found[EVIDENCE] != edited
    desk.redo(drawn())
    assert set(read_vault(desk.vault)) == {NOTE, REPORT, EVIDENCE, COPY}


def test_a_deleted_one_stays_deleted_until_the_next_draft(desk: Desk) -> None:
    desk.draft(drawn())
    desk.file(EVIDENCE).unlink()
    desk.scan()
    assert not desk.file(EVIDENCE).exists()
    desk.redo(drawn())
    assert desk.file(EVIDENCE).exists()


def test_it_goes_with_its_report_and_comes_back_with_it(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    report = desk.file(REPORT).read_bytes()
    desk.file(REPORT).unlink()
    EvidenceKeeper(desk.config, desk.store).report_changed(DAY, REPORT, desk.now)
    assert set(read_vault(desk.vault)) == {NOTE}
    desk.file(REPORT).write_bytes(report)
    desk.scan()
    assert set(read_vault(desk.vault)) == {NOTE, REPORT, EVIDENCE}


@pytest.mark.parametrize("edited", [False, True])
def test_what_a_crash_left_out_is_written_by_the_scan_for_an_untouched_draft(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, edited: bool
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr("daemon.service.job_runner.try_evidence", lambda *_: None)
        desk.draft(drawn())
    assert not desk.file(EVIDENCE).exists()
    if edited:
        desk.file(REPORT).write_bytes(desk.file(REPORT).read_bytes() + "私の行。\n".encode())
    desk.scan()
    assert desk.file(EVIDENCE).exists() is not edited


def test_a_moved_report_keeps_it(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    desk.file("提出").mkdir()
    desk.file(REPORT).rename(desk.file("提出/日報.md"))
    desk.scan()
    assert set(read_vault(desk.vault)) == {NOTE, "提出/日報.md", EVIDENCE}


def test_an_edited_one_stays_when_its_report_goes(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    desk.file(EVIDENCE).write_text("私のメモ\n", encoding="utf-8")
    desk.file(REPORT).unlink()
    desk.scan()
    assert read_vault(desk.vault)[EVIDENCE] == "私のメモ\n"


def test_forgetting_a_day_takes_it_away(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    assert EVIDENCE not in forget(desk.config, desk.store, desk.layout, DAY).notes
    assert set(read_vault(desk.vault)) == {NOTE, REPORT}


def test_forgetting_a_day_names_an_edited_one(desk: Desk, read_vault: ReadVault) -> None:
    desk.draft(drawn())
    desk.file(EVIDENCE).write_text("私のメモ\n", encoding="utf-8")
    assert EVIDENCE in forget(desk.config, desk.store, desk.layout, DAY).notes
    assert read_vault(desk.vault)[EVIDENCE] == "私のメモ\n"


@pytest.mark.parametrize("blocked", ["nippo/根拠", EVIDENCE])
def test_what_stands_in_its_place_costs_no_report(desk: Desk, blocked: str) -> None:
    at = desk.file(blocked)
    at.parent.mkdir(parents=True, exist_ok=True)
    at.mkdir() if blocked == EVIDENCE else at.write_text("私のもの", encoding="utf-8")
    desk.draft(drawn())
    assert read(desk.file(REPORT).read_bytes()).body == BODY and not desk.store.jobs()
    at.rmdir() if blocked == EVIDENCE else at.unlink()
    desk.scan()
    assert desk.file(EVIDENCE).is_file()


def test_it_is_no_diary_no_report_and_nothing_to_learn_from(desk: Desk, make_config: MakeConfig) -> None:
    desk.draft(drawn())
    tick(desk.layout, REPORT, DAY, "accepted", True)
    desk.scan()
    pair = desk.store.pair("2026-01-07")
    assert pair is not None and pair.report == BODY and len(desk.store.pairs()) == 1
    assert [day.body for day in read_days(desk.layout, DAY, DAY, 1024)] == [BODY]
    assert ReportFinder().find(desk.layout) == {}
    everywhere = read_layout(make_config(desk.vault, vault={"diary_folder": "nippo", "report_folder": "nippo",
                                                            "diary_format": "[根拠]/YYYY-MM-DD[-根拠]"}))  # fmt: skip
    assert [note for note in find_diaries(everywhere) if isinstance(note, DiaryNote)] == []


def test_writing_it_asks_for_no_scan(desk: Desk) -> None:
    assert desk.layout.among_reports("nippo/提出済み/日報.md") and not desk.layout.among_reports(EVIDENCE)
    assert desk.layout.is_own(EVIDENCE)
