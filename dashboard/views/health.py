"""状態: the daemon, its queue, the model process, the GPU, and what went wrong with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from daemon.config import Config
from daemon.service.heartbeat import read_heartbeat
from daemon.service.passed_over import passed_over
from daemon.system.lock import holder_of
from dashboard import actions, context
from dashboard.days import STATES, counted
from dashboard.explain import matter_words
from dashboard.health import daemon_state, gpus, memory_of, model_words, passed_notices, queue_table, troubles
from dashboard.markup import figures, heading, notice, small, table, title

LOOK_SECONDS = 5.0


def page() -> None:
    config = context.settings()
    st.html(title("状態"))
    context.show_message()

    @context.again_every(LOOK_SECONDS)
    def watch() -> None:
        _show(config)


def _show(config: Config) -> None:
    now = actions.now()
    beat = read_heartbeat(config.data_path)
    state = daemon_state(beat, holder_of(config.data_path), now)
    st.html(notice(state.title, state.text, state.kind))
    database = context.store(config)
    jobs, last_error, passed = [], None, list[tuple[str, str]]()
    if database:
        with database:
            jobs, last_error = database.jobs(), database.get_meta("last_error")
            passed = passed_notices(passed_over(database))
    with context.told():  # a vault that is away is one trouble among others
        counts = counted(context.all_days(config, context.layout(config))[0])
        st.html(figures((words, counts[name]) for name, words in STATES.items()))
    _model(config, beat if state.running else {})
    waiting = queue_table(jobs)
    st.html(heading(f"待ち行列({len(waiting)})"))
    st.html(table(waiting) if waiting else small("待っている日記はありません。"))
    _matters(config)
    if passed:
        st.html(heading("受け取っていないノート"))
    for what, remedy in passed:
        st.html(notice(what, remedy, "warn"))
    found = troubles(jobs, last_error)
    st.html(heading(f"エラーと対処({len(found)})"))
    for trouble in found:
        st.html(
            notice(f"{trouble.where}: {trouble.what}", f"→ {trouble.next_step}" if trouble.next_step else "", "bad")
        )
    if not found:
        st.html(small("エラーはありません。"))
    elif any(job.state == "failed" for job in jobs) and st.button("失敗した日記をもう一度", key="retry"):
        again = context.store(config)
        if again:
            with again:
                again.retry_failed()
        st.rerun()
    _places(config)


def _matters(config: Config) -> None:
    """What the person should look at; nothing is known of it while the vault is away."""
    if not config.vault_path.is_dir():
        return
    found = context.matters(config, context.layout(config))
    st.html(heading(f"確かめてほしいこと({len(found)})"))
    for each in found:
        st.html(notice(*matter_words(each), "warn"))
    if not found:
        st.html(small("ありません。"))


def _places(config: Config) -> None:
    """Where everything lies; a vault that is away has its place too."""
    lines = [f"保管庫: {config.vault_path}", f"データ: {config.data_path}"]
    if config.vault_path.is_dir():
        vault = context.layout(config)
        lines[1:1] = [
            f"日記: {vault.diary_folder or '/'} ({vault.diary_format.text})",
            f"日報: {vault.report_folder or '/'}",
        ]
    st.html(heading("場所"))
    st.html(small("\n".join(lines)).replace("\n", "<br>"))


def _model(config: Config, beat: Mapping[str, Any]) -> None:
    """The process with the model, whoever started it, and the GPU. ``beat`` is {} without a running daemon."""
    st.html(heading("モデル"))
    worker, drafting, holder = beat.get("worker_pid"), context.drafter(config).busy, context.holds_model(config)
    memory = memory_of(worker or holder)
    server = config.engine.server_url if config.engine.kind == "server" else ""
    writing = str(beat.get("working_on") or "")
    st.html(small(model_words(writing, drafting, worker if memory is not None else None, holder, memory, server)))
    for gpu in gpus():
        share = min(gpu.used / gpu.total, 1.0) if gpu.total else 0.0
        st.html(small(f"{gpu.name}: {gpu.used / 1024:.1f} / {gpu.total / 1024:.1f} GiB、使用率 {gpu.busy} %"))
        st.progress(share)
