"""A vault kept alike on two machines, a daemon on one and a person on the other: what nippo's writes cost them.

    python -m bench.sync [--days 8] [--seed 1] [--only types]

The sync copies what has changed after a delay, as Syncthing does (``copies``: where both sides have changed, the newer
file keeps the name and the other becomes a conflict copy) or as Obsidian Sync does (``merge``: a three-way merge by
lines, `git merge-file`). The clock runs twenty times as fast as at home: a draft takes 60 seconds of that clock, the
sync 10 either way, a note is settled after 3. The person meets a report note on their side when it arrives and does
one thing with it at a moment of their own within the next 90 seconds.

Held against one another: no first version (``none``), a first version while the draft is made (``first``), and how soon
``status: accepted`` is written after a tick (3 s or 120 s). Printed for each: conflict copies, notes whose words are
lost, notes that say for ever that they are being written, days without a report that nobody had taken away, and how
often a note crossed from one side to the other.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import math
import os
import random
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

from bench.sync_person import PACE, WITHIN, Person, bytes_of
from daemon.config import Config, load
from daemon.drafting.result import DraftRequest, DraftResult
from daemon.errors import WorkerStopped
from daemon.learning.reviewer import Reviewer
from daemon.learning.status_lines import StatusKeeper
from daemon.service.service import Service
from daemon.store.store import Store
from daemon.vault.report_note import read

DRAFT, DELAY, SETTLE = 60 / PACE, 10 / PACE, 3 / PACE
LEAD = "本日は、以下の学習と課題を完了しました:"
VARIANTS = {"none": (math.inf, 120.0), "first": (5.0, 120.0), "first, soon": (5.0, 3.0)}
"""Name → seconds at home until the first version, and until ``status: accepted``."""
FIELDS = ("copies", "lost", "writing for ever", "no report", "crossings")


class SlowWriter:
    """A worker without a model."""

    def __init__(self) -> None:
        self.pid = None
        self._stopped = threading.Event()

    def draft(
        self, request: DraftRequest, timeout_seconds: float | None = None, on_stage: object = None
    ) -> DraftResult:
        self._stopped.clear()
        if self._stopped.wait(DRAFT):
            raise WorkerStopped("stopped", "")
        return DraftResult(f"{LEAD}\n\n* {request.diary.strip()}", "draft", (), "trial-1")

    def tick(self, now: float) -> None:
        pass

    def stop(self) -> None:
        self._stopped.set()

    cancel = close = stop


class Sync:
    """Two report folders and what they were when they were last alike."""

    def __init__(self, here: Path, there: Path, kind: str) -> None:
        self.sides, self.kind = (here, there), kind
        self.base: dict[str, bytes] = {}
        self.seen: dict[tuple[int, str], float] = {}
        self.count: Counter[str] = Counter()

    def turn(self) -> None:
        names = set(self.base)
        for side in self.sides:
            names |= {file.name for file in side.iterdir() if not file.name.startswith(".") and file.is_file()}
        for name in sorted(names):
            now = [bytes_of(side / name) for side in self.sides]
            for side in (0, 1):
                if now[side] == self.base.get(name):
                    self.seen.pop((side, name), None)
                elif time.monotonic() - self.seen.setdefault((side, name), time.monotonic()) >= DELAY:
                    self._carry(side, name, now)
                    break

    def _carry(self, side: int, name: str, now: list[bytes | None]) -> None:
        mine, theirs, base = now[side], now[1 - side], self.base.get(name)
        if mine == theirs or theirs == base:
            self._put(1 - side, name, mine, self.sides[side] / name)
        elif mine is None or theirs is None:  # a change wins over a deletion
            self._put(side if mine is None else 1 - side, name, theirs if mine is None else mine)
            mine = theirs if mine is None else mine
        elif self.kind == "merge":
            mine = _merged(mine, base or b"", theirs)
            for one in (0, 1):
                self._put(one, name, mine)
        else:
            files = [each / name for each in self.sides]
            newer = side if files[side].stat().st_mtime_ns > files[1 - side].stat().st_mtime_ns else 1 - side
            copy = name.replace(".md", f".sync-conflict-20260107-{self.count['copies']:06d}-AAAAAAA.md")
            for one in (0, 1):
                self._put(one, copy, now[1 - newer])
            mine = now[newer]
            self._put(1 - newer, name, mine, files[newer])
            self.base[copy] = now[1 - newer] or b""
            self.count["copies"] += 1
        if mine is None:
            self.base.pop(name, None)
        else:
            self.base[name] = mine
        self.seen = {key: when for key, when in self.seen.items() if key[1] != name}

    def _put(self, side: int, name: str, data: bytes | None, like: Path | None = None) -> None:
        """As a sync tool writes: beside it, then in its place, with the time of the change."""
        file = self.sides[side] / name
        self.count["crossings"] += 1
        if data is None:
            file.unlink(missing_ok=True)
            return
        temporary = file.with_name(f".syncthing.{name}.tmp")
        temporary.write_bytes(data)
        if like is not None:
            with contextlib.suppress(OSError):
                os.utime(temporary, ns=(like.stat().st_atime_ns, like.stat().st_mtime_ns))
        temporary.replace(file)


def trial(act: str, kind: str, variant: str, days: int, seed: int) -> tuple[str, str, str, Counter[str]]:
    """One person beside one daemon for some days; what it came to."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        config = _world(root)
        here, there = root / "vault/nippo", root / "other"
        for one in (here, there):
            one.mkdir(parents=True)
        first, quiet = (seconds / PACE for seconds in VARIANTS[variant])
        service = Service(
            config,
            make_worker=lambda _: SlowWriter(),
            first_after=first,
            make_listeners=lambda settings, store: [
                Reviewer(settings, store),
                StatusKeeper(settings, store, timedelta(seconds=quiet)),
            ],
        )
        thread = threading.Thread(target=service.run, daemon=True)
        thread.start()
        sync = Sync(here, there, kind)
        person = Person(act, here if act == "own plugin" else there, random.Random(f"{seed}{act}"))
        names = [f"{date.today() - timedelta(days=number)}" for number in range(days)]
        for name in names:
            (root / f"vault/diary/{name}.md").write_text(f"サブネットの計算を学んだ。{name}\n", encoding="utf-8")
            end = time.monotonic() + DRAFT + WITHIN + 4 * DELAY + 1.5
            while time.monotonic() < end:
                sync.turn()
                person.turn()
                time.sleep(0.03)
        settled = time.monotonic() + 150 / PACE
        while time.monotonic() < settled:
            sync.turn()
            person.turn() if not act.endswith("plugin") else None
            time.sleep(0.03)
        service.stop()
        thread.join()
        return act, kind, variant, _counted(sync, person, names)


