"""What a person's writing costs: drafts are counted while notes are made ahead, touched, and written all evening.

Real files, a real database, the real finder and runner; the clock is the test's own, and the model is a fake whose
drafts take as long as the test says.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from watchdog.events import FileModifiedEvent

from daemon.config import Config
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.errors import WorkerStopped
from daemon.service.job_runner import JobRunner
from daemon.service.note_finder import NoteFinder
from daemon.service.on_demand import ask, find_note
from daemon.service.patience import CALM_SECONDS, LONGEST, Patience
from daemon.setup.status import status
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from daemon.vault.writer import digest
from tests.fake_worker import FakeWorker, result

DAY = date(2026, 11, 30)
NOTE, REPORT = f"diary/{DAY}.md", f"nippo/{DAY}-nippo.md"
EVENING = datetime(2026, 11, 30, 18, 0).astimezone()
STUDY = "サブネット計算の練習問題を解いた。\n"


class TimedWorker(FakeWorker):
    """Its drafts take ``seconds`` of the test's clock, which sets ``over``; they name the length of their diary."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.over, self.given_up = threading.Event(), threading.Event()

    def draft(self, request: DraftRequest, *_: object, **asked: object) -> DraftResult:
        over, given_up = self.over, self.given_up = threading.Event(), threading.Event()
        self.calls.append(request)
        while not over.wait(0.0005):
            if given_up.is_set():
                raise WorkerStopped("the draft was given up", "The note is taken up again.")
        return result(f"* {len(request.diary)}文字の日記から書きました。")

    def cancel(self) -> None:
        self.cancels += 1
        self.given_up.set()

    def stop(self) -> None:
        self.given_up.set()


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.0002)


class Evening:
    """A daemon at the test's own clock. ``pass_time`` lets it work in steps of a second."""

    def __init__(self, config: Config, seconds: float, began: datetime) -> None:
        self.config = config
        self.clock = 1000.0
        self._began = began
        self.worker = TimedWorker(seconds)
        self._drafts = 0
        self.open()

    def open(self) -> None:
        """Start, or start again: nothing is kept but the database."""
        layout = read_layout(self.config)
        self.store = Store.open(self.config.data_path)
        self._finder = NoteFinder(layout, self.store, self.config, DAY - timedelta(days=60), lambda: None)
        self._over_at, self._draft = 0.0, None
        self._runner = JobRunner(
            layout, self.store, self.config, self.worker, lambda: None, (0.0,), self._finder.notes  # type: ignore[arg-type]
        )  # fmt: skip

    def close(self) -> None:
        self._runner.stop()
        self.store.close()

    def restart(self) -> None:
        self.close()
        self.open()

    @property
    def now(self) -> datetime:
        return self._began + timedelta(seconds=self.clock - 1000.0)

    def save(self, text: str, path: str = NOTE) -> None:
        file = self.config.vault_path / path
        file.write_bytes(text.encode())
        self._finder._watcher.box.dispatch(FileModifiedEvent(str(file)))

    def pass_time(self, seconds: float, step: float = 1.0) -> None:
        end = self.clock + seconds
        while self.clock < end:
            self.clock += step
            self._finder.turn(self.now, self.clock)
            self._work()
            while self._runner.working_on and (self.clock >= self._over_at or self.worker.given_up.is_set()):
                if not self.worker.given_up.is_set():
                    self.worker.over.set()
                until(lambda: not self._runner._answers.empty())
                self._work()

    def _work(self) -> None:
        self._runner.turn(self.now, self.clock)
        if self._runner.working_on and self._runner._answers is not self._draft:
            self._draft, self._drafts = self._runner._answers, self._drafts + 1
            until(lambda: len(self.worker.calls) == self._drafts)
            self._over_at = self.clock + self.worker.seconds

    def report(self, path: str = REPORT) -> str:
        file = self.config.vault_path / path
        return file.read_text() if file.exists() else ""

    def waiting(self) -> dict[str, str]:
        """What ``nippo status`` says of notes that wait: path → why and what then."""
        return {job["path"]: f"{job['error']} {job['next_step']}" for job in status(self.config)["skipped"]}


@pytest.fixture
def make_evening(make_vault, make_config) -> Iterator[Callable[..., Evening]]:
    made: list[Evening] = []

    def make(
        files: dict[str, str] | None = None, seconds: float = 0.0, began: datetime = EVENING, **sections: object
    ) -> Evening:
        made.append(Evening(make_config(make_vault(files), **sections), seconds, began))
        return made[-1]

    yield make
    for evening in made:
        evening.close()


