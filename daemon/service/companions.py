"""The neighbours of the main flow in a running daemon: the review of reports, and the weekly training."""

from __future__ import annotations

from daemon.config import Config
from daemon.learning.reviewer import Reviewer
from daemon.learning.weekly import Teacher
from daemon.service.note_finder import Companion
from daemon.store.store import Store


def make_companions(config: Config, store: Store) -> list[Companion]:
    return [Reviewer(config, store), Teacher(config, store)]
