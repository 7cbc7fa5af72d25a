"""The running daemon learns from the vault: a tick, an edit, an untick, a redo, seen by a real observer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from daemon.commands.run import listeners
from daemon.config import Config
from daemon.store.store import Job, Pair, Store
from daemon.vault.report_note import read, set_key
from tests.conftest import MakeConfig, MakeVault, ReadVault
from tests.daemon.service.test_service import running, until
from tests.fake_worker import BODY, FakeWorker, result

TODAY = date.today()


@pytest.fixture
def config(make_vault: MakeVault, make_config: MakeConfig) -> Config:
    vault = make_vault({f"diary/{TODAY}.md": "サブネット計算を整理した。"})
    return make_config(vault, watch={"settle_seconds": 0.1}, schedule={"retrain": ""})


def pair(config: Config) -> Pair | None:
    with Store.open(config.data_path) as store:
        return store.pair(TODAY.isoformat())


def test_tick_edit_untick_redo_in_a_living_vault(config: Config) -> None:
    file = config.vault_path / "nippo" / f"{TODAY}-nippo.md"

    def save(change: Callable[[bytes], bytes]) -> None:
        file.write_bytes(change(file.read_bytes()))

    worker = FakeWorker(result(), result("* 二つ目の下書きです。"))
    with running(config, worker, make_listeners=listeners):
        until(lambda: file.is_file() and BODY in file.read_text(encoding="utf-8"))
        save(lambda data: set_key(data, "accepted", "true"))
        until(lambda: (found := pair(config)) is not None and found.report == BODY)
        stored = pair(config)
        assert stored is not None and stored.draft == BODY

        save(lambda data: data + "* 手で足した行。\n".encode())
        until(lambda: (found := pair(config)) is not None and found.report.endswith("手で足した行。"))

        save(lambda data: set_key(data, "accepted", "false"))
        until(lambda: (found := pair(config)) is not None and found.withdrawn)

        save(lambda data: set_key(data, "redo", "true"))
        until(lambda: read(file.read_bytes()).body == "* 二つ目の下書きです。")
        assert not read(file.read_bytes()).redo
        save(lambda data: set_key(data, "redo", "true"))
        until(lambda: read(file.read_bytes()).body == BODY)
    seeds = [call.seed for call in worker.calls]
    assert seeds[0] is None and len({config.engine.seed, *seeds[1:]}) == 3, "each redo draws another draft"


def test_a_report_in_the_archive_is_as_alive_as_any_other(config: Config, read_vault: ReadVault) -> None:
    """Moved while the daemon runs, ticked, unticked and drafted anew where it lies; the edited body is kept."""
    file = config.vault_path / "nippo" / f"{TODAY}-nippo.md"
    moved = config.vault_path / "nippo/archive/2026" / f"{TODAY} 日報.md"
    worker = FakeWorker(result(), result("* 二つ目の下書きです。"))
    with running(config, worker, make_listeners=listeners):
        until(lambda: file.is_file())
        file.write_bytes(set_key(file.read_bytes(), "accepted", "true"))
        until(lambda: pair(config) is not None)
        moved.parent.mkdir(parents=True)
        file.rename(moved)
        mine = set_key(moved.read_bytes(), "accepted", "true") + "* 手で足した行。\n".encode()
        moved.write_bytes(mine)
        until(lambda: (found := pair(config)) is not None and found.report.endswith("手で足した行。"))
        moved.write_bytes(set_key(mine, "redo", "true"))
        until(lambda: read(moved.read_bytes()).body == "* 二つ目の下書きです。")
        until(lambda: (found := pair(config)) is not None and found.question == "redo")
        moved.write_bytes(set_key(moved.read_bytes(), "accepted", "true"))
        until(lambda: (found := pair(config)) is not None and found.report == "* 二つ目の下書きです。")
        moved.write_bytes(set_key(moved.read_bytes(), "accepted", "false"))
        until(lambda: (found := pair(config)) is not None and found.withdrawn)
    found = read_vault(config.vault_path)
    kept = found.pop(f"nippo/.history/{TODAY}-1.md")
    assert sorted(found) == [f"diary/{TODAY}.md", f"nippo/archive/2026/{TODAY} 日報.md"]
    assert str(kept) == set_key(mine, "redo", "true").decode() and len(worker.calls) == 2


def test_a_redo_in_a_living_vault_changes_our_own_lines_alone(config: Config) -> None:
    file = config.vault_path / "nippo" / f"{TODAY}-nippo.md"
    mine = "C#: 3h\r\n'a: b': 1\r\nit's: 4\r\n-x: 2\r\nmemo: |\r\n  一\r\n\r\n  二\r\n# 私の\r\n"
    with running(config, FakeWorker(result(), result("* 二つ目の下書きです。")), make_listeners=listeners):
        until(lambda: file.is_file())
        text = file.read_text(encoding="utf-8").replace("redo: false", "redo: true").replace("\n", "\r\n")
        file.write_bytes(text.replace("status:", mine + "status:").encode())
        until(lambda: read(file.read_bytes()).body == "* 二つ目の下書きです。")
    after = file.read_bytes().decode()
    assert after.replace(mine, "").replace("\r\n", "\n").split("\n---\n")[0].count("\n") == 8
    assert mine in after and "\n" not in after.replace("\r\n", "")


def test_a_diary_with_conflict_marks_is_not_drafted_until_they_are_gone(config: Config) -> None:
    diary = config.vault_path / f"diary/{TODAY}.md"
    diary.write_text("<<<<<<< HEAD\nJavaをやった。\n=======\nSQLをやった。\n>>>>>>> phone\n", encoding="utf-8")
    worker = FakeWorker()
    with running(config, worker, make_listeners=listeners):
        until(lambda: bool(waiting := jobs(config)) and "conflict marks" in waiting[0].error)
        assert jobs(config)[0].state == "failed" and worker.calls == []
        diary.write_text("SQLをやった。", encoding="utf-8")
        until(lambda: (config.vault_path / "nippo" / f"{TODAY}-nippo.md").is_file())
    assert [call.diary for call in worker.calls] == ["SQLをやった。"]


def jobs(config: Config) -> list[Job]:
    with Store.open(config.data_path) as store:
        return store.jobs()


def test_what_was_ticked_while_the_daemon_was_off_is_seen_at_its_start(config: Config) -> None:
    file = config.vault_path / "nippo" / f"{TODAY}-nippo.md"
    with running(config, FakeWorker(), make_listeners=listeners):
        until(lambda: file.is_file())
    file.write_bytes(set_key(file.read_bytes(), "accepted", "true"))
    with running(config, FakeWorker(), make_listeners=listeners):
        until(lambda: pair(config) is not None)
    found = pair(config)
    assert found == replace(found, report=BODY, withdrawn=False, source="vault") if found else False


def test_no_verdict_and_no_guide_wakes_the_daemon(config: Config) -> None:
    """What the daemon itself puts beside the reports is neither diary nor report."""
    from daemon.vault.help_page import write_help_page
    from daemon.vault.layout import read_layout
    from daemon.vault.verdict_note import verdict_path, write_verdict

    worker = FakeWorker()
    with running(config, worker, make_listeners=listeners):
        until(lambda: (config.vault_path / "nippo" / f"{TODAY}-nippo.md").is_file())
        layout = read_layout(config)
        write_verdict(layout, "2026-W47", "# 結果\n", [])
        made = [*write_help_page(layout), verdict_path(layout, "2026-W47")]
        until(lambda: all((config.vault_path / path).is_file() for path in made))
        with Store.open(config.data_path) as store:
            assert store.jobs() == []
    assert len(worker.calls) == 1
    assert Path(made[-1]).name == "2026-W47.md"