TOUCHED = {
    "the time of the last change": lambda text: text.replace("20:00", "21:07"),
    "a property more": lambda text: text.replace("---\n#", "words: 120\n---\n#"),
    "line ends": lambda text: text.replace("\n", "\r\n"),
    "a renamed note": lambda text: text.replace("[[IP/サブネット|", "[[IPv4/部分網|"),
    "an address": lambda text: text.replace("(a.pdf)", "(資料/a.pdf)"),
    "a moved picture": lambda text: text.replace("図.png", "添付/図.png"),
    "a private part": lambda text: text + "\n%% きなこと散歩 %%\n",
}
DIARY = (
    "---\nupdated: 2026-11-30T20:00\n---\n# 学習\n[[IP/サブネット|サブネット]]を計算した。[資料](a.pdf)\n![[図.png]]\n"
)


@pytest.mark.parametrize("kind", TOUCHED)
def test_a_change_outside_the_prepared_text_costs_nothing_even_after_a_restart(
    make_evening: Callable[..., Evening], kind: str
) -> None:
    evening = make_evening()
    evening.save(DIARY)
    evening.pass_time(60)
    before = evening.report()
    assert len(evening.worker.calls) == 1 and before
    evening.save(TOUCHED[kind](DIARY))
    evening.pass_time(60)
    evening.restart()
    for number in range(5):
        evening.save(TOUCHED[kind](DIARY).replace("2026-11-30T2", f"2026-12-0{number + 1}T2"))
        evening.pass_time(60)
    assert len(evening.worker.calls) == 1 and evening.report() == before
    assert evening.store.jobs() == []
    evening.save(DIARY + "SQLも。\n")
    evening.pass_time(60)
    assert len(evening.worker.calls) == 2 and evening.report() != before


def test_a_report_that_is_its_persons_follows_a_touched_diary_too(make_evening: Callable[..., Evening]) -> None:
    """Else it would be told as older than its diary."""
    evening = make_evening()
    evening.save(DIARY)
    evening.pass_time(60)
    report = evening.config.vault_path / REPORT
    report.write_text(report.read_text().replace("accepted: false", "accepted: true"))
    touched = DIARY.replace("20:00", "21:07")
    evening.save(touched)
    evening.pass_time(60)
    row = evening.store.report(DAY)
    assert row and row.diary_sha == digest(touched.encode()) and len(evening.worker.calls) == 1
    evening.save(DIARY + "SQLも。\n")
    evening.pass_time(60)
    assert evening.store.report(DAY) == row and len(evening.worker.calls) == 1


def test_a_touch_while_the_report_is_made_does_not_spoil_it(make_evening: Callable[..., Evening]) -> None:
    evening = make_evening(seconds=30)
    evening.save(DIARY)
    evening.pass_time(10)
    assert len(evening.worker.calls) == 1 and not evening.report()
    evening.save(TOUCHED["the time of the last change"](DIARY))
    evening.pass_time(120)
    assert evening.worker.cancels == 0 and len(evening.worker.calls) == 1
    assert evening.report() and evening.store.jobs() == []


def test_a_draft_whose_note_goes_on_is_given_up_at_once_and_begun_anew_when_it_is_quiet(
    make_evening: Callable[..., Evening],
) -> None:
    evening = make_evening(seconds=60)
    evening.save(STUDY)
    evening.pass_time(10)
    assert len(evening.worker.calls) == 1
    evening.save(STUDY + "SQLも。\n")
    evening.pass_time(2)
    assert evening.worker.cancels == 1 and evening.store.jobs("waiting") and not evening.report()
    evening.pass_time(8)
    assert len(evening.worker.calls) == 1, "it is not quiet for long enough yet"
    evening.pass_time(90)
    assert [call.diary for call in evening.worker.calls] == [STUDY, STUDY + "SQLも。\n"]
    assert evening.report() and evening.store.jobs() == []


