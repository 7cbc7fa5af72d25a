"""Time from the shell to the answer of quick commands: ``python -m bench.startup [OTHER_CHECKOUT …]``.

Each round starts every command once in this checkout and in the others, one after the other, so that what else the
machine does falls on all alike. Printed are medians of wall and processor time, in seconds; `nippo status` runs in a
made vault with a database, where no daemon runs (exit code 1).
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent.parent
COMMANDS = {"nippo --version": ["--version"], "nippo --help": ["--help"], "nippo status": ["status"]}
START = "from daemon.cli import main; main()"
DIARY = "Javaの授業。10問解いた。"


def make_vault(folder: Path) -> dict[str, str]:
    """Make a vault with a diary and its settings; return the environment that leads to them."""
    vault = folder / "vault"
    (vault / ".obsidian").mkdir(parents=True)
    (vault / ".obsidian" / "daily-notes.json").write_text('{"folder": "diary"}')
    (vault / "diary").mkdir()
    (vault / "diary" / "2026-01-07.md").write_text(DIARY, encoding="utf-8")
    settings = folder / "config.toml"
    settings.write_text(f'[vault]\npath = "{vault}"\n', encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NIPPO_")}
    return {**clean, "NIPPO_CONFIG": str(settings), "COLUMNS": "120"}


def seconds(arguments: list[str], environment: dict[str, str], cwd: Path) -> tuple[float, float]:
    """Start one command; return its wall and processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-P", "-c", START, *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1) or done.stderr or not done.stdout:
        raise SystemExit(f"nippo {' '.join(arguments)} failed ({done.returncode}): {done.stderr}")
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(arguments: list[str] | None = None) -> int:
    command = argparse.ArgumentParser(prog="python -m bench.startup")
    command.add_argument("others", nargs="*", type=Path, help="other checkouts to compare with, the first as 'before'")
    command.add_argument("--rounds", type=int, default=10)
    given = command.parse_args(arguments)
    checkouts = [*(path.resolve() for path in given.others), HERE]
    with tempfile.TemporaryDirectory(prefix="nippo-startup-") as name:
        folder = Path(name)
        environment = make_vault(folder)
        found: dict[tuple[Path, str], list[tuple[float, float]]] = {}
        worlds = {
            checkout: {**environment, "PYTHONPATH": str(checkout), "NIPPO_DATA__FOLDER": str(folder / str(number))}
            for number, checkout in enumerate(checkouts)
        }
        for world in worlds.values():
            seconds(["rebuild"], world, folder)
        for turn in range(given.rounds + 1):
            for title, words in COMMANDS.items():
                for checkout, world in worlds.items():
                    taken = seconds(words, world, folder)
                    if turn:  # the first round compiles and warms the disk
                        found.setdefault((checkout, title), []).append(taken)
    print(f"| command | checkout | wall, median of {given.rounds} | processor, median | wall, from – to |")
    print("|---|---|---|---|---|")
    for title in COMMANDS:
        for checkout in checkouts:
            walls, processor = zip(*found[checkout, title], strict=True)
            span = f"{min(walls):.2f} – {max(walls):.2f}"
            print(f"| `{title}` | {checkout.name} | {median(walls):.2f} | {median(processor):.2f} | {span} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
