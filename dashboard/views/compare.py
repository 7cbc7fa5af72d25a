"""比較: one diary, two versions, side by side; blind on request. The picks are kept, without the texts."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import Any

import streamlit as st

from daemon.config import Config
from daemon.drafting.result import DraftRequest
from dashboard import context, notes
from dashboard.drafts import POLL_SECONDS, Drafting, VersionChoice, progress
from dashboard.markup import chip, heading, notice, notices, small, table, text_block, title
from dashboard.picks import is_swapped, make_pick, read_picks, store_pick, tally


def page() -> None:
    config = context.settings()
    vault = context.layout(config)
    st.html(title("ふたつの版を比べる"))
    context.show_message()
    found = sorted(context.all_days(config, vault)[1], key=lambda note: note.day, reverse=True)
    available = context.version_choices(config)
    if not found:
        st.html(notice("日記がまだありません", "比べるには日記のノートが必要です。"))
        return
    if len(available) < 2:
        words = "比べられる版がひとつしかありません。学習が進むと、前の版や調整なしのモデルと比べられます。"
        st.html(notice("版がひとつです", words))
    with st.container(border=True):
        note = st.selectbox("日記のノート", found, format_func=lambda each: each.day.isoformat(), key="compare_note")
        left, right = st.columns(2)
        first = left.selectbox("ひとつめの版", available, format_func=lambda each: each.label, key="first")
        second = right.selectbox(
            "ふたつめの版",
            available,
            index=min(1, len(available) - 1),
            format_func=lambda each: each.label,
            key="second",
        )
        blind = st.toggle("名前をかくして比べる", value=True, key="blind")
        ready = first.name != second.name and not _busy()
        if st.button(
            "書きくらべる", type="primary", disabled=not ready, width="stretch", shortcut="Alt+G", key="compare"
        ):
            diary = notes.diary_of(vault, note.path, config.watch.max_note_kilobytes)
            if diary is not None:
                _start(config, note.day.isoformat(), diary, first, second, blind)
                st.rerun()
    duel: dict[str, Any] | None = st.session_state.get("duel")
    if duel:
        _show(config, duel)
    _table(config)


def _busy() -> bool:
    duel: dict[str, Any] | None = st.session_state.get("duel")
    return duel is not None and not all(side["drafting"].over for side in duel["sides"])


def _start(config: Config, day: str, diary: str, first: VersionChoice, second: VersionChoice, blind: bool) -> None:
    """Begin both drafts, with equal seeds; they are written one after the other."""
    drafter = context.drafter(config)
    sides = []
    for choice in (first, second):
        drafting = drafter.start(DraftRequest(day, diary), choice.adapter)
        sides.append({"name": choice.name, "drafting": drafting})
    if blind and is_swapped(secrets.token_hex(8)):
        sides.reverse()
    st.session_state["duel"] = {"day": day, "diary": diary, "sides": sides, "blind": blind, "picked": None}


def _show(config: Config, duel: dict[str, Any]) -> None:
    if _busy():
        _under_way(config, duel)
        return
    with st.expander(f"{duel['day']} の日記"):
        st.html(text_block(duel["diary"]))
    hidden = duel["blind"] and duel["picked"] is None
    columns = st.columns(2)
    for index, (column, side) in enumerate(zip(columns, duel["sides"], strict=True)):
        drafting: Drafting = side["drafting"]
        with column:
            st.html(chip("AB"[index]) + ("" if hidden else chip(side["name"], "draft")))
            if drafting.error:
                context.show_error(drafting.error)
            elif drafting.result:
                st.html(text_block(drafting.result.body))
                if drafting.result.warnings and not hidden:  # the untrained model is known by its warnings
                    st.html(notices(drafting.result.warnings))
    if not all(side["drafting"].result for side in duel["sides"]):
        return
    if duel["picked"] is not None:
        words = f"{duel['picked']} を選びました。" if duel["picked"] else "同じくらい、としました。"
        st.html(notice("記録しました", words, "good"))
        return
    a, b = (side["name"] for side in duel["sides"])
    row = context.action_row()
    for words, better, key in (("Aが良い", a, "1"), ("同じくらい", "", "2"), ("Bが良い", b, "3")):
        if row.button(words, width="stretch", shortcut=key, key=f"pick{key}"):
            pick = make_pick(duel["day"], duel["diary"], a, b, better, duel["blind"], datetime.now().astimezone())
            try:
                store_pick(config.data_path, pick)
            except OSError as problem:
                st.html(notice("記録できませんでした", problem.strerror or type(problem).__name__, "bad"))
                return
            duel["picked"] = better
            st.rerun()


def _under_way(config: Config, duel: dict[str, Any]) -> None:
    """Both drafts as they go on; which version is which is not told."""

    @context.again_every(POLL_SECONDS)
    def watch() -> None:
        if not _busy():
            st.rerun()
        drafts: list[Drafting] = [side["drafting"] for side in duel["sides"]]
        shares = [1.0 if each.over else progress(each)[0] for each in drafts]
        done = sum(each.over for each in drafts)
        seconds = max(each.seconds(time.monotonic()) for each in drafts)
        st.progress(sum(shares) / 2, f"{done + 1}本目を書いています… {seconds:.0f}秒")
        if st.button("中止", key="stop_compare"):
            for each in drafts:
                context.drafter(config).stop(each)
            st.session_state.pop("duel")
            st.rerun()


def _table(config: Config) -> None:
    rows = tally(read_picks(config.data_path))
    if rows:
        st.html(heading("これまでの比較"))
        st.html(table(rows))
        st.html(small("記録されるのは日付と版の名前と結果だけで、文は残りません。"))