@pytest.mark.parametrize("seconds", [2.0, 60.0], ids=["a GPU", "a CPU"])
@pytest.mark.parametrize("pauses", [(3, 8), (5, 40), (20, 120)], ids=["fast", "usual", "slow"])
def test_an_evening_of_writing_costs_a_few_drafts(
    make_evening: Callable[..., Evening], seconds: float, pauses: tuple[int, int]
) -> None:
    evening = make_evening(seconds=seconds)
    chance = random.Random(f"{seconds} {pauses}")
    text = ""
    for number in range(60):
        text += f"{number}問目: {STUDY}"
        evening.save(text)
        evening.pass_time(chance.randint(*pauses))
    assert len(evening.worker.calls) <= 3
    evening.pass_time(3.0 * LONGEST + seconds + 10, step=5)
    assert len(evening.worker.calls) <= 4
    assert evening.worker.calls[-1].diary == text and f"{len(text)}文字" in evening.report()


def test_what_a_person_asked_for_is_finished(make_evening: Callable[..., Evening]) -> None:
    evening = make_evening({NOTE: STUDY}, seconds=30)
    evening.pass_time(2)
    layout = read_layout(evening.config)
    ask(layout, evening.store, evening.config, [find_note(layout, NOTE, None)], "report", evening.now)
    evening.save(STUDY)
    evening.pass_time(2)
    assert len(evening.worker.calls) == 1
    evening.save(STUDY + "SQLも。\n")
    evening.pass_time(10)
    assert evening.worker.cancels == 0
    evening.pass_time(60)
    assert evening.report() and evening.worker.calls[-1].diary == STUDY + "SQLも。\n"


def test_patience_grows_with_the_drafts_of_an_evening_and_no_further() -> None:
    patience = Patience(3.0)
    waits = []
    for minute in range(8):
        patience.changed("a.md", minute * 60.0)
        waits.append(patience.quiet("a.md"))
        for _ in range(3):  # a draft that failed is tried again
            patience.begun("a.md")
    assert waits == [3, 12, 48, 192, 600, 600, 600, 600]
    assert patience.quiet("b.md") == 3
    patience.changed("a.md", 7 * 60.0 + CALM_SECONDS + 1)
    assert patience.quiet("a.md") == 3, "the next morning"


TEMPLATE = "---\ntags: daily\n---\n<< [[{{yesterday}}]] | [[{{tomorrow}}]] >>\n# {{title}}\n今日の一言を書こう。\n" \
    "| 時限 | 科目 | 内容 |\n|---|---|---|\n| 1 | Linux演習 | |\n| 2 | 英語 | |\n- [ ] 英単語100個\n"  # fmt: skip
MADE = (
    TEMPLATE.replace("{{yesterday}}", "2026-11-29").replace("{{tomorrow}}", "2026-12-01").replace("{{title}}", str(DAY))
)
WHERE = {
    "the core plugin": {
        ".obsidian/daily-notes.json": '{"folder": "diary", "template": "templates/日記"}',
        "templates/日記.md": TEMPLATE,
    },
    "Periodic Notes": {
        ".obsidian/plugins/periodic-notes/data.json": json.dumps(
            {"daily": {"enabled": True, "folder": "diary", "template": "templates/day.md"}}
        ),
        "templates/day.md": TEMPLATE,
    },
    "Periodic Notes 1.0": {
        ".obsidian/plugins/periodic-notes/data.json": json.dumps(
            {"calendarSets": [{"id": "a", "day": {"enabled": True, "folder": "diary", "templatePath": "day.md"}}]}
        ),
        "day.md": TEMPLATE,
    },
    "Templater": {
        ".obsidian/plugins/templater-obsidian/data.json": json.dumps(
            {"folder_templates": [{"folder": "/", "template": "t.md"}, {"folder": "diary", "template": "day.md"}]}
        ),
        "day.md": TEMPLATE.replace("{{title}}", "<% tp.file.title %>").replace(
            "{{yesterday}}", '<% tp.date.now("YYYY-MM-DD", -1) %>'
        ),
    },
}


@pytest.mark.parametrize("where", WHERE)
def test_a_note_that_holds_nothing_but_its_template_waits_and_says_so(
    make_evening: Callable[..., Evening], where: str
) -> None:
    evening = make_evening(WHERE[where])
    evening.save(MADE)
    evening.pass_time(30)
    assert evening.worker.calls == [] and not evening.report()
    assert "holds nothing but its template" in evening.waiting()[NOTE]
    assert f"`nippo report {DAY}`" in evening.waiting()[NOTE]
    evening.save(MADE.replace("| 2 | 英語 | |", "| 2 | 英語 | 関係詞を復習 |"))
    evening.pass_time(30)
    assert len(evening.worker.calls) == 1 and evening.report() and evening.waiting() == {}
    assert "| 1 | linux演習 | |" in evening.worker.calls[0].made
    assert not any("関係詞" in line for line in evening.worker.calls[0].made)


