"""``nippo run``: the daemon in the foreground."""

from __future__ import annotations

import logging
import os
import sys

import typer

from daemon.config import Config, load
from daemon.learning.evidence_notes import EvidenceKeeper
from daemon.learning.leak_question import asks_about_leaks
from daemon.learning.reviewer import Reviewer
from daemon.learning.status_lines import StatusKeeper
from daemon.learning.weekly import Teacher
from daemon.options import ConfigFile
from daemon.service.desktop_news import DesktopNews
from daemon.service.listener import Listener
from daemon.service.sd_notify import Notifier
from daemon.service.service import Service
from daemon.service.signals import handle_signals
from daemon.store.store import Store
from daemon.summaries.notes import SummaryKeeper
from daemon.vault.layout import need_settings
from daemon.words import tr

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


def register(app: typer.Typer) -> None:
    app.command("run")(run)


def run(config: ConfigFile = None) -> None:
    """Watch the vault and write reports until stopped (Ctrl-C or SIGTERM)."""
    settings = load(config)
    need_settings(settings)
    set_up_log(settings.log.level)
    service = Service(settings, notifier=Notifier.from_environment(), make_listeners=listeners)
    handle_signals(service.stop, service.reload)
    service.run()


def listeners(config: Config, store: Store) -> list[Listener]:
    """Who hears of every report in a running daemon: the review, the weekly training, notifications, what is written
    beside the reports."""
    beside: list[Listener] = [EvidenceKeeper(config, store), SummaryKeeper(config, store), StatusKeeper(config, store)]
    return [Reviewer(config, store, asks_about_leaks), Teacher(config, store), DesktopNews(config, store), *beside]


def set_up_log(level: str) -> None:
    """Lines to stderr; for systemd's journal with the priority in front and without the time, which the journal has."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("JOURNAL_STREAM"):
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    handler.addFilter(in_the_language)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("watchdog").setLevel(logging.WARNING)


def in_the_language(record: logging.LogRecord) -> bool:
    """A line of nippo's in the language of the person; the lines of libraries stay as they are."""
    if isinstance(record.msg, str):
        record.msg = tr(record.msg)
    return True


class JournalFormatter(logging.Formatter):
    """sd-daemon(3)'s "<priority>" before every line."""

    def format(self, record: logging.LogRecord) -> str:
        prefix = f"<{PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())
