"""Faults: a daemon that is killed, deaf and out of disk, beside a person who goes on writing.

    python -m bench.faults [--rounds 50] [--seed 1] [--first 0] [--keep FOLDER]

A round is a real daemon process (forked, so that it starts in milliseconds; the real service, database, observer and
review, with a writer that needs no model) and one SIGKILL. The daemon is started on what the round before left and has
to bring it in order: that is checked. Then a person saves, edits, renames, ticks and deletes notes, up to six things,
while events are dropped and vault or data folder are full for a while (small tmpfs for root, elsewhere the writes are
refused), until the process is killed: before a step of its work, or after a while. While it is dead the person goes on,
runs `nippo accept` or `nippo forget` (processes that are killed before a step as well), and in every third round the
next daemon is killed while it recovers. Every 25 rounds begin with an empty vault.

All of it comes from the seed; what the clocks of the processes make of it does not. Printed: what was done, and what
was lost. Exit code 1 if anything was.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.fault_checks import Complaint
from bench.fault_daemon import Faults, start
from bench.fault_person import Person
from daemon.config import Config, load
from daemon.store.store import Store
from daemon.system import steps

LIFE = 25
PATIENCE = 15.0
KINDS = {
    "bytes": "bytes of a person's lost or changed",
    "reports": "reports missing or doubled",
    "pairs": "pairs lost",
    "left": "temporary files left",
    "tracebacks": "tracebacks",
    "ended": "daemons that ended by themselves",
}


class Place:
    """The folders of a vault and of its data, each on a small disk of its own where that is allowed."""

    def __init__(self, folder: Path) -> None:
        self.vault, self.data = folder / "vault", folder / "data"
        self._mounted = [self._mount(one) for one in (self.vault, self.data)]
        (self.vault / "保管庫/.obsidian").mkdir(parents=True)
        for name in ("diary", "nippo"):
            (self.vault / "保管庫" / name).mkdir()
        (self.vault / "保管庫/.obsidian/daily-notes.json").write_text('{"folder": "diary"}', encoding="utf-8")
        settings = folder / "config.toml"
        settings.write_text(
            f'[vault]\npath = "{self.vault}/保管庫"\n[data]\nfolder = "{self.data}/nippo"\n'
            '[watch]\nsettle_seconds = 0.05\n[schedule]\nretrain = ""\n',
            encoding="utf-8",
        )
        self.config: Config = load(settings)
        with Store.open(self.config.data_path) as store:
            store.set_meta("first_run_date", (date.today() - timedelta(days=60)).isoformat())

    @property
    def small(self) -> bool:
        return all(self._mounted)

    def fill(self, folder: Path) -> None:
        """Leave no byte free."""
        room = os.statvfs(folder)
        with (folder / "ballast").open("wb") as stream, contextlib.suppress(OSError):
            os.posix_fallocate(stream.fileno(), 0, max(room.f_bavail * room.f_bsize, 1))

    def empty(self) -> None:
        for folder in (self.vault, self.data):
            (folder / "ballast").unlink(missing_ok=True)

    def close(self) -> None:
        for folder, mounted in zip((self.vault, self.data), self._mounted, strict=True):
            if mounted:
                subprocess.run(["umount", "-l", str(folder)], check=False)

    @staticmethod
    def _mount(folder: Path) -> bool:
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            return False


class Trial:
    """Rounds of faults, one after the other."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self.done: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.told: list[str] = []
        self._log = folder / "daemon.log"
        self._faults = Faults()

    def run(self, begin: int, rounds: int) -> None:
        for first in range(begin, begin + rounds, LIFE):
            place = Place(self._folder / f"life{first}")
            try:
                self._live(place, range(first, min(first + LIFE, begin + rounds)))
            finally:
                place.close()
                shutil.rmtree(self._folder / f"life{first}", ignore_errors=True)

    def _live(self, place: Place, numbers: range) -> None:
        person = Person(place.config, random.Random(f"{self._seed}-{numbers.start}"))
        for number in numbers:
            chance = person.chance = random.Random(f"{self._seed}-{number}")
            person.done += [("|", day) for day in person.days]
            child = start(place.config, self._faults, self._log, f"{self._seed}-{number}")
            self._settle(place, person, child, number)
            self._trouble(place, person, child, chance)
            self._downtime(place, person, chance)
            self.done["rounds"] += 1
        child = start(place.config, self._faults, self._log, f"{self._seed}-end")
        self._settle(place, person, child, numbers.stop)
        time.sleep(0.3)
        self._complain(person, person.complaints(), numbers.stop)
        self._kill(child)
        self.done.update(act for act, _ in person.done if act != "|")
        self._read_log()

    def _settle(self, place: Place, person: Person, child: int, number: int) -> None:
        """Wait until the daemon has brought in order what the last round left."""
        beat = place.config.data_path / "daemon.json"
        end = time.monotonic() + PATIENCE
        found: list[Complaint] = []
        while time.monotonic() < end:
            if os.waitpid(child, os.WNOHANG)[0]:
                self.lost["ended"] += 1
                break
            told = read_json(beat)
            found = person.complaints()
            if told.get("pid") == child and told.get("ready") and not found:
                break
            time.sleep(0.02)
        self._complain(person, found, number)
        person.settled()

    def _trouble(self, place: Place, person: Person, child: int, chance: random.Random) -> None:
        deaf = chance.choice([0, 0, 30, 100])
        at_step = chance.randrange(20) if chance.random() < 0.6 else -1
        full = chance.choice([None, None, None, place.vault, place.data])
        self._faults.set(at_step, deaf)
        self.done["rounds with dropped events"] += deaf > 0
        self.done["rounds with a full disk"] += full is not None
        for _ in range(chance.randrange(1, 7)):
            if full and chance.random() < 0.3:
                self._fill(place, full, deaf)
            person.act()
            time.sleep(chance.choice([0.0, 0.002, 0.03, 0.06]))
        self._wait_for_end(child, chance.uniform(0.0, 0.2))
        self.done["kills before a step" if at_step >= 0 and self._faults.get()[0] == 0 else "kills at any moment"] += 1
        place.empty()
        self._faults.set()

    def _fill(self, place: Place, folder: Path, deaf: int) -> None:
        if place.small:
            place.fill(folder)
        else:
            self._faults.set(self._faults.get()[0], deaf, folder == place.vault, folder == place.data)

    def _downtime(self, place: Place, person: Person, chance: random.Random) -> None:
        for _ in range(chance.randrange(4)):
            person.act()
        day = person.for_a_command() if chance.random() < 0.3 else None
        if day is not None:
            forgets = chance.random() < 0.3
            self._command(lambda: person.run_forget(day) if forgets else person.run_accept(day), chance.randrange(12))
            if forgets:  # a person whose command died runs it again
                self._command(lambda: person.run_forget(day), -1)
            person.look_at(day, forgets)
            person.done.append(("forget_command" if forgets else "accept_command", day))
        if chance.random() < 0.33:
            self._faults.set(chance.randrange(30))
            self._wait_for_end(start(place.config, self._faults, self._log, f"{self._seed}-again"), 0.3)
            self._faults.set()
            self.done["daemons killed while recovering"] += 1

    def _command(self, work: Callable[[], None], kill_in: int) -> None:
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                sys.stdout, sys.stderr = open(os.devnull, "w"), open(os.devnull, "w")  # noqa: SIM115, PTH123
                self._faults.set(kill_in)
                steps.hook = self._faults.at_step
                work()
            os._exit(0)
        os.waitpid(child, 0)
        self._faults.set()

    def _wait_for_end(self, child: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.waitpid(child, os.WNOHANG)[0]:
                return
            time.sleep(0.005)
        self._kill(child)

    @staticmethod
    def _kill(child: int) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def _complain(self, person: Person, found: list[Complaint], number: int) -> None:
        for one in found:
            self.lost[one.kind] += one.count
            acts = " ".join(act for act, day in person.done if day == one.day)
            self.told.append(f"round {number}: {one.text} (after {acts})")
            if one.day is not None:
                person.give_in(one.day)

    def _read_log(self) -> None:
        said = self._log.read_text(encoding="utf-8", errors="replace")
        self.done["first versions"] += said.count("the note says that it is being written")
        self.lost["tracebacks"] += said.count("Traceback (most")
        if not self.told and not self.lost["tracebacks"]:
            self._log.write_text("")


def read_json(file: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(file.read_text(encoding="utf-8")))
    return {}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first round, a multiple of 25: to play a life again")
    parser.add_argument("--keep", type=Path, help="where the daemons' log stays when something was lost")
    options = parser.parse_args()
    began = time.monotonic()
    with _workplace() as folder:
        trial = Trial(folder, options.seed)
        trial.run(options.first, options.rounds)
        lost = sum(trial.lost.values())
        if lost and options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "daemon.log", options.keep)
    for name, count in sorted(trial.done.items()):
        print(f"{name:40} {count}")
    print(f"{'seconds':40} {time.monotonic() - began:.0f}")
    for kind, name in KINDS.items():
        print(f"{name:40} {trial.lost[kind]}")
    for line in trial.told[:40]:
        print(f"  {line}")
    return 1 if lost else 0


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="nippo faults "))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
