"""学習: versions and champion, checkpoints and losses, verdicts, how much is edited, the next run and its controls."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from daemon import versions
from daemon.config import Config
from daemon.errors import NippoError
from daemon.store import Pair
from dashboard import actions, charts, context, course
from dashboard.changes import edited_share, weekly
from dashboard.markup import chip, heading, notice, plain, small, text_block
from dashboard.runs import Run, checkpoint_table, duration, find_runs, loss_points, thinned


def page() -> None:
    config = context.settings()
    context.show_message()
    pairs = _pairs(config)
    _figures(config, pairs)
    left, right = st.columns(2)
    with left:
        st.html(heading("どれだけ直したか"))
        _edits(pairs)
    with right:
        st.html(heading("判定"))
        _verdicts(config)
    st.html(heading("版"))
    _versions(config)
    st.html(heading("学習の記録"))
    _runs(config)


def _pairs(config: Config) -> list[Pair]:
    database = context.store(config)
    if database is None:
        return []
    with database:
        return database.pairs()


def _figures(config: Config, pairs: list[Pair]) -> None:
    plan = course.plan(config, pairs, actions.now())
    columns = st.columns(4)
    columns[0].metric("使用中の版", plan.champion)
    columns[1].metric("提出済みの組", len(pairs))
    columns[2].metric("未学習の組", f"{plan.new_pairs} / {config.schedule.min_new_pairs}")
    columns[3].metric("次の学習", plan.next_run)
    if plan.hint:
        st.html(small(plan.hint))


def _edits(pairs: list[Pair]) -> None:
    shares = [
        (date.fromisoformat(pair.day), _share(pair.draft, pair.report)) for pair in pairs if pair.draft and pair.day
    ]
    weeks = weekly(shares)
    if not weeks:
        st.html(small("下書きを直して提出すると、週ごとの「直した割合」がここに出ます。"))
        return
    st.altair_chart(charts.edit_curve(weeks), width="stretch")
    st.html(small("下書きから提出文までに変えた文字の割合の、週ごとの中央値です。小さいほど手間が減っています。"))


@st.cache_data(max_entries=5000, show_spinner=False)
def _share(draft: str, accepted: str) -> float:
    return edited_share(draft, accepted)


def _verdicts(config: Config) -> None:
    found = course.verdicts(context.layout(config))
    if not found:
        st.html(small("まだ判定はありません。学習のあと、前の版と比べた結果がここに出ます。"))
    for number, verdict in enumerate(found[:8]):
        with st.expander(plain(f"{verdict.name} {verdict.outcome}"), expanded=number == 0):
            if verdict.outcome:
                st.html(chip(verdict.outcome, {"good": "accepted", "warn": "needs-review"}.get(verdict.kind, "")))
            st.html(text_block(verdict.text, card=False))


def _versions(config: Config) -> None:
    good, bad = versions.list_versions(config)
    try:
        in_use = versions.champion(config) or versions.STARTER
    except NippoError as problem:
        context.show_error(problem)
        in_use = ""
    if not good:
        st.html(small("版はまだありません。調整なしのモデルが日報を書いています。"))
    for version in reversed(good):
        with st.container(border=True):
            left, right = st.columns([4, 1], vertical_alignment="center")
            mark = chip("使用中", "accepted") if version.name == in_use else ""
            meta = version.meta
            left.html(
                f"{chip(version.name, 'draft')}{mark}"
                + small(f"{meta.created[:16]} ・ {meta.base} ・ 学習した組 {len(meta.pair_ids)}件")
            )
            if version.name != in_use and right.button("これを使う", key=f"promote-{version.name}", width="stretch"):
                promote = partial(versions.promote, config, version.name, actions.now())
                _do(promote, f"{version.name} に切りかえました")
            table = checkpoint_table(dict(meta.scores))
            if table:
                with st.expander("チェックポイント"):
                    st.dataframe(table, hide_index=True, width="stretch")
    for name, what in bad.items():
        st.html(notice(f"{name} は使えません", what, "bad"))
    if versions.history(config) and st.button("ひとつ前の版に戻す", key="rollback"):
        _do(lambda: versions.rollback(config, actions.now()), "前の版に戻しました")


def _runs(config: Config) -> None:
    found: list[Run] = find_runs(course.runs_folder(config))
    if not found:
        st.html(small("学習の記録はまだありません。"))
        return
    run = st.selectbox("実行", found, format_func=lambda each: f"{each.name} {each.ending or '結果なし'}", key="run")
    points = thinned(loss_points(run.events))
    left, right = st.columns([3, 2])
    if points:
        left.altair_chart(charts.loss_curve(points), width="stretch")
    table = checkpoint_table(run.result, run.events)
    if table:
        right.dataframe(table, hide_index=True, width="stretch")
    words = [f"時間 {duration(float(run.result['seconds']))}"] if run.result.get("seconds") else []
    if run.result.get("pair_ids"):
        words.append(f"学習した組 {len(run.result['pair_ids'])}件")
    if run.result.get("message"):
        words.append(str(run.result["message"]))
    if words:
        st.html(small(" ・ ".join(words)))


def _do(action: Any, done: str, more: str = "") -> None:
    try:
        action()
    except NippoError as problem:
        context.leave_message(problem.title, str(problem), "bad")
    else:
        context.leave_message(done, more)
    st.rerun()
