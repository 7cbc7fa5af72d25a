"""The person of ``bench.sync``, on the other side of a sync."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

from daemon.vault.report_note import read, set_key

PACE = 20.0
"""Seconds at home in one of the trial."""
WITHIN = 90 / PACE


class Person:
    """What somebody does with the notes on their side: each once, at a moment of their own."""

    def __init__(self, act: str, side: Path, chance: random.Random) -> None:
        self.act, self.side, self.chance = act, side, chance
        self.when: dict[str, float] = {}
        self.words: dict[str, str] = {}
        self.stamped: dict[str, bytes] = {}
        self.taken: set[str] = set()

    def turn(self) -> None:
        for file in self.side.glob("*-nippo.md"):
            data = bytes_of(file)
            if data is None:
                continue
            if self.act.endswith("plugin"):
                self._stamp(file, data)
                continue
            due = self.when.setdefault(file.name, time.monotonic() + self.chance.random() * WITHIN)
            if time.monotonic() < due or file.name in self.words or file.name in self.taken:
                continue
            if self.act == "types":
                self.words[file.name] = f"私の言葉{self.chance.randrange(10**6)}です。"
                save(file, data.rstrip() + f"\n{self.words[file.name]}\n".encode())
            elif self.act in ("ticks", "ticks, then types") and read(data).body:
                self.taken.add(file.name)
                save(file, set_key(data, "accepted", "true"))
                if self.act == "ticks, then types":
                    self.taken.discard(file.name)
                    self.act_later(file)
            elif self.act == "redoes" and read(data).body:
                self.taken.add(file.name)
                save(file, set_key(data, "redo", "true"))
            elif self.act == "deletes":
                self.taken.add(file.name)
                file.unlink()

    def act_later(self, file: Path) -> None:
        """A slip is found right after the tick, and mended some seconds later."""
        self.words[file.name] = f"私の言葉{self.chance.randrange(10**6)}です。"
        words = self.words[file.name]

        def write() -> None:
            if (data := bytes_of(file)) is not None:
                save(file, data.rstrip() + f"\n{words}\n".encode())

        threading.Timer(self.chance.random() * 40 / PACE, write).start()

    def _stamp(self, file: Path, data: bytes) -> None:
        """A plugin that writes the time of the last change into every note that changes."""
        if self.stamped.get(file.name) == data:
            return
        head, _, rest = data.partition(b"\nwarnings:")
        head = b"\n".join(line for line in head.split(b"\n") if not line.startswith(b"updated:"))
        new = head + f"\nupdated: {time.monotonic_ns()}\nwarnings:".encode() + rest
        save(file, new)
        self.stamped[file.name] = new


def bytes_of(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def save(file: Path, data: bytes) -> None:
    temporary = file.with_name(f".{file.name}.swp")
    temporary.write_bytes(data)
    temporary.replace(file)
