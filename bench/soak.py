"""Soak: the real daemon under a stream of saves, edits, renames, worker kills and rescans.

    python -m bench.soak [--minutes 10] [--seed 1] [--observer native|polling]

A stand-in for an OpenAI-compatible server answers at once, so that the daemon is what is measured. Printed: what was
done, the daemon's memory with its slope, its open files, restarts of the worker, and whether every note has exactly one
report and no diary was changed. Exit code 1 if not, or if memory or open files grow.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psutil

from daemon.vault.report_note import is_written

STANDIN = Path(__file__).parents[1] / "tests" / "end_to_end" / "systemd" / "standin.py"
TOPICS = ("サブネットの計算", "SQLの結合", "Javaのインターフェース", "正規化", "HTTPの状態コード", "再帰")
SLOPE_LIMIT = 64.0
"""KiB a minute over the second half: 90 MB a day would show in a week, page noise over minutes does not pass it."""


@dataclass
class Soak:
    """The vault, what was written into it, and the samples of the daemon."""

    vault: Path
    random: random.Random
    notes: dict[str, str] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[float, int, int]] = field(default_factory=list)

    def new_note(self) -> None:
        day = str(date.today() - timedelta(days=len(self.notes)))
        self._save(day, self._text())
        self.done["notes saved"] += 1

    def edit(self) -> None:
        day = self.random.choice(list(self.notes))
        self._save(day, self._text())
        self.done["notes edited"] += 1

    def rename_over(self) -> None:
        """An editor that writes beside the note and renames over it."""
        day = self.random.choice(list(self.notes))
        text = self._text()
        temporary = self.vault / "diary" / f".{day}.md.swp"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.vault / "diary" / f"{day}.md")
        self.notes[day] = text
        self.done["renamed over"] += 1

    def sync_leftover(self) -> None:
        """What a sync program leaves lying about; never a note."""
        path = self.vault / "diary" / f".syncthing.{self.random.randrange(10**6)}.md.tmp"
        path.write_text("half", encoding="utf-8")
        path.unlink()
        self.done["sync leftovers"] += 1

    def kill_worker(self, daemon: psutil.Process) -> None:
        for worker in daemon.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.send_signal(signal.SIGKILL)
                self.done["workers killed"] += 1

    def sample(self, daemon: psutil.Process, now: float) -> None:
        self.samples.append((now, daemon.memory_info().rss, daemon.num_fds()))

    def missing(self) -> list[str]:
        files = {day: self.vault / "nippo" / f"{day}-nippo.md" for day in self.notes}
        return [day for day, file in files.items() if not (file.is_file() and is_written(file.read_bytes()))]

    def complaints(self) -> list[str]:
        """What is wrong with the vault at the end."""
        wrong = [f"no report for {day}" for day in self.missing()]
        wanted = {f"{day}-nippo.md" for day in self.notes}
        wrong += [
            f"unexpected file nippo/{path.name}" for path in (self.vault / "nippo").iterdir() if path.name not in wanted
        ]
        for day, text in self.notes.items():
            if (self.vault / "diary" / f"{day}.md").read_text(encoding="utf-8") != text:
                wrong.append(f"diary {day} was changed")
        return wrong

    def _text(self) -> str:
        """A diary of its own, never longer than the others: an edit replaces, so that only leaks make anything grow."""
        first, second = self.random.sample(TOPICS, 2)
        return f"今日は{first}を復習した。\n{second}の問題を{self.random.randrange(10**6)}番まで見直した。\n"

    def _save(self, day: str, text: str) -> None:
        (self.vault / "diary" / f"{day}.md").write_text(text, encoding="utf-8")
        self.notes[day] = text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--observer", choices=["native", "polling"], default="native")
    options = parser.parse_args()
    with _workplace(options.observer) as (vault, settings, port, log):
        soak = Soak(vault, random.Random(options.seed))
        with _running([sys.executable, str(STANDIN), str(port), "0.1"], log), _daemon(settings, log) as daemon:
            began = time.monotonic()
            _stir(soak, daemon, began, options.minutes * 60)
            drained = _drain(soak, daemon, began)
            cpu = sum(daemon.cpu_times()[:2])
            seconds = time.monotonic() - began
        wrong = soak.complaints()
        return _print(soak, wrong, seconds, cpu, drained, log)


def _stir(soak: Soak, daemon: psutil.Process, began: float, seconds: float) -> None:
    """Do something every half second, kill the worker every 30 s, sample every 5 s.

    New notes come in the first third only: the daemon remembers every note, so memory may grow with them and with
    nothing else.
    """
    soak.new_note()
    next_kill, next_sample = 30.0, 0.0
    changes = [soak.edit] * 3 + [soak.rename_over] * 2 + [soak.sync_leftover]
    while (now := time.monotonic() - began) < seconds:
        soak.random.choice(changes if now > seconds / 3 else [*changes, *[soak.new_note] * 6])()
        if now >= next_kill:
            soak.kill_worker(daemon)
            next_kill += 30.0
        if now >= next_sample:
            soak.sample(daemon, now)
            next_sample += 5.0
        time.sleep(0.5)


def _drain(soak: Soak, daemon: psutil.Process, began: float, patience: float = 900.0) -> float:
    """Wait until every note has a report and the folder has been still for 20 s; return after how long."""
    start = time.monotonic()
    still_since, before = start, None
    while time.monotonic() - start < patience:
        state = sorted((path.name, path.stat().st_mtime_ns) for path in (soak.vault / "nippo").iterdir())
        if state != before or soak.missing():
            still_since, before = time.monotonic(), state
        if time.monotonic() - still_since > 20.0:
            break
        soak.sample(daemon, time.monotonic() - began)
        time.sleep(5.0)
    return still_since - start


def _print(soak: Soak, wrong: list[str], seconds: float, cpu: float, drained: float, log: Path) -> int:
    memory = [rss / 1024 for _, rss, _ in soak.samples]
    files = [count for _, _, count in soak.samples]
    half = soak.samples[len(soak.samples) // 2 :]
    slope = 60 * statistics.linear_regression([at for at, _, _ in half], [rss / 1024 for _, rss, _ in half]).slope
    first, last = statistics.median(files[: len(files) // 4 or 1]), statistics.median(files[-(len(files) // 4 or 1) :])
    if slope > SLOPE_LIMIT and seconds > 300:
        wrong.append(f"memory grows by {slope:.0f} KiB a minute")
    if last > first + 2:
        wrong.append(f"open files grow from {first:.0f} to {last:.0f}")
    rows = [
        ("minutes", f"{seconds / 60:.1f}"),
        *((name, str(count)) for name, count in soak.done.items()),
        ("notes / reports", f"{len(soak.notes)} / {len(soak.notes) - len(soak.missing())}"),
        ("settled after the last save", f"{drained:.1f} s"),
        (
            "daemon memory, first / median / last",
            f"{memory[0]:.0f} / {statistics.median(memory):.0f} / {memory[-1]:.0f} KiB",
        ),
        ("memory slope, second half", f"{slope:+.1f} KiB a minute"),
        ("open files, first / last quarter", f"{first:.0f} / {last:.0f}"),
        ("daemon CPU", f"{cpu:.1f} s ({100 * cpu / seconds:.1f} % of a core)"),
        ("complaints", str(len(wrong))),
    ]
    for name, value in rows:
        print(f"{name:40} {value}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print("\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]))
    return 1 if wrong else 0


@contextlib.contextmanager
def _workplace(observer: str) -> Iterator[tuple[Path, Path, int, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="nippo soak "))
    try:
        vault = folder / "保管庫"
        for name in (".obsidian", "diary", "nippo"):
            (vault / name).mkdir(parents=True)
        (vault / ".obsidian" / "daily-notes.json").write_text('{"folder": "diary"}', encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        settings = folder / "config.toml"
        settings.write_text(
            f'[vault]\npath = "{vault}"\n[watch]\nobserver = "{observer}"\nsettle_seconds = 1.0\nrescan_minutes = 0.5\n'
            f'[engine]\nkind = "server"\nserver_url = "http://127.0.0.1:{port}/v1"\nserver_model = "standin"\n'
            f'drafts = 1\n[schedule]\nretrain = ""\n',
            encoding="utf-8",
        )
        # Notes of days to come wait, so these are of days that are past.
        first = (
            "import pathlib, sys; from daemon.store.store import Store; store = Store.open(pathlib.Path(sys.argv[1]))"
        )
        first += "; store.set_meta('first_run_date', '1995-01-01')"
        command = [sys.executable, "-c", first, str(folder / "data")]
        subprocess.run(command, cwd=Path(__file__).parents[1], check=True)
        yield vault, settings, port, folder / "log"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _running(
    command: list[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **(environment or {})})
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


@contextlib.contextmanager
def _daemon(settings: Path, log: Path) -> Iterator[psutil.Process]:
    """The daemon, once it has said READY=1 as it says it to systemd; its later messages are read and thrown away."""
    ready = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as said:
        said.bind(str(settings.parent / "notify"))

        def listen() -> None:
            with contextlib.suppress(OSError):
                while message := said.recv(4096):
                    if b"READY=1" in message:
                        ready.set()

        threading.Thread(target=listen, daemon=True).start()
        command = [sys.executable, "-m", "daemon.cli", "run", "--config", str(settings)]
        with _running(command, log, {"NOTIFY_SOCKET": str(settings.parent / "notify")}) as process:
            if not ready.wait(60):
                sys.exit(f"The daemon did not get ready:\n{log.read_text(encoding='utf-8')}")
            yield psutil.Process(process.pid)


if __name__ == "__main__":
    sys.exit(main())
