"""The person's own form of report, as the accepted reports show it."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.checks.form_learning import learn_form
from daemon.config import Config
from daemon.store.store import Store


def with_learned_form(config: Config) -> Config:
    """The settings with the person's own form of report in place of ``style = "auto"``, learned from accepted pairs."""
    if config.report.style != "auto":
        return config

    store = Store.open_existing(config.data_path)
    reports: list[str] = []
    if store is not None:
        with store:
            reports = [pair.report for pair in store.pairs()]
    return learned_from(reports, config)


def learned_from(reports: Sequence[str], config: Config) -> Config:
    """The settings with the form that these accepted reports show, in place of ``style = "auto"``."""
    learned = config.model_copy(update={"report": learn_form(reports, config.report)})
    learned._file = config.file
    return learned