def test_the_lines_of_most_notes_are_taken_for_a_template(make_evening: Callable[..., Evening]) -> None:
    days = [DAY - timedelta(days=number) for number in range(1, 9)]
    evening = make_evening({f"diary/{day}.md": f"{MADE}\n{day.day}番の課題を解いた。\n" for day in days})
    evening.pass_time(30)
    calls = len(evening.worker.calls)
    evening.save(MADE)
    evening.pass_time(30)
    assert len(evening.worker.calls) == calls
    assert "most of your notes" in evening.waiting()[NOTE]
    evening.save(f"{MADE}\nSQLの結合を学んだ。\n")
    evening.pass_time(30)
    assert len(evening.worker.calls) == calls + 1


def test_a_waiting_note_is_drafted_for_who_asks(make_evening: Callable[..., Evening]) -> None:
    evening = make_evening({**WHERE["the core plugin"], NOTE: MADE})
    evening.pass_time(30)
    layout = read_layout(evening.config)
    ask(layout, evening.store, evening.config, [find_note(layout, NOTE, None)], "report", evening.now)
    evening.pass_time(5)
    assert len(evening.worker.calls) == 1 and evening.report()


def test_private_words_alone_are_no_template(make_evening: Callable[..., Evening]) -> None:
    """The report says that nothing was studied; the worker writes that without a model."""
    evening = make_evening(privacy={"private_headings": ["プライベート"]})
    evening.save("## プライベート\nきなこと散歩した。\n")
    evening.pass_time(30)
    assert len(evening.worker.calls) == 1


def test_a_note_declared_private_meanwhile_is_given_up_and_said(make_evening: Callable[..., Evening]) -> None:
    evening = make_evening(seconds=60)
    evening.save(STUDY)
    evening.pass_time(10)
    evening.save(f"---\nprivate: true\n---\n{STUDY}")
    evening.pass_time(120)
    assert evening.worker.cancels == 1 and len(evening.worker.calls) == 1 and not evening.report()
    assert "private" in evening.waiting()[NOTE]


def test_notes_made_ahead_wait_for_their_days_and_come_by_themselves(make_evening: Callable[..., Evening]) -> None:
    ahead = [DAY + timedelta(days=number) for number in range(1, 31)]
    evening = make_evening({f"diary/{day}.md": f"{day.day}番の課題を解く。\n" for day in ahead})
    evening.pass_time(60)
    assert evening.worker.calls == []
    waiting = evening.waiting()
    assert len(waiting) == 30 and "waits for its day" in waiting[f"diary/{ahead[0]}.md"]
    assert f"from {ahead[0]} on" in waiting[f"diary/{ahead[0]}.md"]
    evening.pass_time(6 * 3600, step=60)  # past midnight
    assert [call.date for call in evening.worker.calls] == [str(ahead[0])]
    assert len(evening.waiting()) == 29
    evening.restart()
    evening.pass_time(25 * 3600, step=600)
    assert [call.date for call in evening.worker.calls] == [str(day) for day in ahead[:2]]


def test_a_day_is_that_of_the_persons_own_zone(make_evening: Callable[..., Evening]) -> None:
    """It is the 30th in London and the 1st in Tokyo."""
    for began, drafts in (("2026-11-30T16:00+00:00", 0), ("2026-12-01T01:00+09:00", 1)):
        evening = make_evening({"diary/2026-12-01.md": STUDY}, began=datetime.fromisoformat(began))
        evening.pass_time(30)
        assert len(evening.worker.calls) == drafts


def test_a_bad_template_setting_ends_nothing(make_evening: Callable[..., Evening], tmp_path: Path) -> None:
    for template in ("../outside", "/etc/passwd", "missing", "diary", "", 7, None, "a\0b"):
        evening = make_evening(
            {".obsidian/daily-notes.json": json.dumps({"folder": "diary", "template": template}), NOTE: STUDY}
        )
        evening.pass_time(10)
        assert len(evening.worker.calls) == 1 or evening.report()
