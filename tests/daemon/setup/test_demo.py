"""The demonstration waits for the report itself. The daemon is a stand-in here; `make demo` runs the real one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from daemon.setup import demo

STANDIN = """
import json, sys, time
from datetime import datetime
from pathlib import Path
from daemon.vault.report_note import ReportNote, render
folder, day = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
diary, report = folder / f"vault/diary/{day:%Y-%m-%d}.md", folder / f"vault/nippo/{day:%Y-%m-%d}-nippo.md"

def beat(work):
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data/daemon.json").write_text(json.dumps({"ready": True, "working_on": work}))

def put(body, status, warnings=()):
    report.parent.mkdir(exist_ok=True)
    note = ReportNote(day.date(), diary.stem, body, status, "starter-2", day, warnings)
    report.with_suffix(".tmp").write_text(render(note), encoding="utf-8")
    report.with_suffix(".tmp").replace(report)

beat("")
while not diary.exists() or len(diary.read_text(encoding="utf-8")) < 500:
    time.sleep(0.02)
beat(diary.name)
put("", "writing", ("いま書いています。",))
time.sleep(0.5)
put("* 科目Aを20問解き、15問正解しました。", "draft")
time.sleep(60)
"""


def test_a_note_that_says_it_is_being_written_is_not_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = date(2026, 1, 7)

    @contextmanager
    def standin(settings: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen([sys.executable, "-c", STANDIN, str(settings.parent), today.isoformat()])
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    monkeypatch.setattr(demo, "_daemon", standin)
    story = demo.tell(today, lambda _: None)
    assert "科目Aを20問解き、15問正解しました。" in story.report and "status: draft" in story.report
    assert story.stages[-1].seconds > 0.4
