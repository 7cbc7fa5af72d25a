"""What the daemon costs and how quickly it notices: `python -m bench.daemon [--reports N] [--idle SECONDS]`.

Prints a table of medians. Vaults lie in a temporary folder; nothing of the user's is read but, with --reports, the
model cache (NIPPO_CACHE).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import psutil

from daemon.vault.report_note import is_written

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # this file's own name would hide the package
SETTLE_SECONDS = 1.0
NOTES = 10_000
BURST = 500
DIARY = "# 日記\n\n今日はサブネット計算の練習問題を5問解いた。午後は図書館でSQLの結合を復習した。\n" * 5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--idle", type=float, default=30.0, help="seconds of the idle measurement")
    arguments.add_argument("--reports", type=int, default=0, help="reports to write on the starter model")
    arguments.add_argument("--notes", type=int, default=NOTES)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    with temporary_folder() as folder:
        show(idle_and_scan(folder / "idle", options.notes, options.idle))
        show(latency(folder / "latency"))
        for observer in ("native", "polling"):
            show(burst(folder / observer, observer))
        if options.reports:
            show(reports(folder / "reports", options.reports))


def show(rows: list[tuple[str, str, str]]) -> None:
    for name, value, target in rows:
        print(f"{name:48}  {value:>28}  {target}", flush=True)


def idle_and_scan(folder: Path, notes: int, seconds: float) -> list[tuple[str, str, str]]:
    """Start scan of a vault whose notes were all dealt with, then memory and CPU of a daemon with nothing to do."""
    vault = make_vault(folder, "YYYY/MM/YYYY-MM-DD")
    first = date(1995, 1, 1)
    for number in range(notes):
        day = first + timedelta(days=number)
        save(vault / f"diary/{day:%Y/%m}/{day}.md", DIARY)
    with daemon(folder) as process:
        fresh = rss(process)
    with closing(sqlite3.connect(folder / "data/nippo.sqlite3")) as database, database:
        database.execute("UPDATE meta SET value = ? WHERE key = 'first_run_date'", (json.dumps(first.isoformat()),))
        for file in (vault / "diary").rglob("*.md"):
            status = file.stat()
            path = file.relative_to(vault).as_posix()
            database.execute("INSERT INTO notes VALUES (?, ?, ?)", (path, status.st_size, status.st_mtime_ns))
    starts = []
    for _ in range(3):
        began = time.monotonic()
        with daemon(folder):
            starts.append(time.monotonic() - began)
    scan = scan_seconds(folder)
    with daemon(folder) as process:
        time.sleep(3.0)
        watched = psutil.Process(process.pid)
        before, began = watched.cpu_times(), time.monotonic()
        time.sleep(seconds)
        after, passed = watched.cpu_times(), time.monotonic() - began
        cpu = (after.user + after.system - before.user - before.system) / passed
        memory = rss(process)
        torch = any("torch" in entry.path for entry in watched.memory_maps())
    return [
        (f"idle memory, {notes} notes", f"{memory:.1f} MB (first run {fresh:.1f})", "target 80 MB"),
        (f"idle CPU over {seconds:g} s", f"{cpu * 100:.2f} % of one core", "target 0.2 %"),
        ("torch in the daemon", "yes" if torch else "no", "target no"),
        (f"scan of {notes} notes", f"{statistics.median(scan):.2f} s (of {len(scan)})", "target 2 s"),
        ("process start to ready, with that scan", f"{statistics.median(starts):.2f} s (of {len(starts)})", ""),
    ]


def scan_seconds(folder: Path) -> list[float]:
    """The scan alone, in this process: find every note, look it up."""
    from daemon.config import load
    from daemon.store.store import Store
    from daemon.vault.layout import read_layout
    from daemon.vault.scan import find_diaries

    times = []
    layout = read_layout(load(folder / "config.toml"))
    with Store.open(folder / "data") as store:
        for _ in range(5):
            began = time.monotonic()
            known = store.known_notes()
            assert all(known[note.path] == (note.size, note.mtime_ns) for note in find_diaries(layout))  # type: ignore[union-attr]
            times.append(time.monotonic() - began)
    return times


def latency(folder: Path, times: int = 10) -> list[tuple[str, str, str]]:
    """From the save to the job in the queue, less the quiet time that was asked for."""
    vault = make_vault(folder, "YYYY-MM-DD")
    long_here(folder)
    waits = []
    with daemon(folder):
        for number in range(times):
            name = f"diary/{date.today() - timedelta(days=number)}.md"
            save(vault / name, f"{DIARY}{number}件目の課題を出した。\n")
            began = time.monotonic()
            wait_until(lambda name=name: queued(folder, name), 30.0)
            waits.append(time.monotonic() - began - SETTLE_SECONDS)
    value = f"{statistics.median(waits) * 1000:.0f} ms, worst {max(waits) * 1000:.0f}"
    return [(f"save to queued beyond settle_seconds, {times} saves", value, "target 1,000 ms")]


def burst(folder: Path, observer: str) -> list[tuple[str, str, str]]:
    vault = make_vault(folder, "YYYY/MM/YYYY-MM-DD", observer)
    long_here(folder)
    with daemon(folder):
        for number in range(BURST):
            day = date.today() - timedelta(days=number)
            save(vault / f"diary/{day:%Y/%m}/{day}.md", f"{DIARY}{number}件目の課題を出した。\n")
        began = time.monotonic()
        wait_until(lambda: len(jobs(folder)) == BURST, 60.0)
        seconds = time.monotonic() - began
        found = len(jobs(folder))
    return [(f"burst of {BURST}, {observer}", f"{found} queued after {seconds:.1f} s", f"target {BURST}")]


def reports(folder: Path, count: int) -> list[tuple[str, str, str]]:
    """Diaries of the starter corpus on the starter model, one after the other; the first one loads the model."""
    corpus = ROOT / "data" / "starter" / "corpus.jsonl"
    diaries = [json.loads(line)["diary"] for line in corpus.read_text(encoding="utf-8").splitlines()[:count]]
    vault = make_vault(folder, "YYYY-MM-DD", engine='[engine]\nkind = "llamacpp"\n')
    long_here(folder)
    waits = []
    with daemon(folder):
        for number, diary in enumerate(diaries):
            day = date.today() - timedelta(days=number)
            save(vault / f"diary/{day}.md", diary)
            began = time.monotonic()
            report = vault / f"nippo/{day}-nippo.md"
            wait_until(lambda report=report: report.exists() and is_written(report.read_bytes()), 900.0)
            waits.append(time.monotonic() - began)
    rest = waits[1:] or waits
    return [
        ("first report, model loaded for it", f"{waits[0]:.1f} s", ""),
        (f"report, median of {len(rest)}", f"{statistics.median(rest):.1f} s", ""),
        *tokens_per_second(diaries[-1]),
    ]


def tokens_per_second(diary: str) -> list[tuple[str, str, str]]:
    from daemon.config import Config
    from daemon.drafting.result import DraftRequest
    from daemon.worker.client import WorkerClient

    with WorkerClient(Config()) as worker:
        worker.draft(DraftRequest("2026-01-07", diary))
        result = worker.draft(DraftRequest("2026-01-07", diary, seed=1))
    value = f"{result.generated_tokens / result.seconds:.1f} tok/s"
    detail = f"{result.prompt_tokens} prompt + {result.generated_tokens} tokens in {result.questions} questions"
    return [("generated tokens per second of a whole draft", value, detail)]


def make_vault(folder: Path, text: str, observer: str = "native", engine: str = "") -> Path:
    """A vault and its settings; without an engine of its own the queue stays full, since the server does not answer."""
    vault = folder / "vault"
    (vault / ".obsidian").mkdir(parents=True)
    (vault / "diary").mkdir()
    (vault / ".obsidian/daily-notes.json").write_text(json.dumps({"folder": "diary", "format": text}), encoding="utf-8")
    engine = engine or '[engine]\nkind = "server"\nserver_url = "http://127.0.0.1:9/v1"\n'
    watch = f'[watch]\nsettle_seconds = {SETTLE_SECONDS}\nobserver = "{observer}"\n'
    settings = f'[vault]\npath = "{vault.as_posix()}"\n{watch}{engine}'
    (folder / "config.toml").write_text(settings, encoding="utf-8")
    return vault


def long_here(folder: Path) -> None:
    """As if nippo had run here for years: notes of days to come wait, so these are of days that are past."""
    from daemon.store.store import Store

    with Store.open(folder / "data") as store:
        store.set_meta("first_run_date", "1995-01-01")


def save(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@contextmanager
def daemon(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real daemon, ready."""
    environment = {key: value for key, value in os.environ.items() if not re.match("NIPPO_(?!CACHE)", key)}
    command = [sys.executable, "-m", "daemon.cli", "run", "--config", str(folder / "config.toml")]
    with (folder / "daemon.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            wait_until(lambda: heartbeat(folder).get("pid") == process.pid and heartbeat(folder).get("ready"), 60.0)
            yield process
        finally:
            process.terminate()
            process.wait(10)


def heartbeat(folder: Path) -> dict[str, object]:
    try:
        found = json.loads((folder / "data/daemon.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def jobs(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data/nippo.sqlite3")) as database:
        return [path for (path,) in database.execute("SELECT path FROM jobs")]


def queued(folder: Path, path: str) -> bool:
    return path in jobs(folder)


def rss(process: subprocess.Popen[bytes]) -> float:
    return psutil.Process(process.pid).memory_info().rss / 1e6


def wait_until(done: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="nippo-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
