"""Nobody waits before a silent terminal."""

from __future__ import annotations

import pytest

from daemon.options import describe
from daemon.service.heartbeat import NO_STAGE, read_heartbeat
from daemon.service.on_demand import ask, find_note, work_off
from daemon.service.service import now
from daemon.store.store import Store
from daemon.vault.layout import read_layout
from tests.conftest import MakeConfig, MakeVault
from tests.daemon.service.test_service import running, until
from tests.fake_worker import FakeWorker

DIARY = "Javaの授業。10問解いた。"


@pytest.mark.parametrize(
    ("stage", "words", "japanese"),
    [
        (NO_STAGE, "", ""),
        (("reading", 0, 26), " reads the diary", " 日記を読んでいます"),
        (("writing", 13, 26), " writes: sentence 13 of 26, about 20 s left", " 書いています(13/26文、残り約20秒)"),
        (("again", 4, 26), " tries again: sentence 4 of 26", " 書き直しています(4/26文目)"),
    ],
)
def test_a_stage_in_words(
    stage: tuple[str, int, int], words: str, japanese: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert describe(*stage, seconds=20.0) == words
    monkeypatch.setenv("NIPPO_LANG", "ja")
    assert describe(*stage, seconds=20.0) == japanese


def test_a_report_asked_for_tells_how_far_it_is_by_numbers_alone(
    make_vault: MakeVault, make_config: MakeConfig
) -> None:
    vault = make_vault({"diary/2026-01-07.md": DIARY})
    config = make_config(vault)
    told: list[tuple[str, int, int]] = []
    with Store.open(config.data_path) as store:
        layout = read_layout(config)
        paths = ask(layout, store, config, [find_note(layout, "diary/2026-01-07.md", None)], "report", now())
        for _ in work_off(config, store, layout, paths, lambda _: FakeWorker(), lambda *at: told.append(at)):  # type: ignore[arg-type]
            pass
    assert told == [("writing", 1, 2)]


def test_a_running_daemon_tells_it_to_others(make_vault: MakeVault, make_config: MakeConfig) -> None:
    day = now().date().isoformat()
    config = make_config(make_vault({f"diary/{day}.md": DIARY}), watch={"settle_seconds": 0.1})
    worker = FakeWorker()
    worker.hold.set()
    with running(config, worker):
        until(lambda: (read_heartbeat(config.data_path).get("stage") or [0])[0] == "writing")
        assert read_heartbeat(config.data_path)["stage"] == ["writing", 1, 2]
        worker.go.set()
