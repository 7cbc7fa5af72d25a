"""The demonstration: the real daemon on a copy of the sample vault, from a saved diary to the report on disk.

Everything happens in a temporary folder that goes away at the end, also on Ctrl-C. Nothing of the user's is read.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from daemon.config.report_form import ReportSettings
from daemon.drafting.evidence import evidence_in
from daemon.drafting.record import DayRecord
from daemon.errors import NippoError
from daemon.store.store import Store
from daemon.system.files import private
from daemon.system.shipped import starter_folder
from daemon.vault.report_note import is_written
from daemon.words import VARIABLE, tr

START_SECONDS = 60.0
REPORT_SECONDS = 900.0


@dataclass(frozen=True)
class Timing:
    """One row of the timing table."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Story:
    """What the demonstration saw: vault trees as relative paths, the two texts, each line of the report with the
    sentence of the diary behind it, and how long each stage took."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    diary: str
    report: str
    report_path: str
    evidence: tuple[tuple[str, str], ...]
    stages: tuple[Timing, ...]


def tree(vault: Path) -> tuple[str, ...]:
    """The files of a vault as sorted relative paths."""
    return tuple(sorted(str(path.relative_to(vault)) for path in vault.rglob("*") if path.is_file()))


def save_like_an_editor(path: Path, text: str) -> None:
    """Save as Obsidian does: the note appears empty, grows while one types, and stands still at the end."""
    path.touch()
    time.sleep(0.2)
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    time.sleep(0.4)
    path.write_text(text, encoding="utf-8")


def tell(today: date, say: Callable[[str], None]) -> Story:
    """Run the demonstration and return what it saw. Raises ``NippoError`` when the daemon ends or no report comes."""
    starter = starter_folder()
    diary = (starter / "today.md").read_text(encoding="utf-8")
    with _temporary_folder() as folder:
        vault = folder / "vault"
        shutil.copytree(starter / "vault", vault)
        settings = folder / "config.toml"
        settings.write_text(f'[vault]\npath = "{vault.as_posix()}"\n[watch]\nsettle_seconds = 1.0\n', encoding="utf-8")
        before = tree(vault)
        began = time.monotonic()
        with _daemon(settings, folder / "daemon.log") as daemon:
            _wait_until(lambda: _is_ready(folder), daemon, START_SECONDS, folder, tr("the daemon did not get ready"))
            ready = time.monotonic()
            say(tr("The daemon watches. Saving today's diary …"))
            save_like_an_editor(vault / "diary" / f"{today}.md", diary)
            saved = time.monotonic()
            report = vault / "nippo" / f"{today}-nippo.md"
            _wait_until(lambda: _work(folder) != "", daemon, START_SECONDS, folder, tr("the diary was not noticed"))
            noticed = time.monotonic()
            say(tr("Noticed. The model writes the report …"))
            _wait_until(lambda: _is_there(report), daemon, REPORT_SECONDS, folder, tr("no report was written"))
            written = time.monotonic()
        stages = (
            Timing(tr("daemon ready"), ready - began),
            Timing(tr("note noticed and settled"), noticed - saved),
            Timing(tr("model loaded, sentences asked, lines checked"), written - noticed),
            Timing(tr("saved diary to report on disk"), written - saved),
        )
        text = report.read_text(encoding="utf-8")
        behind = _evidence(folder, today, text)
        return Story(before, tree(vault), diary, text, str(report.relative_to(vault)), behind, stages)


def _evidence(folder: Path, today: date, note: str) -> tuple[tuple[str, str], ...]:
    """Each line of the report and its sentence, from what the daemon remembers."""
    store = Store.open_existing(folder / "data")
    if store is None:
        return ()
    with store:
        row = store.report(today)
    found = evidence_in(DayRecord.from_text(row.record if row else ""), note, ReportSettings())
    return tuple((one.text, one.sentence) for one in found)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="nippo-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _daemon(settings: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real daemon as a child in a process group of its own, ended at the end whatever happens."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("NIPPO_") or key in ("NIPPO_CACHE", VARIABLE)
    }
    with open(log, "wb", opener=private) as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "daemon.cli", "run", "--config", str(settings)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _heartbeat(folder: Path) -> dict[str, object]:
    try:
        state = json.loads((folder / "data" / "daemon.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _is_ready(folder: Path) -> bool:
    return bool(_heartbeat(folder).get("ready"))


def _is_there(report: Path) -> bool:
    return report.exists() and is_written(report.read_bytes())


def _work(folder: Path) -> str:
    """What the daemon works on now, "" when it is idle; a report on disk counts as work done."""
    if any((folder / "vault" / "nippo").glob("*-nippo.md")):
        return "done"
    return str(_heartbeat(folder).get("working_on") or "")


def _wait_until(
    done: Callable[[], bool], daemon: subprocess.Popen[bytes], seconds: float, folder: Path, otherwise: str
) -> None:
    end = time.monotonic() + seconds
    while not done():
        if daemon.poll() is not None or time.monotonic() > end:
            lines = (folder / "daemon.log").read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
            raise NippoError("\n".join([f"demo: {otherwise}", *lines]), tr("`nippo doctor` says what is missing."))
        time.sleep(0.05)
