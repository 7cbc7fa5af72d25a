"""学習: versions and champion, checkpoints and losses, verdicts, how much is edited, the next run and its controls."""

from __future__ import annotations

from datetime import date
from functools import partial

import streamlit as st

from daemon.config import Config
from daemon.learning.run_folder import RunScores, progress_of
from daemon.store.store import Pair
from daemon.versions import champion as versions
from daemon.versions.artifact import list_versions
from dashboard import actions, charts, context
from dashboard import training_page as course
from dashboard.changes import edited_share, weekly
from dashboard.markup import chip, figures, heading, notice, plain, small, table, text_block, title
from dashboard.page_text import page_html
from dashboard.runs import (
    Run,
    checkpoint_table,
    duration,
    find_runs,
    loss_points,
    read_run,
    share,
    standing,
    thinned,
)

LOOK_SECONDS = 2.0


def page() -> None:
    config = context.settings()
    st.html(title("学習"))
    context.show_message()
    plan = course.plan(config, actions.now())
    _figures(plan)
    _control(config, plan)
    pairs = _pairs(config)
    left, right = st.columns(2)
    with left:
        st.html(heading("どれだけ直したか"))
        _edits(pairs)
    with right:
        st.html(heading("判定"))
        _verdicts(config)
    st.html(heading("版"))
    _versions(config, plan.champion)
    st.html(heading("学習の記録"))
    _runs(config)


def _pairs(config: Config) -> list[Pair]:
    database = context.store(config)
    if database is None:
        return []
    with database:
        return database.pairs()


def _figures(plan: course.TrainingFigures) -> None:
    values = [
        ("使用中の版", plan.champion),
        ("提出済みの組", plan.pairs),
        ("未学習の組", f"{plan.new_pairs} / {plan.needed_pairs}"),
        ("次の学習", plan.next_run),
    ]
    st.html(figures(values) + small(plan.hint))


def _control(config: Config, plan: course.TrainingFigures) -> None:
    """Start or stop a run; its progress while there is one."""
    if plan.running:
        _live(config, plan)
        return
    _await_start(config)
    if plan.asked:
        st.html(notice("学習を頼んであります", "デーモンが動いていれば、まもなく始まります。"))
    if plan.failure:
        st.html(notice(f"前回の学習 {plan.run} は終わりませんでした", plan.failure, "bad"))
        if plan.last_lines:
            with st.expander("最後の出力"):
                st.html(text_block("\n".join(plan.last_lines)))
    if st.button("学習を始める", type="primary", disabled=plan.asked, key="train"):
        context.do(lambda: course.start(config, actions.now()), "学習を頼みました")


def _await_start(config: Config) -> None:
    """Draw the page anew once a run is under way: the daemon starts it some seconds after it was asked for."""

    @context.again_every(LOOK_SECONDS)
    def look() -> None:
        if course.is_running(config):
            st.rerun()


def _live(config: Config, plan: course.TrainingFigures) -> None:
    """The run as it goes on, looked at every other second."""

    @context.again_every(LOOK_SECONDS)
    def watch() -> None:
        if not course.is_running(config):
            st.rerun()
        run = read_run(course.runs_folder(config) / plan.run) if plan.run else None
        now = progress_of(run.events if run else ())
        st.progress(share(now), f"学習中 {plan.run}: {standing(now)}")
        if now.message:
            st.html(small(now.message))
        points = thinned(loss_points(run.events)) if run else []
        if points:
            st.altair_chart(charts.loss_curve(points), width="stretch")

    if st.button("学習を止める", key="stop_training"):
        context.do(lambda: course.stop(config), "止めるように頼みました", "いまのステップを保存してから終わります。")


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
        with st.expander(plain(verdict.name), expanded=number == 0):
            st.html(page_html(verdict.text))
            for picture in verdict.pictures:
                st.image(str(picture))


def _versions(config: Config, in_use: str) -> None:
    good, bad = list_versions(config)
    if not good:
        st.html(small("版はまだありません。調整なしのモデルが日報を書いています。"))
    for version in reversed(good):
        with st.container(border=True):
            left, right = st.columns([4, 1], vertical_alignment="center")
            meta, scores = version.meta, RunScores.from_json(version.meta.scores) or RunScores()
            mark = chip("使用中", "accepted") if version.name == in_use else ""
            if scores.outcome and (outcome := course.OUTCOMES.get(scores.outcome)):
                mark += chip(f"判定: {outcome[0]}", outcome[1])
            left.html(
                f"{chip(version.name, 'draft')}{mark}"
                + small(f"{meta.created[:16]} ・ {meta.base} ・ 学習した例 {len(meta.pair_ids)}件")
            )
            if version.name != in_use and right.button("これを使う", key=f"promote-{version.name}", width="stretch"):
                promote = partial(versions.promote, config, version.name, actions.now())
                context.do(promote, f"{version.name} に切りかえました")
            points = checkpoint_table(scores.checkpoints, scores.step)
            if points:
                with st.expander("チェックポイント"):
                    st.html(table(points))
    for name, what in bad.items():
        st.html(notice(f"{name} は使えません", what, "bad"))
    if versions.history(config) and st.button("ひとつ前の版に戻す", key="rollback"):
        context.do(lambda: versions.rollback(config, actions.now()), "前の版に戻しました")


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
    result = run.result
    measured = checkpoint_table(run.checkpoints, result.best if result else None)
    if measured:
        right.html(table(measured))
    words = [f"時間 {duration(result.seconds)}"] if result and result.seconds else []
    if result and result.pair_ids:
        words.append(f"学習した組 {len(result.pair_ids)}件")
    if result and result.message:
        words.append(result.message)
    if words:
        st.html(small(" ・ ".join(words)))
