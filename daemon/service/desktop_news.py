"""Tells the person at the desktop what they wait for: a report is ready, a note failed, the weekly training ended."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daemon.config import Config
from daemon.learning.ledger import Ledger
from daemon.learning.run_folder import Outcome, RunStage, RunState
from daemon.service.notification import Notification, start
from daemon.store.store import Store
from daemon.vault.layout import read_layout

LOOK_SECONDS = 2.0
FRESH_DAYS = 2
"""Reports of older days are written by the dozen: nobody waits for each of them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Happened:
    """What may be told: written reports (day, path, status, time), failed notes (path, hash), the run that ended."""

    reports: frozenset[tuple[str, str, str, str]]
    failed: frozenset[tuple[str, str]]
    run: RunState | None


class DesktopNews:
    """A listener of the daemon. Shows nothing unless ``notify.desktop`` says so; what happened before it was made is
    not told."""

    def __init__(
        self,
        config: Config,
        store: Store,
        show: Callable[[Notification], subprocess.Popen[bytes]] = start,
    ) -> None:
        self._config = config
        self._store = store
        self._show = show
        self._shown: list[subprocess.Popen[bytes]] = []
        self._next_look = 0.0
        self._failing = False
        self._told = self._now()

    def report_changed(self, day: date, path: str, now: datetime) -> None:
        """Nothing: what a person does to a report they know."""

    def scanned(self, now: datetime) -> None:
        """Nothing."""

    def reconfigure(self, config: Config) -> None:
        if config.notify.desktop and not self._config.notify.desktop:
            self._told = self._now()  # what happened while nobody wanted to hear is no news
        self._config = config

    def turn(self, now: datetime, monotonic: float) -> None:
        if not self._config.notify.desktop or monotonic < self._next_look:
            return
        self._next_look = monotonic + LOOK_SECONDS
        self._reap()
        for notification in self._news(now.date()):
            self._tell(notification)

    def stop(self) -> None:
        for process in self._shown:
            process.terminate()
        for process in self._shown:
            process.wait()
        self._shown.clear()

    def _news(self, today: date) -> list[Notification]:
        """What has happened since the last look, forgotten once it is told."""
        told, self._told = self._told, self._now()
        found = [
            self._ready(day, path, status)
            for day, path, status, _ in sorted(self._told.reports - told.reports)
            if date.fromisoformat(day) >= today - timedelta(days=FRESH_DAYS)
        ]
        if count := len(self._told.failed - told.failed):
            found.append(Notification("日報にできない日記があります", f"{count}件。理由と直し方: nippo status"))
        if self._told.run is not None and self._told.run != told.run:
            found.append(Notification("毎週の学習が終わりました", _outcome(self._told.run)))
        return found

    def _now(self) -> Happened:
        reports = frozenset(self._store.written_reports())
        failed = frozenset((job.path, job.sha) for job in self._store.jobs("failed"))
        return Happened(reports, failed, _ended(Ledger(self._store).state))

    def _ready(self, day: str, path: str, status: str) -> Notification:
        moment = date.fromisoformat(day)
        words = (
            "確かめてほしいところがあります。"
            if status == "needs-review"
            else "読んで、提出したらチェックを入れてください。"
        )
        file = read_layout(self._config).file(path)
        return Notification(f"{moment.month}月{moment.day}日の日報ができました", words, str(file))

    def _tell(self, notification: Notification) -> None:
        try:
            self._shown.append(self._show(notification))
        except OSError as problem:
            log.warning("a notification could not be shown: %s", problem)

    def _reap(self) -> None:
        """Let go of ended notifications; say once that the desktop takes none."""
        failed = [code for process in self._shown if (code := process.poll())]
        self._shown = [process for process in self._shown if process.poll() is None]
        if failed and not self._failing:
            log.warning("notifications cannot be shown here (exit code %d): is a desktop session running?", failed[0])
        self._failing = self._failing or bool(failed)


def _ended(state: RunState | None) -> RunState | None:
    return state if state is not None and state.state in (RunStage.DONE, RunStage.FAILED) else None


def _outcome(run: RunState) -> str:
    """A run's end in words. Pure."""
    if run.state is RunStage.FAILED:
        return "最後まで進みませんでした。理由: nippo status"
    if run.outcome is Outcome.PROMOTED:
        return f"次の日報から、新しい版 {run.version} が書きます。"
    return "いまの版を使い続けます。理由は nippo/_training のノートにあります。"
