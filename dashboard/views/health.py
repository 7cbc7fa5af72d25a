"""状態: the daemon, its queue, the model process, the GPU, and what went wrong with its remedy."""

from __future__ import annotations

import streamlit as st

from daemon.config import Config
from daemon.service.heartbeat import read_heartbeat
from daemon.system.lock import holder_of
from dashboard import actions, context
from dashboard.days import STATES, counted
from dashboard.explain import matter_words
from dashboard.health import daemon_state, gpus, memory_of, queue_table, troubles
from dashboard.markup import figures, heading, notice, small

LOOK_SECONDS = 5.0


def page() -> None:
    config = context.settings()
    context.show_message()

    @st.fragment(run_every=LOOK_SECONDS)
    def watch() -> None:
        _show(config)

    watch()


def _show(config: Config) -> None:
    now = actions.now()
    beat = read_heartbeat(config.data_path)
    state = daemon_state(beat, holder_of(config.data_path), now)
    st.html(notice(state.title, state.text, state.kind))
    database = context.store(config)
    jobs, last_error = [], None
    if database:
        with database:
            jobs, last_error = database.jobs(), database.get_meta("last_error")
    vault = context.layout(config)
    counts = counted(context.all_days(config, vault)[0])
    st.html(figures((words, counts[name]) for name, words in STATES.items()))
    _worker(beat.get("worker_pid") if state.running else None)
    waiting = queue_table(jobs)
    st.html(heading(f"待ち行列({len(waiting)})"))
    if waiting:
        st.dataframe(waiting, hide_index=True, width="stretch")
    else:
        st.html(small("待っている日記はありません。"))
    looked_at = context.matters(config, vault)
    st.html(heading(f"確かめてほしいこと({len(looked_at)})"))
    for each in looked_at:
        st.html(notice(*matter_words(each), "warn"))
    if not looked_at:
        st.html(small("ありません。"))
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
    st.html(
        small(
            f"保管庫: {vault.root}\n日記: {vault.diary_folder or '/'} ({vault.diary_format.text})\n"
            f"日報: {vault.report_folder or '/'}\nデータ: {config.data_path}"
        ).replace("\n", "<br>")
    )


def _worker(pid: int | None) -> None:
    st.html(heading("モデル"))
    memory = memory_of(pid)
    if pid and memory is not None:
        st.html(small(f"デーモンのモデルが動いています(プロセス {pid}、メモリ {memory:,} MiB)。"))
    else:
        st.html(small("モデルはメモリにありません。必要になると読み込まれます。"))
    for gpu in gpus():
        share = min(gpu.used / gpu.total, 1.0) if gpu.total else 0.0
        st.html(small(f"{gpu.name}: {gpu.used / 1024:.1f} / {gpu.total / 1024:.1f} GiB、使用率 {gpu.busy} %"))
        st.progress(share)
