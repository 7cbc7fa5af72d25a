"""A class: one vault, data folder, settings file and real daemon (``nippo run``) a student, all asking one server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from daemon.config import Config, load
from daemon.service.heartbeat import read_heartbeat
from daemon.store.store import Store
from daemon.vault.report_note import is_written
from daemon.versions.artifact import ADAPTER, ADAPTER_CONFIG, Version, read_version, seal

KEY_NAME = "NIPPO_BENCH_KEY"


def copied_version(adapter: Path, models: Path, name: str, change: int = 0) -> Version:
    """The adapter as a version of its own in a ``data/models`` folder. ``change`` > 0: the last bit of so many thousand
    of its bytes is turned, so that it is another version to every digest and writes all but the same."""
    folder = models / name
    folder.mkdir(parents=True)
    shutil.copyfile(adapter / ADAPTER_CONFIG, folder / ADAPTER_CONFIG)
    weights = bytearray((adapter / ADAPTER).read_bytes())
    first = 8 + int.from_bytes(weights[:8], "little")
    for place in range(first, min(first + 2000 * change, len(weights)), 2):
        weights[place] ^= 1
    (folder / ADAPTER).write_bytes(weights)
    return seal(folder, replace(read_version(adapter).meta, name=name))


def settings_text(vault: Path, data: Path, url: str, model: str, timeout: float) -> str:
    """A ``config.toml`` for a student whose versions the server sees where they lie."""
    sections: dict[str, dict[str, Any]] = {
        "vault": {"path": str(vault)},
        "data": {"folder": str(data)},
        "watch": {"settle_seconds": 0.2, "rescan_minutes": 0.2},
        "schedule": {"retrain": ""},
        "engine": {
            "kind": "server",
            "model": model,
            "server_url": url,
            "server_model": "base",
            "server_api_key_env": KEY_NAME,
            "server_lora_folder": str(data / "models"),
            "timeout_seconds": timeout,
        },
    }
    lines: list[str] = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


@dataclass
class Student:
    """One folder with everything; ``days``: the dates of the diaries that were written."""

    folder: Path
    config: Config
    days: list[date] = field(default_factory=list)
    daemon: subprocess.Popen[bytes] | None = None

    @classmethod
    def made(cls, folder: Path, url: str, model: str, timeout: float = 300.0) -> Student:
        """A student with an empty vault whose daemon has been there for years."""
        vault, data = folder / "vault", folder / "data"
        (vault / ".obsidian").mkdir(parents=True)
        (vault / ".obsidian" / "daily-notes.json").write_text('{"folder": "diary"}', encoding="utf-8")
        (vault / "diary").mkdir()
        file = folder / "config.toml"
        file.write_text(settings_text(vault, data, url, model, timeout), encoding="utf-8")
        config = load(file)
        with Store.open(config.data_path) as store:
            store.set_meta("first_run_date", "2020-01-01")
        return cls(folder, config)

    def start(self, key: str) -> None:
        """``nippo run`` in a process of its own, its log beside the settings."""
        with (self.folder / "daemon.log").open("ab") as log:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "daemon.cli", "run", "--config", str(self.config.file)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, KEY_NAME: key},
                start_new_session=True,
            )

    @property
    def ready(self) -> bool:
        return bool(read_heartbeat(self.config.data_path).get("ready"))

    def write(self, day: date, diary: str) -> None:
        """The diary of a day, as an editor leaves it."""
        (self.config.vault_path / "diary" / f"{day}.md").write_text(diary, encoding="utf-8")
        self.days.append(day)

    def reports(self) -> dict[str, float]:
        """Date → when its report was written (seconds of the epoch)."""
        folder = self.config.vault_path / "nippo"
        files = [file for file in folder.glob("*-nippo.md") if is_written(file.read_bytes())]
        return {file.name[:10]: file.stat().st_mtime for file in files}

    def standing(self) -> dict[str, Any]:
        """What became of the diaries: reports missing, doubled, without a line of their own; jobs left; versions."""
        there = sorted((self.config.vault_path / "nippo").glob("*.md"))
        with Store.open(self.config.data_path) as store:
            rows = {row.day: row for row in store.reports() if row.report_sha}
            jobs = [(job.path, job.state, job.attempts, job.error) for job in store.jobs()]
        wanted = {day.isoformat() for day in self.days}
        return {
            "missing": sorted(wanted - {file.name[:10] for file in there}),
            "doubled": len(there) - len({file.name[:10] for file in there}),
            "unrecorded": sorted(wanted - set(rows)),
            "jobs": jobs,
            "versions": sorted({row.model for row in rows.values()}),
            "needs_review": sum(row.status != "draft" for row in rows.values()),
        }

    def stop(self) -> int:
        """End the daemon as a service manager does; return its exit code."""
        if self.daemon is None:
            return 0
        self.daemon.send_signal(signal.SIGTERM)
        try:
            code = self.daemon.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.daemon.pid, signal.SIGKILL)
            code = self.daemon.wait()
        self.daemon = None
        return code


def days_back(count: int) -> list[date]:
    """The last ``count`` days, yesterday first."""
    today = date.today()
    return [today - timedelta(days=back) for back in range(1, count + 1)]
