"""Training runs, the queue and the daemon as the page tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scene import make_run, make_vault, settings_file

from daemon.learning.run_folder import EventKind, Phase, ProgressEvent, progress_of
from daemon.store.store import Job, Store
from dashboard.health import daemon_state, memory_of, parse_gpus, queue_table, troubles
from dashboard.page_text import page_html
from dashboard.runs import checkpoint_table, duration, find_runs, loss_points, share, standing, thinned
from dashboard.training_page import next_time, plan, read_verdict
from tests.learning_world import accept

NOW = datetime(2026, 1, 7, 12, 0, tzinfo=UTC)


def test_a_finished_run_tells_its_losses_and_its_best_checkpoint(tmp_path: Path) -> None:
    config = settings_file(tmp_path, make_vault(tmp_path))
    folder = make_run(config, "2026-W46")
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"event": "st')
    run = find_runs(config.data_path / "runs")[0]
    points = loss_points(run.events)
    assert len([point for point in points if point["kind"] == "学習"]) == 240
    assert len(thinned(points, 100)) <= 104
    assert [row["採用"] for row in checkpoint_table(run.checkpoints, run.result.best)] == ["", "", "★", ""]
    assert run.ending == "完了" and share(progress_of(run.events)) == 1


def test_a_run_under_way_tells_where_it_is() -> None:
    events = [
        ProgressEvent(EventKind.START, step=0, steps=100),
        ProgressEvent(EventKind.STEP, step=25, steps=100, loss=1.2, left=600.0),
        ProgressEvent(EventKind.MESSAGE, text="checkpoint at step 25"),
    ]
    now = progress_of(events)
    assert standing(now) == "25 / 100 ステップ、残り約10分"
    assert (
        standing(progress_of([*events, ProgressEvent(EventKind.PHASE, name=Phase.JUDGING)])) == "今の版と比べています…"
    )
    assert (share(now), now.left, now.loss, now.message) == (0.25, 600.0, 1.2, "checkpoint at step 25")
    assert duration(600) == "10分" and duration(5400) == "1時間30分" and duration(9) == "9秒"


def test_the_next_run_is_the_coming_sunday() -> None:
    assert next_time("sun 03:00", NOW) == datetime(2026, 1, 11, 3, 0, tzinfo=UTC)
    assert next_time("wed 12:00", NOW) == NOW + timedelta(days=7)
    assert next_time("", NOW) is None


def test_a_verdict_shows_only_pictures_that_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "w-loss.png").write_bytes(b"png")
    text = "---\na: 1\n---\n# 採用\n\n![[w-loss.png]]\n![[../../secret.png]]\n| a | b |\n|---|---|\n| 1 | <b>2</b> |\n"
    verdict = read_verdict("w", text, tmp_path)
    assert verdict.pictures == (tmp_path / "w-loss.png",)
    html = page_html(verdict.text)
    assert "<th>a</th>" in html and "<td>&lt;b&gt;2&lt;/b&gt;</td>" in html and "a: 1" not in html


def test_a_daemon_that_is_not_there_is_said_to_be_missing() -> None:
    beat = {"state": "watching", "ready": True, "working_on": "2026-01-07", "started": NOW.isoformat()}
    assert daemon_state(beat, None, NOW).kind == "bad"
    running = daemon_state(beat, 42, NOW + timedelta(hours=3))
    assert running.kind == "good" and "2026-01-07" in running.text and "3時間" in running.text
    assert daemon_state({**beat, "state": "paused", "message": "x"}, 42, NOW).kind == "warn"
    assert daemon_state({}, 42, NOW).running


def test_errors_come_with_their_remedies() -> None:
    jobs = [
        Job("diary/a.md", "2026-01-07", "", "waiting", "redo", 1, "", "", ""),
        Job("diary/b.md", "", "", "skipped", "watch", 0, "no such day", "Rename it.", ""),
    ]
    found = troubles(jobs, {"what": "no model", "next_step": "Fetch it."})
    assert [(each.where, each.next_step) for each in found] == [("モデル", "Fetch it."), ("diary/b.md", "Rename it.")]
    assert [row["理由"] for row in queue_table(jobs)] == ["作り直し"]


def test_gpu_memory_is_read_and_odd_lines_are_left_out() -> None:
    table = "NVIDIA H100, 2048, 81559, 7\nGB10, [N/A], [N/A], 3\n"
    assert [(gpu.name, gpu.used, gpu.busy) for gpu in parse_gpus(table)] == [("NVIDIA H100", 2048, 7)]
    assert memory_of(None) is None and memory_of(2**30) is None


def test_the_page_tells_how_many_pairs_the_schedule_waits_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.training_page.missing_packages", lambda: [])
    config = settings_file(tmp_path, make_vault(tmp_path))
    before = plan(config, NOW)
    assert (before.new_pairs, before.needed_pairs) == (0, 8) and "あと8件" in before.hint, "without a database"
    with Store.open(config.data_path) as store:
        accept(store, 6)
    found = plan(config, NOW)
    assert (found.new_pairs, found.needed_pairs) == (6, 8) and "あと2件" in found.hint
    with Store.open(config.data_path) as store:
        for pair in store.pairs():
            store.put_pair(replace(pair, draft=pair.report))
        accept(store, 2, first=6)
    assert "直した日報があと3件" in plan(config, NOW).hint
    with Store.open(config.data_path) as store:
        accept(store, 3, first=8)
    assert "5件以上あれば" in plan(config, NOW).hint
