"""The daemon as a whole, with a real vault, database, observer and clock, and a worker without a model."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.errors import AlreadyRunning, EngineCrashed, ModelMissing, ServerAway
from daemon.service.config_changes import config_changes
from daemon.service.heartbeat import read_heartbeat
from daemon.service.service import Service
from daemon.store.store import FILE_NAME, Store
from daemon.vault.writer import digest
from tests.fake_worker import BODY, FakeWorker, result

TODAY = date.today()
NOTE = f"diary/{TODAY}.md"
REPORT = f"nippo/{TODAY}-nippo.md"


def until(done: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def running(
    config: Config, worker: FakeWorker, retry_seconds: tuple[float, ...] = (0.05,), **more: object
) -> Iterator[Service]:
    """A daemon that first ran yesterday: a note of a day to come waits, so another day than today is a day before."""
    if not (config.data_path / FILE_NAME).exists():
        first_run(config, TODAY - timedelta(days=1))
    service = Service(config, make_worker=lambda _: worker, retry_seconds=retry_seconds, **more)  # type: ignore[arg-type]
    failure: list[BaseException] = []

    def work() -> None:
        try:
            service.run()
        except BaseException as problem:
            failure.append(problem)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(lambda: failure or read_heartbeat(config.data_path).get("state") in ("watching", "paused"))
        assert not failure, failure
        yield service
    finally:
        began = time.monotonic()
        service.stop()
        thread.join(10)
        assert not thread.is_alive() and time.monotonic() - began < 5
        assert not failure, failure


@pytest.fixture
def settings(make_config) -> Callable[..., Config]:
    def make(vault: Path, **watch: object) -> Config:
        config: Config = make_config(vault, watch={"settle_seconds": 0.2, **watch})
        return config

    return make


def jobs(config: Config, state: str | None = None) -> list[tuple[str, str]]:
    with Store.open(config.data_path) as store:
        return [(job.path, job.error) for job in store.jobs(state)]  # type: ignore[arg-type]


def first_run(config: Config, day: date) -> None:
    """As if nippo had first run on that day."""
    with Store.open(config.data_path) as store:
        store.set_meta("first_run_date", day.isoformat())


def idle(config: Config) -> bool:
    beat = read_heartbeat(config.data_path)
    return not beat.get("working_on") and not jobs(config, "waiting")


@pytest.mark.parametrize("observer", ["native", "polling"])
def test_a_saved_diary_becomes_a_report(make_vault, settings, read_vault, observer: str) -> None:
    vault = make_vault(name="わたしの vault 🌸")
    worker = FakeWorker()
    with running(settings(vault, observer=observer, polling_seconds=0.2), worker):
        (vault / NOTE).write_text("サブネットを学んだ。")
        until((vault / REPORT).exists)
    found = read_vault(vault)
    assert sorted(found) == [NOTE, REPORT]
    assert found[NOTE] == "サブネットを学んだ。"
    assert f'diary: "[[diary/{TODAY}]]"\naccepted: false\nredo: false\nstatus: draft\nmodel: fake-1\n' in found[REPORT]
    assert found[REPORT].endswith(f"warnings: []\n---\n{BODY}\n")
    assert [(call.date, call.diary) for call in worker.calls] == [(str(TODAY), "サブネットを学んだ。")]


def test_a_long_draft_is_announced_by_its_note_and_makes_no_echo(make_vault, settings) -> None:
    vault = make_vault()
    config = settings(vault)
    worker = FakeWorker()
    worker.hold.set()
    with running(config, worker, first_after=0.1):
        (vault / NOTE).write_text("サブネットを学んだ。")
        until((vault / REPORT).exists)
        assert "status: writing\n" in (vault / REPORT).read_text()
        time.sleep(0.6)
        assert "status: writing\n" in (vault / REPORT).read_text()
        worker.go.set()
        until(lambda: BODY in (vault / REPORT).read_text())
        time.sleep(0.6)
        assert jobs(config) == [] and idle(config)
    assert "status: draft\n" in (vault / REPORT).read_text() and len(worker.calls) == 1


def test_our_own_report_makes_no_echo(make_vault, settings) -> None:
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": ""}'})
    config = settings(vault)
    worker = FakeWorker()
    with running(config, worker):
        (vault / f"{TODAY}.md").write_text("日記")
        until((vault / REPORT).exists)
        before = (vault / REPORT).stat().st_mtime_ns
        time.sleep(1.0)
        assert jobs(config) == [] and idle(config)
        assert (vault / REPORT).stat().st_mtime_ns == before
    assert len(worker.calls) == 1


def test_notes_saved_while_no_daemon_ran_are_found_and_older_ones_left(make_vault, settings) -> None:
    old = TODAY - timedelta(days=2)
    vault = make_vault({NOTE: "今日", f"diary/{old}.md": "一昨日"})
    with running(settings(vault), FakeWorker()):
        until((vault / REPORT).exists)
        time.sleep(0.3)
    assert [path.name for path in (vault / "nippo").iterdir()] == [Path(REPORT).name]


def test_a_later_edit_renews_an_untouched_report(make_vault, settings) -> None:
    vault = make_vault({NOTE: "一"})
    with running(settings(vault), FakeWorker(result("最初。"), result("二回目。"))):
        until((vault / REPORT).exists)
        (vault / NOTE).write_text("一、二")
        until(lambda: "二回目。" in (vault / REPORT).read_text())


@pytest.mark.parametrize("change", ["accepted", "edited", "deleted"])
def test_what_a_person_did_with_a_report_is_final(make_vault, settings, change: str) -> None:
    vault = make_vault({NOTE: "一"})
    config = settings(vault)
    worker = FakeWorker()
    with running(config, worker):
        until(lambda: (vault / REPORT).exists() and idle(config))
        report = vault / REPORT
        if change == "deleted":
            report.unlink()
        else:
            old, new = ("accepted: false", "accepted: true") if change == "accepted" else ("整理", "理解")
            report.write_text(report.read_text().replace(old, new))
        after = report.read_bytes() if report.exists() else None
        (vault / NOTE).write_text("一、二、三")
        time.sleep(1.2)
        assert (report.read_bytes() if report.exists() else None) == after
    assert len(worker.calls) == 1 and jobs(config) == []


def test_a_diary_edited_while_its_report_is_made_is_made_again(make_vault, settings) -> None:
    vault = make_vault()
    config = settings(vault)
    worker = FakeWorker()
    worker.hold.set()
    with running(config, worker):
        (vault / NOTE).write_text("古い")
        until(lambda: worker.calls)
        (vault / NOTE).write_text("新しい")
        worker.go.set()
        until(lambda: (vault / REPORT).exists() and idle(config))
        with Store.open(config.data_path) as store:
            row = store.report(TODAY)
            assert row and row.diary_sha == digest("新しい".encode())
    assert [call.diary for call in worker.calls] == ["古い", "新しい"]


def test_the_picture_names_the_process_that_holds_the_model(make_vault, settings) -> None:
    config, worker = settings(make_vault()), FakeWorker()
    with running(config, worker):
        assert read_heartbeat(config.data_path)["worker_pid"] is None
        worker.pid = 4242
        until(lambda: read_heartbeat(config.data_path)["worker_pid"] == 4242)
        worker.pid = None
        until(lambda: read_heartbeat(config.data_path)["worker_pid"] is None)
        worker.pid = 4242
        until(lambda: read_heartbeat(config.data_path)["worker_pid"] == 4242)
    assert read_heartbeat(config.data_path)["worker_pid"] is None


def test_a_stop_in_the_middle_loses_nothing(make_vault, settings) -> None:
    vault = make_vault({NOTE: "日記"})
    config = settings(vault)
    held = FakeWorker()
    held.hold.set()
    with running(config, held):
        until(lambda: held.calls and read_heartbeat(config.data_path)["working_on"] == str(TODAY))
    assert held.stops and jobs(config, "waiting") == [(NOTE, "")]
    assert read_heartbeat(config.data_path)["state"] == "stopped"
    with running(config, FakeWorker()):
        until((vault / REPORT).exists)


def test_a_crashing_worker_is_tried_three_times_and_the_others_go_on(make_vault, settings) -> None:
    other = TODAY - timedelta(days=1)
    vault = make_vault({NOTE: "日記", f"diary/{other}.md": "別の日"})
    config = settings(vault)

    class Crashing(FakeWorker):
        def draft(self, request, timeout_seconds=None, on_stage=None):  # type: ignore[no-untyped-def]
            reply = super().draft(request, timeout_seconds, on_stage)
            if request.date == str(TODAY):
                raise EngineCrashed("the worker process died (signal 9)", "Run `nippo doctor`.")
            return reply

    worker = Crashing()
    with running(config, worker):
        until(lambda: jobs(config, "failed"))
        until((vault / f"nippo/{other}-nippo.md").exists)
    assert jobs(config) == [(NOTE, "the worker process died (signal 9)")]
    mine = [call for call in worker.calls if call.date == str(TODAY)]
    assert len(mine) == 3 and len({call.seed for call in mine}) == 3
    with running(config, FakeWorker()):
        until((vault / REPORT).exists)


def test_a_model_that_cannot_run_holds_the_queue_and_blames_no_note(make_vault, settings) -> None:
    vault = make_vault({NOTE: "日記"})
    config = settings(vault)
    with running(config, FakeWorker(*[ModelMissing("no model file", "Run `nippo fetch`.")] * 5)):
        until(lambda: "nippo fetch" in str(read_heartbeat(config.data_path).get("message")))
        assert jobs(config, "waiting") == [(NOTE, "")]


def test_a_server_that_is_away_is_looked_for_again_soon(make_vault, settings, monkeypatch) -> None:
    monkeypatch.setattr("daemon.service.job_runner.AWAY_SECONDS", (0.05, 0.05))
    vault = make_vault({NOTE: "日記"})
    config = settings(vault)
    with running(config, FakeWorker(*[ServerAway("no server answers", "Start it.")] * 4)):
        until((vault / REPORT).exists)
        assert jobs(config, "failed") == []


BAD = {
    "nul": (b"a\x00b", "holds NUL bytes"),
    "binary": (bytes(range(128, 256)) * 8, "encoding is not UTF-8"),
    "large": ("あ".encode() * 700, "larger than 2 KB"),
    "empty": (b"", "is still empty"),
    "frontmatter": (b"---\nmood: 3\n---\n\n", "is still empty"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_note_is_shown_and_the_others_go_on(make_vault, settings, kind: str) -> None:
    data, message = BAD[kind]
    good = TODAY - timedelta(days=1)
    vault = make_vault({NOTE: data, f"diary/{good}.md": "よい日記"})
    config = settings(vault, max_note_kilobytes=2)
    with running(config, FakeWorker()):
        until((vault / f"nippo/{good}-nippo.md").exists)
        until(lambda: [path for path, _ in jobs(config)] == [NOTE])
        assert message in jobs(config)[0][1]
        (vault / NOTE).write_text("直した日記")
        until((vault / REPORT).exists)
    assert jobs(config) == []


GOOD = {
    "cp932": "今日はサブネットの計算を学びました。".encode("cp932"),
    "utf16": "今日の日記".encode("utf-16"),
    "bom": b"\xef\xbb\xbf" + "今日の日記\r\n二行目\r\n".encode(),
    "broken yaml": "---\nmood: [\n---\n今日の日記".encode(),
}


@pytest.mark.parametrize("kind", GOOD)
def test_unusual_text_is_read_and_left_as_it_is(make_vault, settings, kind: str) -> None:
    vault = make_vault({NOTE: GOOD[kind]})
    worker = FakeWorker()
    with running(settings(vault), worker):
        until((vault / REPORT).exists)
    assert (vault / NOTE).read_bytes() == GOOD[kind]
    assert (
        "今日" in worker.calls[0].diary and "\r" not in worker.calls[0].diary and "\ufeff" not in worker.calls[0].diary
    )


def test_two_diary_files_of_one_date(make_vault, settings) -> None:
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": "diary", "format": "YYYY-MM-DD ddd"}'})
    first, second = vault / f"diary/{TODAY} Wed.md", vault / f"diary/{TODAY} 水.md"
    config = settings(vault)
    worker = FakeWorker()
    with running(config, worker):
        first.write_text("先に書いた")
        until((vault / REPORT).exists)
        second.write_text("後から来た")
        until(lambda: jobs(config, "skipped"))
        ((path, error),) = jobs(config)
        assert path == f"diary/{TODAY} 水.md" and f"already has the diary note diary/{TODAY} Wed.md" in error
    assert [call.diary for call in worker.calls] == ["先に書いた"]


def test_one_name_in_both_normal_forms_is_one_day(make_vault, settings) -> None:
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": "diary", "format": "[デイリー] YYYY-MM-DD"}'})
    names = [unicodedata.normalize(form, f"diary/デイリー {TODAY}.md") for form in ("NFC", "NFD")]
    config = settings(vault)
    worker = FakeWorker()
    with running(config, worker):
        (vault / names[1]).write_text("日記")
        until((vault / REPORT).exists)
        (vault / names[0]).write_text("同じ名前の日記")
        until(lambda: jobs(config, "skipped"))
    assert len(worker.calls) == 1
    assert f"[[{names[0][:-3]}]]" in (vault / REPORT).read_text()


def test_a_date_that_does_not_exist_is_shown(make_vault, settings) -> None:
    vault = make_vault({"diary/2026-02-30.md": "x"})
    config = settings(vault)
    with running(config, FakeWorker()):
        until(lambda: jobs(config, "skipped"))
        assert jobs(config) == [("diary/2026-02-30.md", "diary/2026-02-30.md: the calendar has no such day.")]
        (vault / "diary/2026-02-30.md").rename(vault / NOTE)
        until((vault / REPORT).exists)
        until(lambda: jobs(config) == [])


def test_a_note_that_vanishes_before_it_settles(make_vault, settings) -> None:
    vault = make_vault()
    config = settings(vault)
    worker = FakeWorker()
    with running(config, worker):
        (vault / NOTE).write_text("すぐ消す")
        time.sleep(0.05)
        (vault / NOTE).unlink()
        time.sleep(0.8)
    assert worker.calls == [] and jobs(config) == []


@pytest.mark.parametrize("obstacle", ["folder", "link"])
def test_something_in_the_reports_place_is_told_and_healed(make_vault, settings, obstacle: str) -> None:
    vault = make_vault()
    config = settings(vault)
    if obstacle == "folder":
        (vault / REPORT).mkdir(parents=True)
    else:
        (vault / "nippo").mkdir()
        (vault / REPORT).symlink_to(vault.parent / "elsewhere.md")
    with running(config, FakeWorker()):
        (vault / NOTE).write_text("日記")
        until(lambda: jobs(config, "failed"))
        ((_, error),) = jobs(config)
        assert f"is a {obstacle}" in error
        shutil.rmtree(vault / "nippo") if obstacle == "folder" else (vault / REPORT).unlink()
        (vault / NOTE).write_text("日記を直した")
        until((vault / REPORT).is_file)


def test_a_full_data_disk_is_shown_and_loses_nothing(make_vault, settings, caplog: pytest.LogCaptureFixture) -> None:
    vault = make_vault()
    config = settings(vault)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    worker = FakeWorker(result("あ" * 400_000))
    try:
        with running(config, worker):
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, limit[1]))
            (vault / NOTE).write_text("日記")
            until(lambda: "the database cannot be used" in caplog.text)
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            until((vault / REPORT).exists)
            until(lambda: idle(config))
        assert len(worker.calls) == 1, "the draft was kept"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("loss", ["missing", "empty", "without .obsidian"])
def test_the_daemon_pauses_while_the_vault_is_away(
    make_vault, settings, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.1)
    vault = make_vault({NOTE: "日記"})
    config = settings(vault)
    away = vault.with_name("away")
    worker = FakeWorker()
    with running(config, worker):
        until(lambda: (vault / REPORT).exists() and idle(config))
        vault.rename(away)
        if loss != "missing":
            vault.mkdir()
        if loss == "without .obsidian":
            (vault / "lost+found").mkdir()
        until(lambda: read_heartbeat(config.data_path)["state"] == "paused")
        assert "goes on by itself" in read_heartbeat(config.data_path)["message"]
        if loss != "missing":
            shutil.rmtree(vault)
        away.rename(vault)
        (vault / NOTE).write_text("日記の続き")
        until(lambda: len(worker.calls) == 2 and idle(config))
        assert read_heartbeat(config.data_path)["state"] == "watching"


def test_the_daemon_may_start_before_its_vault_is_there(make_vault, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.1)
    vault = make_vault({NOTE: "日記"})
    away = vault.rename(vault.with_name("away"))
    with running(settings(vault), FakeWorker()):
        away.rename(vault)
        until((vault / REPORT).exists)


def test_a_second_daemon_says_who_holds_the_vault(make_vault, settings, make_config, tmp_path: Path) -> None:
    vault = make_vault()
    config = settings(vault)
    with running(config, FakeWorker()):
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}") as caught:
            Service(config).run()
        assert "nippo status" in caught.value.next_step
        other = make_config(vault, data={"folder": str(tmp_path / "other data")})
        with pytest.raises(AlreadyRunning, match="watches the vault"):
            Service(other).run()
        assert read_heartbeat(config.data_path)["state"] == "watching"


def test_a_burst_loses_nothing(make_vault, settings) -> None:
    vault = make_vault({".obsidian/daily-notes.json": '{"folder": "diary", "format": "YYYY/MM/YYYY-MM-DD"}'})
    config = settings(vault)
    days = [TODAY - timedelta(days=number) for number in range(60)]
    first_run(config, days[-1])
    with running(config, FakeWorker()):
        for day in days:
            file = vault / f"diary/{day:%Y/%m}/{day}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{day:%j}番の課題")
        until(lambda: len(list((vault / "nippo").glob("*-nippo.md"))) == len(days), 40)
    assert jobs(config) == []


def test_a_dead_observer_is_started_again(make_vault, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.1)
    vault = make_vault()
    with running(settings(vault), FakeWorker()) as service:
        service._finder._watcher._observer.stop()  # type: ignore[union-attr]
        until(lambda: service._finder is not None and service._finder.alive)
        (vault / NOTE).write_text("日記")
        until((vault / REPORT).exists)


def test_a_diary_folder_that_appears_later_is_watched(make_vault, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.1)
    vault = make_vault()
    (vault / "diary").rmdir()
    with running(settings(vault), FakeWorker()):
        (vault / "diary").mkdir()
        (vault / NOTE).write_text("日記")
        until((vault / REPORT).exists)


def test_obsidians_settings_changed_while_running(make_vault, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.service.service.CHECK_SECONDS", 0.1)
    vault = make_vault({f"journal/{TODAY}.md": "日記"})
    with running(settings(vault), FakeWorker()):
        (vault / ".obsidian/daily-notes.json").write_text('{"folder": "journal"}')
        until((vault / REPORT).exists)


def test_a_reload_takes_over_what_changed_and_refuses_nonsense(
    make_vault, settings, caplog: pytest.LogCaptureFixture
) -> None:
    vault = make_vault()
    config = settings(vault)
    caplog.set_level("INFO")
    assert config.file
    with running(config, FakeWorker()) as service:
        text = config.file.read_text()
        config.file.write_text(text + '[privacy]\ndeny = ["ひみつ"]\n[engine]\ndrafts = 2\n')
        service.reload()
        until(lambda: service.config.engine.drafts == 2)
        config.file.write_text("nonsense")
        service.reload()
        until(lambda: "the settings stay as they were" in caplog.text)
        (vault / NOTE).write_text("日記")
        until((vault / REPORT).exists)
    assert "engine.drafts: 4 → 2; privacy.deny changed" in caplog.text and "ひみつ" not in caplog.text


def test_changes_of_settings_are_told_without_private_words(make_vault, make_config) -> None:
    vault = make_vault()
    before = make_config(vault)
    after = make_config(vault, privacy={"deny": ["ひみつ"]}, dashboard={"port": 1234})
    assert config_changes(before, after) == ["privacy.deny changed", "dashboard.port: 8765 → 1234"]


def test_no_word_of_the_diary_is_logged(make_vault, settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    vault = make_vault({NOTE: "きなこと散歩した"})
    config = settings(vault)
    with running(config, FakeWorker(RuntimeError("きなこ"), EngineCrashed("died", ""))):
        until((vault / REPORT).exists)
    assert "きなこ" not in caplog.text and digest("きなこと散歩した".encode())[:12] in caplog.text
    state = json.dumps(read_heartbeat(config.data_path), ensure_ascii=False)
    assert "きなこ" not in state


def test_listeners_see_settled_reports_and_cannot_stop_the_daemon(make_vault, settings) -> None:
    seen: list[tuple[str, object]] = []

    class Review:
        def report_changed(self, day: date, path: str, now: datetime) -> None:
            seen.append(("changed", path))

        def scanned(self, now: datetime) -> None:
            seen.append(("scanned", None))

        def turn(self, now: datetime, monotonic: float) -> None:
            raise RuntimeError("broken")

        def reconfigure(self, config: Config) -> None:
            seen.append(("reconfigured", config.engine.drafts))

        def stop(self) -> None:
            seen.append(("stopped", None))

    vault = make_vault()
    config = settings(vault)
    assert config.file
    with running(config, FakeWorker(), make_listeners=lambda config, store: [Review()]) as service:
        (vault / "nippo").mkdir()
        (vault / NOTE).write_text("日記")
        until(lambda: ("changed", REPORT) in seen)
        config.file.write_text(config.file.read_text() + "[engine]\ndrafts = 2\n")
        service.reload()
        until(lambda: ("reconfigured", 2) in seen)
    assert seen[0] == ("scanned", None) and seen[-1] == ("stopped", None)
