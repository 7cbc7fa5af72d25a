"""The neighbours of the main flow in a running daemon: the review of reports, and the weekly training."""

from __future__ import annotations

from daemon.config import Config
from daemon.lookout import Companion
from daemon.reviewer import Reviewer
from daemon.store import Store
from daemon.teacher import Teacher


def make_companions(config: Config, store: Store) -> list[Companion]:
    return [Reviewer(config, store), Teacher(config, store)]