def _counted(sync: Sync, person: Person, names: list[str]) -> Counter[str]:
    found: Counter[str] = Counter(copies=sync.count["copies"], crossings=sync.count["crossings"])
    everything = [file.read_text(encoding="utf-8") for side in sync.sides for file in side.glob("*.md")]
    found["lost"] = sum(not any(words in text for text in everything) for words in person.words.values())
    for name in (f"{day}-nippo.md" for day in names):
        data = [bytes_of(side / name) for side in sync.sides]
        notes = [read(one) for one in data if one is not None]
        found["writing for ever"] += any(note.status in ("writing", "failed") for note in notes)
        mine = name in person.words or name in person.taken
        found["no report"] += not mine and not any(LEAD in note.body for note in notes)
    return found


def _world(root: Path) -> Config:
    vault = root / "vault"
    (vault / ".obsidian").mkdir(parents=True)
    (vault / "diary").mkdir()
    (vault / ".obsidian/daily-notes.json").write_text('{"folder": "diary"}')
    file = root / "config.toml"
    file.write_text(
        f'[vault]\npath = "{vault}"\n[data]\nfolder = "{root / "data"}"\n'
        f"[watch]\nsettle_seconds = {SETTLE}\nrescan_minutes = 0.2\n"
    )
    config = load(file)
    with Store.open(config.data_path) as store:
        store.set_meta("first_run_date", "2020-01-01")
    return config


def _merged(mine: bytes, base: bytes, theirs: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("mine", "base", "theirs")]
        for file, data in zip(files, (mine, base, theirs), strict=True):
            file.write_bytes(data)
        command = ["git", "merge-file", "-p", "--union", *map(str, files)]
        return subprocess.run(command, capture_output=True, check=False).stdout


ACTS = ("reads", "types", "ticks", "ticks, then types", "redoes", "deletes", "plugin", "own plugin")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=ACTS, default=list(ACTS))
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    cells = [(act, kind, variant) for act in options.only for kind in ("copies", "merge") for variant in VARIANTS]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda cell: trial(*cell, options.days, options.seed), cells))
    print(f"| person | sync | first version | {' | '.join(FIELDS)} |\n|{'---|' * (3 + len(FIELDS))}")
    for act, kind, variant, counts in found:
        print(f"| {act} | {kind} | {variant} | {' | '.join(str(counts[field]) for field in FIELDS)} |")


if __name__ == "__main__":
    main()
