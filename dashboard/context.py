"""What all pages share in one server: settings, vault layout, database, model process. The only module here with state.

Everything is made once for a settings file and again when that file has changed. Streamlit keeps what it made by the
arguments whose names do not begin with ``_``: those two, ``_config`` and ``_vault``, stand behind a key that tells when
they are others.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from daemon.checks import CheckSettings
from daemon.config import Config, config_file, load
from daemon.drafting.evidence import LeftOut, evidence_in, left_out
from daemon.drafting.learned_form import with_learned_form
from daemon.drafting.put_in import put_in
from daemon.drafting.record import DayRecord
from daemon.engines.opening import adapter_in_use
from daemon.errors import NippoError, ReportTouched
from daemon.learning.attention import Attention, attention
from daemon.learning.places import known_places, place_among
from daemon.store.store import FILE_NAME, Store
from daemon.system.accelerator import ACCELERATOR
from daemon.system.lock import holder
from daemon.vault.layout import Layout, read_layout
from daemon.vault.scan import DiaryNote
from daemon.worker.shared import SharedWorker
from dashboard.days import Day, ReportShelf, diaries, overview
from dashboard.desk import Desk
from dashboard.drafts import Drafter, VersionChoice, choices
from dashboard.explain import explained
from dashboard.markup import notice
from dashboard.reading import Reading, read_together

TICK_SECONDS = 15.0
MATTERS_SECONDS = 20.0

log = logging.getLogger(__name__)


def settings() -> Config:
    """The settings as the file holds them now. Raises ``ConfigError``."""
    file = config_file()
    return _settings(str(file) if file else "", _mtime(file))


@st.cache_resource(max_entries=1, show_spinner=False)
def _settings(file: str, changed: int) -> Config:
    return load(Path(file) if file else None)


def _mtime(file: Path | None) -> int:
    try:
        return file.stat().st_mtime_ns if file else 0
    except OSError:
        return 0


def layout(config: Config) -> Layout:
    """The vault's own settings, read anew for each redraw: four small files. Raises ``VaultUnavailable``."""
    return read_layout(config)


def store(config: Config) -> Store | None:
    """The database if there is one. A connection belongs to one thread and each redraw has its own: close it."""
    return Store.open_existing(config.data_path)


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf(root: str) -> ReportShelf:
    return ReportShelf()


def all_days(config: Config, vault: Layout) -> tuple[list[Day], list[DiaryNote]]:
    """Every day and every diary note as they are now."""
    notes = diaries(vault)
    database = store(config)
    jobs = []
    if database:
        with database:
            jobs = database.jobs()
    return overview(notes, _shelf(str(vault.root)).look(vault, known_places(config)), jobs), notes


def place(config: Config, vault: Layout, day: date) -> str:
    """Where the report of a day lies in the vault, or would."""
    return place_among(vault, known_places(config), day)


def matters(config: Config, vault: Layout) -> list[Attention]:
    """What the person should look at, as it was at most ``MATTERS_SECONDS`` ago or is since the database changed."""
    marks = tuple(_mtime(config.data_path / name) for name in (FILE_NAME, f"{FILE_NAME}-wal"))
    return _matters(str(config.data_path), marks, config, vault)


@st.cache_data(max_entries=4, ttl=MATTERS_SECONDS, show_spinner=False)
def _matters(data: str, marks: tuple[int, ...], _config: Config, _vault: Layout) -> list[Attention]:
    database = store(_config)
    if database is None:
        return []
    with database:
        return attention(_config, database, _vault)


def drafter(config: Config) -> Drafter:
    """The one model process of this server, which all its windows share."""
    return _drafter(config.model_dump_json(), config)


def holds_model(config: Config) -> int | None:
    """The process that has a model in memory, 0 when it is unknown, None while none does."""
    return holder(config.data_path, ACCELERATOR)


def is_waiting_for_model(config: Config) -> bool:
    """Whether another process has its model in memory and the page's draft waits for it."""
    return holds_model(config) not in (None, os.getpid())


@st.cache_resource(max_entries=1, show_spinner=False, on_release=lambda old: old.close())
def _drafter(key: str, _config: Config) -> Drafter:
    made = Drafter(_config, SharedWorker)

    def tick() -> None:
        while True:
            time.sleep(TICK_SECONDS)
            made.tick()

    threading.Thread(target=tick, name="nippo-page-idle", daemon=True).start()
    return made


def version_choices(config: Config) -> list[VersionChoice]:
    """The versions for the picker; read again when one has come or the champion has changed."""
    marks = [_mtime(config.data_path / name) for name in ("models", "champion")]
    return _choices(config.model_dump_json(), tuple(marks), config)


@st.cache_data(max_entries=4, show_spinner=False)
def _choices(key: str, marks: tuple[int, ...], _config: Config) -> list[VersionChoice]:

    adapter = adapter_in_use(_config)
    return choices(_config, adapter.name if adapter else None)


def reading(report: str, diary: str, config: Config, day: date | None = None) -> Reading:
    """The checks of a report beside its diary, with what was remembered when the report of ``day`` was written; kept
    for equal texts."""
    learned = with_learned_form(config)
    key = learned.model_dump_json(include={"privacy", "report"})
    return _reading(report, diary, key, _remembered(config, day) if day else "", learned)


def _remembered(config: Config, day: date) -> str:
    database = store(config)
    if database is None:
        return ""
    with database:
        row = database.report(day)
    return row.record if row else ""


@st.cache_data(max_entries=200, show_spinner=False)
def _reading(report: str, diary: str, key: str, record: str, _config: Config) -> Reading:
    evidence = evidence_in(DayRecord.from_text(record), report, _config.report)
    return read_together(report, diary, CheckSettings(_config.privacy, _config.report), evidence)


def lines_left_out(text: str, config: Config, day: date) -> tuple[LeftOut, ...]:
    """The lines that a text of ``day`` does not hold because they were not sure enough; kept for equal texts."""
    learned = with_learned_form(config)
    return _left_out(text, learned.report.model_dump_json(), _remembered(config, day), learned)


@st.cache_data(max_entries=200, show_spinner=False)
def _left_out(text: str, key: str, record: str, _config: Config) -> tuple[LeftOut, ...]:
    return left_out(DayRecord.from_text(record), text, _config.report)


def with_line(text: str, line: LeftOut, config: Config, day: date) -> str:
    """A text of ``day`` with a line of ``lines_left_out`` at its place."""
    record = DayRecord.from_text(_remembered(config, day))
    return put_in(text, line, record, with_learned_form(config).report, day)


def show_error(problem: NippoError) -> None:
    """An error as a notice: what happened, to what, what to do next."""
    st.html(explained(problem))


@contextmanager
def told() -> Iterator[None]:
    """Say in Japanese what keeps the block from going on; a fault of the program's own is named by its kind and place,
    since its words might quote a diary."""
    try:
        yield
    except NippoError as problem:
        show_error(problem)
    except Exception as problem:
        kind, place = type(problem).__name__, traceback.extract_tb(problem.__traceback__)[-1]
        log.error("%s at %s:%s", kind, place.filename, place.lineno)
        words = f"もう一度お試しください。続くときは `nippo doctor` を実行してください。({kind})"
        st.html(notice("このページを表示できませんでした", words, "bad"))


def again_every(seconds: float) -> Callable[[Callable[[], None]], None]:
    """Draw a part of the page now and every so many seconds; what fails in it is told in its place."""

    def draw(part: Callable[[], None]) -> None:
        @st.fragment(run_every=seconds)
        def watched() -> None:
            with told():
                part()

        watched()

    return draw


def desk(config: Config) -> Desk:
    """The drafts and unsaved texts of this server."""
    return _desk(str(config.data_path))


@st.cache_resource(max_entries=1, show_spinner=False)
def _desk(folder: str) -> Desk:
    return Desk()


def action_row() -> Any:
    """The row of actions at the lower edge of the page; to be used once in a redraw."""
    return st.bottom.container(key="np-actions", horizontal=True, wrap=False, vertical_alignment="center")


def open_day(day: date) -> None:
    """Go to the review of a day."""
    st.session_state["day"] = day
    st.switch_page(st.session_state["pages"]["review"])


def leave_message(title: str, text: str = "", kind: str = "good") -> None:
    """A notice that is shown once, after the redraw that follows."""
    st.session_state["message"] = (title, text, kind)


def do(action: Callable[[], object], done: str, more: str = "") -> None:
    """Do what a button asks for, say so with ``more`` and the words that the action returns; draw the page again."""
    try:
        added = action()
    except ReportTouched:
        words = "ノートがほかで変更されていたため、何も書きませんでした。あなたの文はこのページに残っています。"
        leave_message("保存しませんでした", words, "bad")
    except NippoError as problem:
        leave_message(problem.title, str(problem), "bad")
    else:
        leave_message(done, "\n".join(filter(None, (more, added if isinstance(added, str) else ""))))
    st.rerun()


def show_message() -> None:
    """Show and drop what ``leave_message`` left."""
    message: Any = st.session_state.pop("message", None)
    if message:
        st.html(notice(*message))


def day_of(text: str) -> date | None:
    """The date of a query parameter, None when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
